"""State: tables, set-based reads and writes, the unit of work, inbox and outbox. Knows no decisions."""
