"""Written off, come back, undone, and computed again."""
