"""Collection agencies: which one gets a debt, what becomes of it there, and whether it has stopped."""
