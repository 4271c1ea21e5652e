"""Bulk requests: looked at before they are made, made, followed, stopped (R3)."""

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from messages.inbound.actor import Actor
from messages.inbound.operations.steer_request import CancelRequest, PauseRequest, ResumeRequest
from operations.actor import operator
from operations.cli.options import As, Json, Limit, Opco, Roles
from operations.cli.plan import Csv, Disposition, File, Kind, Reason, kind_of
from operations.cli.plan_output import Output
from operations.cli.preview_output import PreviewCsv, PreviewJson, PreviewTable
from operations.cli.printing import emit, fields, grouped
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import derived_id, opcos_named, order
from operations.planning import Planning
from operations.request_file import NO_REQUEST, Given, read
from operations.views.bulk import (
    RESULT_COLUMNS,
    Bulk,
    bulk_view,
    result_rows,
)
from store.engine.transaction import Transaction
from store.queries.finding import request_keys
from store.work.requests import RequestKey
from workers.settings import Settings

app = typer.Typer(help="Bulk requests: preview, submit, follow, pause, cancel.", no_args_is_help=True)

Wanted = Annotated[str, typer.Argument(metavar="REQUEST", help="The request's id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; shown wherever it matters.")]


@app.command()
def preview(  # noqa: PLR0917 - options of a command
    file: File,
    opco: Opco = None,
    kind: Kind = "bulk",
    disposition: Disposition = "write_off",
    reason: Reason = "aged-default",
    limit: Limit = 50,
    as_json: Json = False,  # noqa: FBT002 - an option
    as_csv: Csv = False,  # noqa: FBT002 - an option
    named: As = None,
    roles: Roles = None,
) -> None:
    """List the accounts of a request before it is made, by days since default, the fewest first."""
    settings = Settings()
    who = operator(settings, named, roles)
    if as_json and as_csv:
        raise Unusable("--json and --csv: choose one.")
    given = Given(opco=opco, kind=kind_of(kind), disposition=disposition, reason=reason)
    planning = Planning(settings, lambda opcos: read(file, given, who, opcos), who)
    output: Output = PreviewJson() if as_json else PreviewCsv() if as_csv else PreviewTable(limit)
    for account in planning.accounts(output.begin):
        output.account(account)
    output.end(planning)


@app.command()
def submit(  # noqa: PLR0917 - options of a command
    file: File,
    opco: Opco = None,
    kind: Kind = "bulk",
    disposition: Disposition = "write_off",
    reason: Reason = "aged-default",
    comments: Annotated[str | None, typer.Option("--comments", help="For whoever reads it.")] = None,
    request_id: Annotated[
        str | None,
        typer.Option("--request-id", help="The request's id; derived from what is asked for without it."),
    ] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="The digest of its plan: done as planned, or refused.")
    ] = None,
    named: As = None,
    roles: Roles = None,
) -> None:
    """Make a request of a list of accounts, or of a message; the workers take it from there."""
    settings = Settings()
    who = operator(settings, named, roles)
    given = Given(opco=opco, kind=kind_of(kind), disposition=disposition, reason=reason, comments=comments)
    asked = read(file, given, who, opcos_named(settings, None))
    data = msgspec.structs.replace(
        asked.data,
        requested_by=Actor(user_id=who.user, name=None, roles=who.roles),
        plan_digest=plan or asked.data.plan_digest,
    )
    if request_id is not None:
        data = msgspec.structs.replace(data, request_id=request_id)
    elif data.request_id == NO_REQUEST:
        words = msgspec.json.decode(msgspec.json.encode(data))
        named_by_it = derived_id("write-off-requested", asked.opco, words)
        data = msgspec.structs.replace(data, request_id=named_by_it)
    [outcome] = order(settings, who, {asked.opco: data})
    taken = "was taken before; nothing was changed now" if outcome.again else "is taken"
    typer.echo(f"Request {data.request_id} {taken}: {len(data.accounts):,} accounts of {asked.opco}.")


