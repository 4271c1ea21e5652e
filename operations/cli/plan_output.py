"""A plan as it is made: JSON and CSV go out account by account, so that none is kept."""

import csv
import sys
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from handlers.planning.plan import AccountPlan
from operations.planning import Head, Planning
from operations.views.plan import PlannedAccount, PlannedLine, PlannedStep, account_view, totals_view

CSV_COLUMNS = (
    "account_id",
    "days_since_default",
    "eligible",
    "refusal",
    "template",
    "row",
    "sequence",
    "event_type",
    "kind",
    "day",
    "date",
    "outcome",
    "amount",
    "currency",
    "side",
    "gl_account",
    "distribution_code",
    "sa_id",
    "person_id",
    "detail",
)


class Output(Protocol):
    """Writes a plan while it is made."""

    def begin(self, head: Head) -> None:
        """Write what is known before the first account."""
        ...

    def account(self, plan: AccountPlan) -> None:
        """Write an account."""
        ...

    def end(self, planning: Planning) -> None:
        """Write totals and digest."""
        ...


class JsonOutput:
    """One JSON object: `plan`, `accounts` in the order of R3, `totals`, `plan_digest`."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._write = sys.stdout.write
        self._currency = ""
        self._first = True

    def begin(self, head: Head) -> None:
        """Open the list of accounts."""
        self._currency = head.currency
        self._write(f'{{"plan":{self._encode(head).decode()},\n"accounts":[')

    def account(self, plan: AccountPlan) -> None:
        """Write an account on a line of its own."""
        between = "\n" if self._first else ",\n"
        self._first = False
        self._write(between + self._encode(account_view(plan, self._currency)).decode())

    def end(self, planning: Planning) -> None:
        """Close the list, and write what was summed up."""
        totals = self._encode(totals_view(planning.totals, self._currency)).decode()
        roles = self._encode(planning.approval).decode()
        self._write(
            f'\n],\n"totals":{totals},\n"approval_roles":{roles},\n"plan_digest":"{planning.digest}"}}\n'
        )


class CsvOutput:
    """Rows for a spreadsheet: of each account one, then its events, each with its lines and recipients."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._currency = ""

    def begin(self, head: Head) -> None:
        """Write the titles."""
        self._currency = head.currency
        self._writer.writerow(CSV_COLUMNS)

    def account(self, plan: AccountPlan) -> None:
        """Write the rows of an account."""
        self._writer.writerows(_rows(account_view(plan, self._currency), self._currency))

    def end(self, planning: Planning) -> None:
        """Write the digest on stderr: the file holds accounts alone."""
        sys.stderr.write(f"plan digest {planning.digest}\n")


#: A row in the order of the columns; they are millions, so none is a dict on its way.
_Row = tuple[Any, ...]
_NO_EVENT = ("",) * 6
_NO_LINE = ("",) * 4


def _rows(account: PlannedAccount, currency: str) -> Iterator[_Row]:
    eligible = "yes" if account.eligible else "no"
    same = (account.account_id, account.days_since_default, eligible, account.refusal, account.template)
    yield (*same, "account", *_NO_EVENT, account.amount, currency, *_NO_LINE, "", account.message)
    for line in account.closed_at_once:
        yield (*same, "line", *_NO_EVENT, line.amount, currency, *_line(line))
    for step in account.events:
        yield from _step(same, step, currency)


def _step(same: _Row, step: PlannedStep, currency: str) -> Iterator[_Row]:
    event = (step.sequence, step.event_type, step.kind, step.day, step.date, step.outcome)
    yield (*same, "event", *event, step.amount, currency, *_NO_LINE, "", step.reason)
    for line in step.lines:
        yield (*same, "line", *event, line.amount, currency, *_line(line))
    for recipient in step.recipients:
        detail = f"{recipient.contact_type} to {' '.join(recipient.recipients) or 'nobody'}"
        yield (*same, "recipient", *event, "", currency, *_NO_LINE, recipient.person_id, detail)
    if step.referral is not None:
        detail = f"expected agency {step.referral.expected_agency}"
        yield (*same, "referral", *event, step.referral.amount, currency, *_NO_LINE, "", detail)
    for todo in step.todos:
        yield (*same, "to-do", *event, "", currency, *_NO_LINE, "", f"{todo.todo_type} for {todo.role}")


def _line(line: PlannedLine) -> _Row:
    sources = [
        f"{each.sa_id}/{each.ft_id or '-'}/{each.distribution_code}={each.amount}" for each in line.sources
    ]
    return (line.side, line.gl_account, line.distribution_code, line.sa_id, "", " ".join(sources))
