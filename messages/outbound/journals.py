"""Journals: what the general ledger posts (R19 to R25)."""

from datetime import date
from typing import ClassVar, Literal

from messages.fields import Amount, Currency
from messages.outbound.data import Caused
from messages.words import Disposition, Side
from writeoff.value import Value


class JournalSource(Value, frozen=True, kw_only=True):
    """How much of a line came from where; without `ft_id` the source is a bucket (R23)."""

    sa_id: str
    ft_id: str | None
    distribution_code: str
    amount: Amount


class JournalLine(Value, frozen=True, kw_only=True):
    """One side of the entry; the dates are set on tax relief alone (R19, R24)."""

    line: int
    side: Side
    gl_account: str
    distribution_code: str
    amount: Amount
    sa_id: str | None
    claimable_from: date | None
    claimable_until: date | None
    repay_by: date | None
    sources: tuple[JournalSource, ...]


class JournalPosted(Caused, frozen=True, kw_only=True):
    """A balanced journal, never changed afterwards; a reversal names it in `reverses_journal_id`.

    `period` and `moved_from_period` are months such as `2026-11` (R22).
    """

    type_name: ClassVar[str] = "writeoff.journal-posted.v1"

    journal_id: str
    kind: Literal["write-off", "repossession", "write-down", "recovery", "reversal"]
    reverses_journal_id: str | None
    event_sequence: int | None
    payment_id: str | None
    disposition: Disposition | None
    reason: str
    description: str
    fulfilment_centre: str
    transaction_date: date
    posting_date: date
    period: str
    moved_from_period: str | None
    currency: Currency
    lines: tuple[JournalLine, ...]
    total_debit: Amount
    total_credit: Amount
    policy_version: str
