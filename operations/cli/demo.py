"""The demonstration."""

from pathlib import Path
from typing import Annotated

import typer

from operations.cli.options import Json
from operations.demo.run import run_demo

Data = Annotated[
    Path | None,
    typer.Option("--keep", metavar="FOLDER", help="Keep the data in this new folder; else nothing stays."),
]


def demo(as_json: Json = False, data_dir: Data = None) -> int:  # noqa: FBT002 - an option
    """Show the whole flow on this machine, check every figure of it, and print a summary."""
    return run_demo(as_json=as_json, data_dir=data_dir)
