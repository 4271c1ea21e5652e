"""Which version this is."""

import platform
from importlib import metadata

import typer

from store.engine import migrating


def version() -> None:
    """Print the version of this program, its database schema, and Python."""
    number, python = metadata.version("writeoff"), platform.python_version()
    typer.echo(f"writeoff {number}, schema {migrating.head()}, Python {python}")
