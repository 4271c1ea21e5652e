"""Undoing a write-off (R25)."""

from typing import Annotated, Any

import typer

from messages.inbound import WriteOffReversalRequested
from messages.inbound.actor import Actor
from operations.actor import operator
from operations.cli.options import As, Opco, Roles
from operations.cli.printing import grouped
from operations.database import reading
from operations.failures import NotFound
from operations.orders import derived_id, order
from operations.views.view import amount
from store.queries.finding import accounts_named
from workers.intake.operators import Outcome
from workers.settings import Settings
from writeoff.facts import ProcessReversed, RequestAnswered


def reverse(
    process_id: Annotated[str, typer.Argument(metavar="PROCESS", help="The process's id.")],
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; it goes to Pulse, into the journal and into the letters.")
    ],
    request_id: Annotated[
        str | None, typer.Option("--id", help="The command's own number; the same one again does nothing.")
    ] = None,
    opco: Opco = None,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Undo a write-off: what is held moves back, letters are corrected, the account is restored."""
    settings = Settings()
    who = operator(settings, named, roles)
    with reading(settings) as tx:
        found = [each for each in accounts_named(tx, process_id, opco) if each.process_id == process_id]
    if not found:
        of = f" of opco {opco}" if opco else ""
        raise NotFound(
            f"No process{of} has the id {process_id!r}: `writeoff process show ACCOUNT` lists them."
        )
    data: dict[str, Any] = {
        "process_id": process_id,
        "account_id": found[0].account_id,
        "requested_by": Actor(user_id=who.user, roles=who.roles),
        "reason": reason.strip(),
    }
    number = request_id or derived_id("reverse", found[0].opco, data)
    command = WriteOffReversalRequested(request_id=number, **data)
    [outcome] = order(settings, who, {found[0].opco: command})
    typer.echo(_said(outcome, found[0].account_id))


def _said(outcome: Outcome, account_id: str) -> str:
    undone = next((fact for fact in outcome.facts if isinstance(fact, ProcessReversed)), None)
    if undone is not None:
        owed, kept = (
            f"{undone.currency} {grouped(amount(each, undone.currency))}"
            for each in (undone.amount, undone.recoveries_kept)
        )
        return f"The write-off of account {account_id} is undone: {owed} is owed again, {kept} stays paid."
    if any(isinstance(fact, RequestAnswered) for fact in outcome.facts) or outcome.again:
        return f"The write-off of account {account_id} was undone before; nothing was changed now."
    return f"The write-off of account {account_id} waits for its account."