@app.command("show")
def show_request(
    request_id: Wanted,
    result: Annotated[
        Path | None, typer.Option("--result", help="Write a CSV there, one row an account; - for stdout.")
    ] = None,
    opco: Opco = None,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """Print how far a request is, counted account by account; --result writes what became of each."""
    with reading(Settings()) as tx:
        key = _key(tx, request_id, opco)
        found = bulk_view(tx, key)
        if result is not None:
            rows = result_rows(tx, key)
            if result == Path("-"):
                _write(sys.stdout, rows)
                return
            beside = result.with_name(f".{result.name}.part")
            with beside.open("w", encoding="utf-8", newline="") as file:
                _write(file, rows)
            beside.replace(result)
    emit(found, lambda to: _draw(to, found), as_json=as_json)


def _write(to: Any, rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(to, RESULT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _draw(to: Console, bulk: Bulk) -> None:
    decided = bulk.accepted + bulk.refused
    share = f"{decided * 100 // bulk.accounts} %" if bulk.accounts else "nothing to decide"
    fields(
        to,
        [
            ("Request", f"{bulk.request_id} ({bulk.opco}, {'bulk' if bulk.bulk else 'personal'})"),
            ("Asked", f"by {bulk.requested_by}, {bulk.received_at:%Y-%m-%d %H:%M:%SZ}"),
            ("Why", f"{bulk.disposition}, {bulk.reason}"),
            ("Paused", _paused(bulk)),
            (
                "Plan",
                f"{bulk.plan_digest}{', being compared' if bulk.comparing else ''}"
                if bulk.plan_digest
                else None,
            ),
            ("Accounts", f"{bulk.accounts:,}, of them decided {decided:,} ({share})"),
            ("To decide", f"{bulk.pending:,}, and {bulk.waiting:,} wait for their snapshot"),
            ("Approval", f"awaited for {bulk.awaiting_approval:,}" if bulk.awaiting_approval else None),
            ("Refused", f"{bulk.refused:,}"),
            ("Accepted", f"{bulk.accepted:,}, {bulk.currency} {grouped(bulk.accepted_amount)}"),
            ("Running", f"{bulk.running:,}"),
            (
                "Failed",
                f"{bulk.failed:,} wait for somebody: `writeoff process failed`" if bulk.failed else "0",
            ),
            ("Complete", f"{bulk.complete:,}{_ends(bulk.ends)}"),
            ("Answers", f"{bulk.answers} sent" if bulk.answers else "none yet"),
        ],
    )


def _paused(bulk: Bulk) -> str | None:
    pause = bulk.paused
    return f"since {pause.since:%Y-%m-%d %H:%M:%SZ} by {pause.by}: {pause.reason}" if pause else None


def _ends(ends: dict[str, int]) -> str:
    return f" ({', '.join(f'{reason} {count:,}' for reason, count in sorted(ends.items()))})" if ends else ""


@app.command()
def pause(request_id: Wanted, reason: Why, opco: Opco = None, named: As = None) -> None:
    """Decide no account of a request and run none of its events; sets that run now are finished."""
    if not reason.strip():
        raise Unusable("--reason is empty: say why, for whoever finds the pause.")
    _steer(PauseRequest(request_id=request_id, reason=reason.strip()), opco, named)
    typer.echo(f"Request {request_id} is paused.")


@app.command()
def resume(request_id: Wanted, opco: Opco = None, named: As = None) -> None:
    """Let a paused request go on; what has become due meanwhile runs at once."""
    with reading(Settings()) as tx:
        paused = bulk_view(tx, _key(tx, request_id, opco)).paused
    if paused is None:
        raise NotFound(f"Request {request_id} is not paused.")
    _steer(ResumeRequest(request_id=request_id), opco, named)
    typer.echo(f"Request {request_id} goes on.")


@app.command("cancel")
def cancel_rest(request_id: Wanted, reason: Why, opco: Opco = None, named: As = None) -> None:
    """Refuse whatever of a request has not been decided, and answer it; what has begun goes on."""
    if not reason.strip():
        raise Unusable("--reason is empty: whoever asked is told.")
    with reading(Settings()) as tx:
        key = _key(tx, request_id, opco)
        before = bulk_view(tx, key)
    _steer(CancelRequest(request_id=request_id, reason=reason.strip()), opco, named)
    with reading(Settings()) as tx:
        canceled = bulk_view(tx, key).refused - before.refused
    typer.echo(f"The rest of request {request_id} is canceled: {canceled:,} accounts are refused.")


def _steer(data: PauseRequest | ResumeRequest | CancelRequest, opco: str | None, named: str | None) -> None:
    settings = Settings()
    with reading(settings) as tx:
        key = _key(tx, data.request_id, opco)
    order(settings, operator(settings, named), {key[0]: data})


def _key(tx: Transaction, request_id: str, opco: str | None) -> RequestKey:
    keys: Sequence[RequestKey] = request_keys(tx, request_id, opco)
    if len(keys) > 1:
        raise Unusable(
            f"{' and '.join(key[0] for key in keys)} have a request {request_id!r}: name one, --opco."
        )
    if not keys:
        raise NotFound(f"There is no request {request_id!r}{f' of opco {opco}' if opco else ''}.")
    return keys[0]
