"""The books: journals, tax claims, periods (R19 to R24)."""

from datetime import date

from writeoff.facts.fact import Fact
from writeoff.journal import Bucket, Journal, Movement
from writeoff.value import Value


class JournalPosted(Fact, frozen=True, kw_only=True):
    """A balanced journal was posted; `buckets` are what it put into write-off agreements (R19).

    `movements` are what it took out of buckets that were there, or put back (R24, R25).
    """

    journal: Journal
    buckets: tuple[Bucket, ...]
    movements: tuple[Movement, ...] = ()


class ClaimedTax(Value, frozen=True, kw_only=True):
    """What a claim takes of one bucket, in minor units."""

    bucket_id: str
    distribution_code: str
    accounting_date: date
    amount: int


class TaxClaimRecorded(Fact, frozen=True, kw_only=True):
    """Relief of tax on written-off debt was claimed from the tax office, under its reference (R24)."""

    reference: str
    claimed_on: date
    parts: tuple[ClaimedTax, ...]


class PeriodClosed(Fact, frozen=True, kw_only=True):
    """An accounting period, such as `2026-11`, takes no more postings (R22)."""

    period: str


class PeriodOpened(Fact, frozen=True, kw_only=True):
    """A closed period takes postings again (R22)."""

    period: str
