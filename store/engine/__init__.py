"""The database itself: engine and transactions, rows given to statements, locks, leases, schema."""
