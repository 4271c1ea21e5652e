"""Failed events by the hundred: all that match are retried or skipped (R9, R13)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from messages.inbound import WriteOffCancelRequested
from messages.inbound.actor import Actor
from messages.inbound.data import InboundData
from messages.inbound.operations.retry_event import RetryEvent
from operations.actor import Operator, operator
from operations.cli.options import As, Opco, Roles
from operations.database import opened, reading
from operations.failures import Unusable
from operations.many import Orders
from operations.orders import Refused, derived_id, sentence
from store.queries import failed_events
from store.queries.failed_events import Filter
from workers.intake.operators import Outcome
from workers.settings import Settings

Kind = Annotated[str | None, typer.Option("--kind", help="Only events of this kind, such as send-letter.")]
EventType = Annotated[
    str | None, typer.Option("--event-type", help="Only events of this type of the policy.")
]
Failure = Annotated[
    str | None, typer.Option("--failure", help="Only what failed with this code, such as no-agency.")
]
All = Annotated[bool, typer.Option("--all", help="Every failed event.")]

#: Refusals that are named on the terminal.
NAMED = 20


def retry_failed(
    *,
    reason: Annotated[str, typer.Option("--reason", help="What was done about their cause.")],
    opco: Opco = None,
    kind: Kind = None,
    event_type: EventType = None,
    failure: Failure = None,
    every: All = False,
    named: As = None,
) -> None:
    """Let all failed steps that match run again, once their cause is gone; their to-dos close."""
    which = Filter(opco=opco, kind=kind, event_type=event_type, failure=failure)

    def again(row: Any, _who: Operator) -> RetryEvent:
        return RetryEvent(
            account_id=row.account_id,
            process_id=row.process_id,
            event_sequence=row.sequence,
            reason=reason.strip(),
        )

    _order_each(which, again, "run again", reason=reason, every=every, named=named)


def skip_failed(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes to Pulse and into the processes.")],
    opco: Opco = None,
    kind: Kind = None,
    event_type: EventType = None,
    failure: Failure = None,
    every: All = False,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Cancel all failed steps that match: their processes go on without them."""
    which = Filter(opco=opco, kind=kind, event_type=event_type, failure=failure)

    def skipped(row: Any, who: Operator) -> WriteOffCancelRequested:
        data: dict[str, Any] = {
            "process_id": row.process_id,
            "account_id": row.account_id,
            "scope": "event",
            "event_sequence": row.sequence,
            "requested_by": Actor(user_id=who.user, roles=who.roles),
            "reason": reason.strip(),
        }
        return WriteOffCancelRequested(request_id=derived_id("cancel", row.opco, data), **data)

    _order_each(which, skipped, "are skipped", reason=reason, every=every, named=named, roles=roles)


def _order_each(
    which: Filter,
    make: Callable[[Any, Operator], InboundData],
    done: str,
    *,
    reason: str,
    every: bool,
    named: str | None,
    roles: list[str] | None = None,
) -> None:
    """Order it for each, in sets. Broken off, the same order goes on: what is done is no longer failed."""
    if not reason.strip():
        raise Unusable("--reason is empty: say why.")
    if every == (which != Filter()):
        raise Unusable("Say which: --opco, --kind, --event-type, --failure, or --all.")
    settings = Settings()
    who = operator(settings, named, roles)
    with reading(settings) as tx:
        rows = failed_events.page(tx, which)
    outcomes: list[Outcome] = []

    def commands(some: Sequence[Any]) -> list[tuple[str, InboundData]]:
        return [(row.opco, make(row, who)) for row in some]

    with opened(settings) as database:
        try:
            for some, _ in Orders(database, who, commands).submit(rows):
                outcomes += some
        finally:
            count = sum(each.refusal is None for each in outcomes)
            told = f"Failed events: {len(rows):,}; {count:,} {done}."
            typer.echo(told if rows else "No failed event matches.")
    refused = [each for each in outcomes if each.refusal is not None]
    for each in refused[:NAMED]:
        data: Any = each.command.data
        typer.echo(f"writeoff: account {data.account_id}: {sentence(each)}", err=True)
    if refused:
        raise Refused(f"{len(refused):,} of {len(outcomes):,} were refused.")
