"""How far a request is."""

from typing import Annotated

import typer
from rich.console import Console

from operations.cli.options import Json, Opco
from operations.cli.printing import emit, fields, grouped, table
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.views.request import Request, request_view
from store.queries.finding import request_keys
from workers.settings import Settings

app = typer.Typer(help="Write-off requests, single and bulk.", no_args_is_help=True)

Wanted = Annotated[str, typer.Argument(metavar="ID", help="The request's id.")]


@app.command()
def show(request_id: Wanted, opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Print how many of a request's accounts are decided, how, and how far their processes are."""
    with reading(Settings()) as tx:
        keys = request_keys(tx, request_id, opco)
        if len(keys) > 1:
            raise Unusable(
                f"{' and '.join(key[0] for key in keys)} have a request {request_id!r}: name one, --opco."
            )
        found = request_view(tx, keys[0]) if keys else None
    if found is None:
        raise NotFound(f"There is no request {request_id!r}{f' of opco {opco}' if opco else ''}.")
    emit(found, lambda to: _draw(to, found), as_json=as_json)


def _draw(to: Console, request: Request) -> None:
    share = f"{request.decided * 100 // request.accounts} %" if request.accounts else "nothing to decide"
    fields(
        to,
        [
            ("Request", f"{request.request_id} ({request.opco}, {'bulk' if request.bulk else 'personal'})"),
            (
                "Asked",
                f"by {request.requested_by}, {request.received_at:%Y-%m-%d %H:%M:%SZ}, as {request.command}",
            ),
            ("Why", f"{request.disposition}, {request.reason}"),
            ("Accounts", f"{request.accounts:,}, of them decided {request.decided:,} ({share})"),
            ("Accepted", f"{request.accepted:,}, {request.currency} {grouped(request.accepted_amount)}"),
            ("Refused", f"{request.refused:,}"),
            ("Not yet", f"{request.pending:,} to decide, {request.waiting:,} wait for their snapshot"),
            ("Approval", _approval(request)),
            ("Answers", f"{request.revision} sent" if request.revision else "none yet"),
            ("Waiting", ", ".join(request.waiting_accounts) or None),
        ],
    )
    if request.refusals:
        rows = [(each.reason, each.accounts, each.first_account_id) for each in request.refusals]
        table(to, ["Refused for", "Accounts>", "Such as"], rows, "Refusals")
    if request.processes:
        ended = [(each.status, each.end_reason, each.processes) for each in request.processes]
        table(to, ["Status", "End", "Processes>"], ended, "Processes")
    if request.events:
        steps = [(each.kind, each.status, each.events) for each in request.events]
        table(to, ["Kind", "Status", "Events>"], steps, "Steps")


def _approval(request: Request) -> str | None:
    approval = request.approval
    if approval is None or approval.state == "not-needed":
        return None
    held = ", in spite of a hold" if approval.override_hold else ""
    if approval.state == "checking":
        return f"its total is not known yet{held}"
    total = f"{request.currency} {grouped(approval.total or '0')}{held}"
    if approval.state == "awaiting":
        accounts = f"{request.awaiting:,} account{'' if request.awaiting == 1 else 's'}"
        return f"awaited by {' or '.join(approval.roles)}: {accounts}, {total}"
    when = f"{approval.decided_at:%Y-%m-%d %H:%M:%SZ}"
    return f"{approval.state} by {approval.decided_by}, {when}: {approval.reason}"
