"""Reading what decisions look at, a set at a time and under its locks."""
