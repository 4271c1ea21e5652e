"""Operators: the command line, over one layer of queries. Asks workers, and no broker itself."""
