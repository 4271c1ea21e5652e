"""Explaining: the way back from an id to the bytes that came, forward to what went, the figures again."""
