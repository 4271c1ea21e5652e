"""Hints: bells between roles, nudges through Dramatiq to its actors. Losing any of them loses nothing."""
