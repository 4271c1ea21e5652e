"""Reports: write-offs, their ageing, recoveries, reversals, and what is still under enforcement (R28)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from operations.views.view import View, amount
from store.queries import reports
from store.queries.reports import Range
from store.transaction import AnyRow, Transaction
from writeoff.journal import Source

#: Days since the bill, at the write-off: the last age of each column.
AGES = {30: "0-30", 60: "31-60", 90: "61-90", 180: "91-180", 365: "181-365"}
OLDER = "over 365"
#: What no transaction covers has no age.
UNKNOWN_AGE = "no bill"

Cell = str | int | None


class Report(View, frozen=True, kw_only=True):
    """Rows with the columns named; amounts are decimal strings of the row's currency."""

    name: str
    columns: list[str]
    rows: list[dict[str, Cell]]


class _Bill(msgspec.Struct):
    ft_id: str
    accounting_date: date


class _Agreement(msgspec.Struct):
    financial_transactions: tuple[_Bill, ...]


class _Debt(msgspec.Struct):
    agreement: _Agreement


class _Basis(msgspec.Struct):
    debts: tuple[_Debt, ...]


_bases = msgspec.json.Decoder(_Basis)
_sources = msgspec.json.Decoder(tuple[Source, ...])


def write_offs(tx: Transaction, within: Range) -> Report:
    """What was written off, by month of posting, opco, disposition and reason; returned goods beside it."""
    columns = ["month", "opco", "currency", "disposition", "reason", "journals", "amount", "inventory"]
    return _report("write-offs", columns, reports.write_offs(tx, within), {"amount", "inventory"})


def recoveries(tx: Transaction, within: Range) -> Report:
    """What payments brought back, and what of it did not hold, by month, opco and disposition."""
    columns = ["month", "opco", "currency", "disposition", "payments", "recovered", "canceled_payments"]
    money = {"recovered", "canceled"}
    return _report("recoveries", [*columns, "canceled"], reports.recoveries(tx, within), money)


def reversals(tx: Transaction, within: Range) -> Report:
    """The write-offs that were undone, with what is owed again, by month, opco and disposition."""
    columns = ["month", "opco", "currency", "disposition", "reversals", "owed_again"]
    return _report("reversals", columns, reports.reversals(tx, within), {"owed_again"})


def enforcement(tx: Transaction, within: Range) -> Report:
    """What is written off and still with an agency now, by opco and agency (IFRS 7 35L)."""
    columns = ["opco", "currency", "agency", "referrals", "amount"]
    return _report("enforcement", columns, reports.enforced(tx, within.opco), {"amount"})


def ageing(tx: Transaction, within: Range) -> Report:
    """How old the bills were that were written off, by month and opco: goods that came back included."""
    ages = [*AGES.values(), OLDER, UNKNOWN_AGE]
    sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(ages, 0))
    for page in reports.write_offs_with_basis(tx, within):
        for row in page:
            found = sums[row.month, row.opco, row.currency]
            for age, minor in _aged(row):
                found[age] += minor
    return Report(
        name="ageing",
        columns=["month", "opco", "currency", *ages, "amount"],
        rows=[
            {
                "month": key[0],
                "opco": key[1],
                "currency": key[2],
                **{age: amount(sums[key][age], key[2]) for age in ages},
                "amount": amount(sum(sums[key].values()), key[2]),
            }
            for key in sorted(sums)
        ],
    )


def _aged(row: AnyRow) -> Iterable[tuple[str, int]]:
    """Yield the age of each part of a receivable that was credited."""
    bills = {
        bill.ft_id: bill.accounting_date
        for debt in _bases.decode(row.basis).debts
        for bill in debt.agreement.financial_transactions
    }
    for source in _sources.decode(row.sources):
        billed = bills.get(source.ft_id) if source.ft_id is not None else None
        yield (UNKNOWN_AGE if billed is None else age((row.transaction_date - billed).days)), source.amount


def age(days: int) -> str:
    """Return the column of a bill of that age."""
    return next((column for last, column in AGES.items() if days <= last), OLDER)


def _report(name: str, columns: Sequence[str], rows: Iterable[AnyRow], money: set[str]) -> Report:
    return Report(
        name=name,
        columns=list(columns),
        rows=[
            {
                column: amount(int(getattr(row, column)), row.currency)
                if column in money
                else _cell(getattr(row, column))
                for column in columns
            }
            for row in rows
        ],
    )


def _cell(value: object) -> Cell:
    return value if isinstance(value, (str, type(None))) else int(str(value))


#: Every report by its name.
REPORTS: Mapping[str, Callable[[Transaction, Range], Report]] = {
    "write-offs": write_offs,
    "ageing": ageing,
    "recoveries": recoveries,
    "reversals": reversals,
    "enforcement": enforcement,
}
