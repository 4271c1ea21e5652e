"""What is said on the wire: the envelope, every message in and out, and where each of them goes.

Only values and pure functions live here. Nothing reads a clock, a file, a database or a broker.
"""
