"""The checker: reads what was meant, what is stored and what was received, and compares.

An independent reading: it imports nothing of the product (import-linter holds that), and reckons by itself.
"""
