"""The ledger as a whole: closed periods, seals, totals of months."""
