"""The audit of the ledger."""

from typing import Annotated

import typer
from rich.console import Console

from operations.audit.chain import Anchors
from operations.audit.findings import Audit
from operations.audit.ledger import audit_view
from operations.cli.options import Json, Limit, Opco
from operations.cli.printing import ABSENT, emit, heading, note, table
from operations.database import reading, take_time
from operations.failures import ExitCode, Unusable
from workers.settings import Settings

Anchor = Annotated[
    list[str] | None,
    typer.Option("--anchor", help="A seal that was kept elsewhere, as OPCO:POSITION:SEAL; may be repeated."),
]


def audit(opco: Opco = None, anchor: Anchor = None, limit: Limit = 50, as_json: Json = False) -> int:  # noqa: FBT002 - an option
    """Verify the chain of seals, every journal and line, and conservation; exits 5 when a row is wrong."""
    anchors = _anchors(anchor or [])
    with reading(Settings()) as tx:
        take_time(tx)
        view = audit_view(tx, opco, anchors, limit, _watch)
    emit(view, lambda to: _draw(to, view), as_json=as_json)
    return ExitCode.DIFFERENCES if view.findings else ExitCode.OK


def _draw(to: Console, view: Audit) -> None:
    rows = [(each.opco, each.position, each.waiting, each.seal or ABSENT) for each in view.chains]
    table(to, ["Opco", "Sealed>", "Not yet>", "Last seal!"], rows)
    to.print()
    if not view.findings:
        to.print(f"{view.journals:,} journals with {view.lines:,} lines: nothing is wrong.")
        return
    heading(to, "Wrong, the first row first")
    for each in view.findings:
        to.print(f"{each.table} {each.row} ({each.opco})", markup=False)
        note(to, each.problem)
    if view.more:
        to.print("There is more: raise --limit.")


def _watch(_journals: int, _lines: int) -> None:
    """Nothing to see: pages go by in a second or two."""


def _anchors(given: list[str]) -> Anchors:
    found: dict[str, tuple[int, str]] = {}
    for each in given:
        opco, _, rest = each.partition(":")
        position, _, seal = rest.partition(":")
        if not (opco and position.isdecimal() and seal):
            raise Unusable(f"--anchor {each!r} is not OPCO:POSITION:SEAL.")
        found[opco] = (int(position), seal.lower())
    return found
