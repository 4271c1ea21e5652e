"""The command line, `writeoff`: one module a group of commands."""

from operations.cli.app import main

__all__ = ["main"]
