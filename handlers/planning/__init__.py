"""Plans (R4): what a request would do, by the very decisions that do it, and nothing written."""
