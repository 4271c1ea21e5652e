"""The ledger as a whole: closed periods, seals, totals of months, and of what is enforced."""
