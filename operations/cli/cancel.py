"""Cancelling: a process, one event of it, or one of its agreements (R13)."""

from collections import Counter
from typing import Annotated, Any

import typer

from messages.inbound import WriteOffCancelRequested
from messages.inbound.actor import Actor
from operations.actor import operator
from operations.cli.options import As, Opco, Roles
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import derived_id, order
from store.queries.finding import Found, accounts_named
from workers.intake.operators import Outcome
from workers.settings import Settings
from writeoff.facts import EventCanceled, ProcessEnded, ReferralChanged, ReferralClosed

Wanted = Annotated[str, typer.Argument(metavar="ACCOUNT|PROCESS", help="An account's id, or a process's.")]


def cancel(
    wanted: Wanted,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes to Pulse and into the process.")],
    event: Annotated[
        int | None, typer.Option("--event", min=1, help="Cancel this event alone, or skip it if it failed.")
    ] = None,
    agreement: Annotated[str | None, typer.Option("--agreement", help="Take this one out alone.")] = None,
    request_id: Annotated[
        str | None, typer.Option("--id", help="The command's own number; the same one again does nothing.")
    ] = None,
    opco: Opco = None,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Cancel the active process of an account, at once: what is pending never runs, agencies are recalled."""
    if event is not None and agreement is not None:
        raise Unusable("Name an event or an agreement, not both: each is a command of its own.")
    settings = Settings()
    who = operator(settings, named, roles)
    found = _meant(settings, wanted, opco)
    data: dict[str, Any] = {
        "process_id": found.process_id,
        "account_id": found.account_id,
        "scope": "event"
        if event is not None
        else "service-agreement"
        if agreement is not None
        else "process",
        "event_sequence": event,
        "sa_id": agreement,
        "requested_by": Actor(user_id=who.user, roles=who.roles),
        "reason": reason.strip(),
    }
    number = request_id or derived_id("cancel", found.opco, data)
    [outcome] = order(settings, who, {found.opco: WriteOffCancelRequested(request_id=number, **data)})
    typer.echo(_said(outcome, found.account_id, event, agreement))


def _meant(settings: Settings, wanted: str, opco: str | None) -> Found:
    with reading(settings) as tx:
        found = accounts_named(tx, wanted, opco)
    if not found:
        of = f" of opco {opco}" if opco else ""
        raise NotFound(f"No account{of} has the id {wanted!r}, and no process.")
    if len(found) > 1:
        raise Unusable(
            f"{' and '.join(each.opco for each in found)} have an account {wanted!r}: name one, --opco."
        )
    return found[0]


def _said(outcome: Outcome, account_id: str, event: int | None, agreement: str | None) -> str:
    if outcome.again:
        return "This was canceled before; nothing was changed now."
    count = Counter(type(fact) for fact in outcome.facts)
    ends = [fact.end_reason for fact in outcome.facts if isinstance(fact, ProcessEnded)]
    what = f"Event {event}" if event is not None else f"Agreement {agreement}" if agreement else "The process"
    done = "taken out" if agreement else "canceled"
    parts = [
        _counted(count[EventCanceled], "event", "canceled") if event is None and ends else None,
        _counted(count[ReferralClosed], "referral", "recalled") if count[ReferralClosed] else None,
        _counted(count[ReferralChanged], "referral", "changed") if count[ReferralChanged] else None,
        f"the process has ended, {ends[0]}" if ends else None,
    ]
    followed = ", ".join(part for part in parts if part)
    return f"{what} of account {account_id} is {done}{f': {followed}' if followed else ''}."


def _counted(count: int, noun: str, done: str) -> str:
    return f"{count} {noun if count == 1 else f'{noun}s'} {done}"
