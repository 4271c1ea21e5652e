"""What a request would do, before it is made."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.console import Console

from handlers.planning.plan import AccountPlan
from operations.actor import operator
from operations.cli.options import As, Json, Limit, Opco, Roles
from operations.cli.plan_output import CsvOutput, JsonOutput, Output
from operations.cli.printing import emit, exact, fields, grouped, heading, note, show, table
from operations.comparison import compared
from operations.failures import ExitCode, Unusable
from operations.planning import Head, Planning
from operations.request_file import Given, read
from operations.views.plan import PlannedAccount, PlannedStep, account_view, totals_view
from workers.settings import Settings

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A write-off-requested message, or a list of account ids as CSV: the column account_id, else "
        "the first.",
    ),
]
Kind = Annotated[str, typer.Option("--kind", help="For a list: bulk, or personal for one account.")]
Disposition = Annotated[
    str, typer.Option("--disposition", help="For a list: write_off, repossession or opt_out.")
]
Reason = Annotated[str, typer.Option("--reason", help="For a list: why, as policies name it.")]
Compare = Annotated[
    str | None, typer.Option("--compare", help="Say what has changed since the plan of this digest.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV: a row for each account, event and line.")]


def plan(  # noqa: PLR0917 - options of a command
    file: File,
    opco: Opco = None,
    kind: Kind = "bulk",
    disposition: Disposition = "write_off",
    reason: Reason = "aged-default",
    limit: Limit = 20,
    as_json: Json = False,  # noqa: FBT002 - an option
    as_csv: Csv = False,  # noqa: FBT002 - an option
    compare: Compare = None,
    named: As = None,
    roles: Roles = None,
) -> int:
    """Show what a request would do: who is eligible, every event, amount, journal line and recipient.

    Nothing is done. The plan is kept for a while under its digest, which a request may carry.
    """
    settings = Settings()
    who = operator(settings, named, roles)
    if as_json and as_csv:
        raise Unusable("--json and --csv: choose one.")
    given = Given(opco=opco, kind=kind_of(kind), disposition=disposition, reason=reason)
    planning = Planning(settings, lambda opcos: read(file, given, who, opcos), who)
    if compare is not None:
        return _compare(settings, planning, compare, as_json=as_json)
    output: Output = JsonOutput() if as_json else CsvOutput() if as_csv else Drawing(limit)
    for account in planning.accounts(output.begin):
        output.account(account)
    output.end(planning)
    return ExitCode.OK


def _compare(settings: Settings, planning: Planning, digest: str, *, as_json: bool) -> ExitCode:
    """Print what is no longer as the earlier plan had it."""
    for _ in planning.accounts(lambda _head: None):
        pass
    found = compared(settings, planning.opco, digest, planning.digest)

    def draw(to: Console) -> None:
        rows = [(each.account_id, each.field, each.planned, each.present) for each in found]
        table(to, ["Account!", "Field", "Planned", "Present"], rows)
        exact(to, f"plan digest {planning.digest}")

    emit(found, draw, as_json=as_json)
    return ExitCode.DIFFERENCES if found else ExitCode.OK


def kind_of(text: str) -> Literal["personal", "bulk"]:
    """Return the kind of request; raises `Unusable` for anything else."""
    if text not in {"personal", "bulk"}:
        raise Unusable(f"--kind {text!r} is none: personal or bulk.")
    return cast("Literal['personal', 'bulk']", text)


class Drawing:
    """For people: the totals of all, and the first accounts with all their events."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._shown: list[PlannedAccount] = []
        self._head: Head | None = None

    def begin(self, head: Head) -> None:
        """Keep what it is of."""
        self._head = head

    def account(self, plan: AccountPlan) -> None:
        """Keep the first ones."""
        if self._head is not None and len(self._shown) < self._limit:
            self._shown.append(account_view(plan, self._head.currency))

    def end(self, planning: Planning) -> None:
        """Draw it all."""
        head = self._head
        if head is not None:
            show(lambda to: self._draw(to, head, planning))

    def _draw(self, to: Console, head: Head, planning: Planning) -> None:
        totals = totals_view(planning.totals, head.currency)
        fields(
            to,
            [
                ("Plan", f"{head.kind} {head.disposition}, {head.reason}, of {head.opco}"),
                ("If made", f"on {head.business_date}, under policy {head.policy_version}"),
                ("Accounts", f"{totals.accounts:,}, of them eligible {totals.eligible:,}"),
                ("Written off", f"{head.currency} {grouped(totals.amounts[head.currency])}"),
                ("Letters", f"{totals.letters:,}"),
                ("Approval", f"needed by {' or '.join(planning.approval)}" if planning.approval else None),
                ("Refused", f"as a whole: {head.refusal}" if head.refusal else None),
            ],
        )
        if totals.refused:
            table(to, ["Not eligible", "Accounts>"], totals.refused.items(), "Not eligible")
        rows = [
            (each.currency, each.gl_account, grouped(each.debit), grouped(each.credit))
            for each in totals.gl_accounts
        ]
        table(to, ["Currency", "GL account", "Debit>", "Credit>"], rows, "Totals by GL account")
        steps = [
            (kind, outcome, f"{count:,}")
            for kind, outcomes in totals.events.items()
            for outcome, count in outcomes.items()
        ]
        table(to, ["Kind", "Would be", "Events>"], steps, "Events")
        heading(to, "Accounts, by days since default")
        for account in self._shown:
            _account(to, account, head.currency)
        if (left := totals.accounts - len(self._shown)) > 0:
            to.print(f"{left:,} more: raise --limit, or take --json or --csv for all.")
        to.print()
        exact(to, f"plan digest {planning.digest}")


def _account(to: Console, account: PlannedAccount, currency: str) -> None:
    days = f"{account.days_since_default} days" if account.days_since_default is not None else "no default"
    if not account.eligible:
        exact(to, f"{account.account_id}  {days}  {account.refusal}")
        note(to, account.message or "")
    else:
        exact(
            to,
            f"{account.account_id}  {days}  {account.template}  {currency} {grouped(account.amount or '0')}",
        )
    for line in account.closed_at_once:
        note(to, f"at once: {line.side} {line.gl_account} {line.distribution_code} {grouped(line.amount)}")
    for step in account.events:
        _step(to, step)


def _step(to: Console, step: PlannedStep) -> None:
    what = f"{step.date} (day {step.day})  {step.event_type}"
    owed = f"  {grouped(step.amount)}" if step.amount is not None else ""
    note(
        to, f"{what}{owed}" + ("" if step.outcome == "complete" else f"  {step.outcome}: {step.reason or ''}")
    )
    for line in step.lines:
        note(to, f"    {line.side} {line.gl_account} {line.distribution_code} {grouped(line.amount)}")
    for each in step.recipients:
        recipients = ", ".join(each.recipients) or "nobody receives notifications"
        note(to, f"    {each.contact_type} about {each.person_id}: to {recipients}")
    if step.referral is not None:
        note(to, f"    to agency {step.referral.expected_agency}, as it is expected now")
    for todo in step.todos:
        note(to, f"    to-do {todo.todo_type} for {todo.role}")
