"""The demonstration: a portfolio of three companies, sent as Pulse would and read as the consumers would.

Pulse's side is in `stories`, `debts`, `accounts` and `portfolio`; the consumers' in `consumers`, `checker`
and `summary`; `run` puts them around the embedded worker. Nothing here decides about a write-off.
"""
