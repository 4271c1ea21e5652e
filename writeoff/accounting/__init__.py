"""The money of a write-off: which transactions it takes, and the journal lines that follow (R17 to R24)."""
