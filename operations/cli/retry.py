"""Trying a failed event again (R9)."""

from typing import Annotated

import typer

from messages.inbound.operations.retry_event import RetryEvent
from operations.actor import operator
from operations.cli.options import As, Opco
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import order
from store.queries.finding import accounts_named
from workers.settings import Settings

Wanted = Annotated[str, typer.Argument(metavar="ACCOUNT|PROCESS", help="An account's id, or a process's.")]


def retry(
    wanted: Wanted,
    *,
    event: Annotated[int, typer.Option("--event", min=1, help="The sequence of the step that failed.")],
    reason: Annotated[str, typer.Option("--reason", help="What was done about its cause.")],
    opco: Opco = None,
    named: As = None,
) -> None:
    """Let a failed step run again, once its cause is gone. Its to-do closes; `writeoff cancel` skips it."""
    if not reason.strip():
        raise Unusable("--reason is empty: say what was done about the cause.")
    settings = Settings()
    with reading(settings) as tx:
        found = accounts_named(tx, wanted, opco)
    if not found:
        of = f" of opco {opco}" if opco else ""
        raise NotFound(f"No account{of} has the id {wanted!r}, and no process.")
    if len(found) > 1:
        opcos = " and ".join(each.opco for each in found)
        raise Unusable(f"{opcos} have an account {wanted!r}: name one, --opco.")
    [account] = found
    data = RetryEvent(
        account_id=account.account_id,
        process_id=account.process_id,
        event_sequence=event,
        reason=reason.strip(),
    )
    order(settings, operator(settings, named), {account.opco: data})
    typer.echo(f"Event {event} of account {account.account_id} runs again.")
