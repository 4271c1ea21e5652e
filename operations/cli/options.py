"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON with stable field names.")]
Opco = Annotated[str | None, typer.Option("--opco", help="One opco, such as RW; all without it.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most so many rows.")]
As = Annotated[
    str | None, typer.Option("--as", help="Who orders this; WRITEOFF_USER, or the system's user, without it.")
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role of yours; once for each. WRITEOFF_ROLES without it."),
]
Folder = Annotated[
    Path | None,
    typer.Argument(help="Folder with *.toml; WRITEOFF_POLICY_DIR or the shipped ones without it."),
]
