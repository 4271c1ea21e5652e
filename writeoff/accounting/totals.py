"""What a journal adds to the totals that reports are made of: counts and minor units, by month of posting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from writeoff.accounting.posting import period_of
from writeoff.journal import Source

#: The kinds that write off (R19); a write-down closes a small balance and is none.
WRITE_OFFS = ("write-off", "repossession")
#: The kinds whose lines count.
WITH_LINES = (*WRITE_OFFS, "reversal")
#: Lines that say no source, as stored: inventory on a write-off, the receivable on a reversal (R23).
NO_SOURCES = "[]"
#: Days since the bill, at the write-off: the last age of each column.
AGES = {30: "0-30", 60: "31-60", 90: "61-90", 180: "91-180", 365: "181-365"}
OLDER = "over 365"
#: What no transaction covers has no age.
UNKNOWN_AGE = "no bill"

#: The figures, each of which counts journals and sums minor units.
POSTED, MOVED = "posted", "moved"
WRITTEN_OFF, INVENTORY = "written-off", "inventory"
RECOVERED, BOUNCED = "recovered", "bounced"
REVERSED = "reversed"
#: What of the receivable is of an age: `aged 31-60`.
AGED = "aged "


class TotalKey(NamedTuple):
    """What a total is of; `disposition` and `reason` are empty where no report asks for them."""

    figure: str
    opco: str
    month: str
    currency: str
    disposition: str = ""
    reason: str = ""


class Posted(NamedTuple):
    """What counts of a journal; `basis` is JSON as it is stored, and None where no age is asked for."""

    journal_id: str
    opco: str
    currency: str
    kind: str
    disposition: str
    reason: str
    transaction_date: date
    posting_date: date
    moved_from_period: str | None
    payment_id: str | None
    total_debit_minor: int
    basis: str | None


class Line(NamedTuple):
    """What counts of a line; `sources` is JSON as it is stored."""

    side: str
    amount_minor: int
    sources: str


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


class Sums:
    """Totals by their keys, of however many journals."""

    def __init__(self) -> None:
        self.found: dict[TotalKey, tuple[int, int]] = {}

    def add(self, key: TotalKey, journals: int, amount: int) -> None:
        """Add so many journals and minor units to one total."""
        known = self.found.get(key)
        self.found[key] = (journals, amount) if known is None else (known[0] + journals, known[1] + amount)

    def add_journal(self, journal: Posted, lines: Sequence[Line]) -> None:
        """Add all that one journal counts for; lines are looked at only of kinds `WITH_LINES`."""
        disposition, reason = journal.disposition, journal.reason
        where = (journal.opco, period_of(journal.posting_date), journal.currency)
        total = journal.total_debit_minor
        self.add(TotalKey(POSTED, *where), 1, total)
        if journal.moved_from_period is not None:
            self.add(TotalKey(MOVED, *where), 1, total)
        if journal.kind in WRITE_OFFS:
            inventory = _without_sources(lines)
            self.add(TotalKey(WRITTEN_OFF, *where, disposition, reason), 1, _debits(lines) - inventory)
            if inventory:
                self.add(TotalKey(INVENTORY, *where, disposition, reason), 1, inventory)
            for age, minor in aged(journal, lines):
                self.add(TotalKey(AGED + age, *where), 0, minor)
        elif journal.kind == "recovery":
            self.add(TotalKey(RECOVERED, *where, disposition), 1, total)
        elif journal.kind == "reversal" and journal.payment_id is not None:
            self.add(TotalKey(BOUNCED, *where, disposition), 1, total)
        elif journal.kind == "reversal":
            self.add(TotalKey(REVERSED, *where, disposition), 1, _without_sources(lines))


def _debits(lines: Iterable[Line]) -> int:
    return sum(line.amount_minor for line in lines if line.side == "debit")


def _without_sources(lines: Iterable[Line]) -> int:
    return sum(line.amount_minor for line in lines if line.side == "debit" and line.sources == NO_SOURCES)


def aged(journal: Posted, lines: Iterable[Line]) -> Iterator[tuple[str, int]]:
    """Yield the age of each part of the receivable that was credited, goods that came back included.

    What cannot be read has no age: somebody has changed it, which is the audit's to say, and no report or
    scheduler stops at it.
    """
    bills = _bills(journal.basis)
    for line in lines:
        if line.side != "credit":
            continue
        try:
            sources = _sources.decode(line.sources)
        except msgspec.DecodeError:
            yield UNKNOWN_AGE, line.amount_minor
            continue
        for source in sources:
            billed = bills.get(source.ft_id) if source.ft_id is not None else None
            days = None if billed is None else (journal.transaction_date - billed).days
            yield (UNKNOWN_AGE if days is None else age(days)), source.amount


def _bills(basis: str | None) -> Mapping[str, date]:
    """Return the days of the bills that a journal was decided on."""
    try:
        debts = _bases.decode(basis or "").debts
    except msgspec.DecodeError:
        return {}
    return {
        bill.ft_id: bill.accounting_date for debt in debts for bill in debt.agreement.financial_transactions
    }


def age(days: int) -> str:
    """Return the column of a bill of that age."""
    return next((column for last, column in AGES.items() if days <= last), OLDER)
