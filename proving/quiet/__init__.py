"""Quiet: faults have stopped, and everything that can still happen happens, until nothing is left."""
