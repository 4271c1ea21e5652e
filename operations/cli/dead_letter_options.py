"""What the commands about dead letters have in common: which letters are meant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from uuid import UUID

import typer

from operations.database import reading
from operations.failures import NotFound, Unusable
from store.queries import dead_letters
from store.queries.dead_letters import Filter
from workers.settings import Settings
from writeoff.dead_letter import DeadLetterState

MOMENT = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]

Queue = Annotated[str | None, typer.Option("--queue", help="Only from this queue.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Only of this reason, such as not-authenticated.")
]
Type = Annotated[
    str | None, typer.Option("--type", help="Only of this type, such as pulse.payment-received.v1.")
]
Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=MOMENT, help="Only what came at this moment or later, in UTC."),
]
State = Annotated[str, typer.Option("--state", help="open (to look at), retried, edited, discarded, or all.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As the list has them.")]
All = Annotated[bool, typer.Option("--all", help="Every one that is open.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would come of it, and roll it back.")]


def filter_of(
    *,
    reason: str | None,
    queue: str | None,
    type_name: str | None,
    since: datetime | None,
    state: str = "open",
) -> Filter:
    """Return the filter of these options; raises `Unusable` for a state that there is not."""
    states = (*get_args(DeadLetterState), "all")
    if state not in states:
        raise Unusable(f"--state {state!r}: there are {', '.join(states)}.")
    moment = since if since is None or since.tzinfo else since.replace(tzinfo=UTC)
    return Filter(reason=reason, queue=queue, type=type_name, since=moment, state=state)  # type: ignore[arg-type]


def chosen(settings: Settings, ids: Sequence[str] | None, which: Filter, *, every: bool) -> Sequence[Any]:
    """Return the letters that are named, or all open ones that match, in the order in which they came.

    Raises `Unusable` when nothing says which, and `NotFound` for a name that none has.
    """
    filtered = which != Filter()
    if bool(ids) == (filtered or every):
        raise Unusable("Name dead letters, or say which: --reason, --queue, --type, --since or --all.")
    with reading(settings) as tx:
        if not ids:
            return dead_letters.matching(tx, which)
        wanted = [_uuid(each) for each in ids]
        found = dead_letters.named(tx, list(dict.fromkeys(wanted)))
    there = {row.dead_letter_id for row in found}
    for each in wanted:
        if each not in there:
            raise NotFound(f"There is no dead letter {each!r}.")
    return found


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound(f"There is no dead letter {text!r}.") from None
