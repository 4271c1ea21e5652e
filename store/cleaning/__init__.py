"""Cleaning up what has been kept long enough: bodies, identities, texts."""
