"""Approving and refusing requests that wait for it (R5)."""

from typing import Annotated, Literal

import typer

from messages.inbound import WriteOffDecided
from messages.inbound.actor import Actor
from operations.actor import operator
from operations.cli.options import As, Opco, Roles
from operations.cli.printing import grouped
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import order
from operations.views.request import Request, request_view
from store.queries.finding import request_keys
from workers.intake.operators import Outcome
from workers.settings import Settings

Wanted = Annotated[str, typer.Argument(metavar="REQUEST", help="The request's id.")]


def approve(
    request_id: Wanted,
    *,
    reason: Annotated[str, typer.Option("--reason", help="What was checked; kept with it.")] = "approved",
    plan: Annotated[
        str | None, typer.Option("--plan", help="The digest of the plan that was looked at, if one was.")
    ] = None,
    opco: Opco = None,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Let a request that awaits approval go on; whoever asked for it cannot approve it."""
    request, outcome = _decide(
        request_id, decision="approved", reason=reason, plan=plan, opco=opco, named=named, roles=roles
    )
    if outcome.again:
        typer.echo(f"Request {request_id} was approved before; nothing was changed now.")
        return
    amount = f"{request.currency} {grouped(request.awaiting_amount)}"
    accounts = f"{request.awaiting:,} account{'' if request.awaiting == 1 else 's'}"
    typer.echo(f"Request {request_id} is approved: {accounts}, {amount}, are looked at again and go on.")


def refuse(
    request_id: Wanted,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; whoever asked is told.")],
    opco: Opco = None,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Refuse a request that awaits approval: none of its accounts is written off."""
    _, outcome = _decide(
        request_id, decision="refused", reason=reason, plan=None, opco=opco, named=named, roles=roles
    )
    before = " before; nothing was changed now" if outcome.again else ""
    typer.echo(f"Request {request_id} was refused{before}.")


def _decide(
    request_id: str,
    *,
    decision: Literal["approved", "refused"],
    reason: str,
    plan: str | None,
    opco: str | None,
    named: str | None,
    roles: list[str] | None,
) -> tuple[Request, Outcome]:
    settings = Settings()
    who = operator(settings, named, roles)
    with reading(settings) as tx:
        keys = request_keys(tx, request_id, opco)
        if len(keys) > 1:
            raise Unusable(
                f"{' and '.join(key[0] for key in keys)} have a request {request_id!r}: name one, --opco."
            )
        if not keys:
            raise NotFound(f"There is no request {request_id!r}{f' of opco {opco}' if opco else ''}.")
        request = request_view(tx, keys[0])
    data = WriteOffDecided(
        request_id=request_id,
        decision=decision,
        decided_by=Actor(user_id=who.user, roles=who.roles),
        reason=reason.strip(),
        plan_digest=plan,
    )
    [outcome] = order(settings, who, {request.opco: data})
    return request, outcome
