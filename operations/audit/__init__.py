"""The audit of the ledger: chain, rows, balance, sources, conservation (R22, R23, R29)."""
