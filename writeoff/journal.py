"""Journals, their lines and sources, and the buckets that hold written-off debt (R19, R22, R23)."""

from datetime import date
from typing import Literal

from writeoff import identity
from writeoff.account import Side
from writeoff.errors import JournalUnbalanced
from writeoff.process import Disposition
from writeoff.value import Value

#: A journal has two lines or more (R22).
FEWEST_LINES = 2

JournalKind = Literal["write-off", "repossession", "write-down", "recovery", "reversal"]


class Source(Value, frozen=True, kw_only=True):
    """Where part of a line comes from: a code of an FT; `ft_id` is null where no FT covers it (R23)."""

    sa_id: str
    ft_id: str | None
    distribution_code: str
    amount: int


class JournalLine(Value, frozen=True, kw_only=True):
    """One side of a journal; `amount` in minor units, above zero."""

    side: Side
    gl_account: str
    distribution_code: str
    amount: int
    sa_id: str | None
    claimable_from: date | None = None
    claimable_until: date | None = None
    repay_by: date | None = None
    sources: tuple[Source, ...] = ()


class Bucket(Value, frozen=True, kw_only=True):
    """Written-off debt that a write-off agreement holds, per agreement and code it came from (R24).

    `held` (minor units) is what is left of `written_off` after recoveries and reversals; of it, `claimed` is
    tax whose relief has been claimed (R24). `position` orders the buckets of a write-off as its lines are.
    """

    process_id: str
    from_sa_id: str
    write_off_sa_id: str
    write_off_sa_type: str
    distribution_code: str
    accounting_date: date | None
    gl_account: str
    treatment: str
    written_off: int
    held: int
    claimed: int = 0
    position: int = 0

    @property
    def bucket_id(self) -> str:
        """The id, of everything that makes it a bucket of its own (R12)."""
        return identity.derive(
            "bucket",
            self.process_id,
            self.from_sa_id,
            self.write_off_sa_id,
            self.distribution_code,
            self.accounting_date,
            self.gl_account,
        )


class Movement(Value, frozen=True, kw_only=True):
    """What a journal put back into a bucket (`amount` above zero), or took out of it (below), in minor units.

    `gl_account` and `distribution_code` name the line that went with it: where a recovery credited another
    account than the write-off debited, a reversal moves that too (R25). `claimed` is tax whose relief was.
    """

    bucket_id: str
    amount: int
    gl_account: str
    distribution_code: str
    claimed: bool = False


class Journal(Value, frozen=True, kw_only=True):
    """A balanced set of lines in one currency; `leg` tells several journals of one cause apart (R22).

    `basis` is what the figures were decided on, as bytes, so that they can be computed again (R23).
    """

    journal_id: str
    kind: JournalKind
    leg: str
    event_sequence: int | None
    disposition: Disposition
    reason: str
    description: str
    fulfilment_centre: str
    transaction_date: date
    posting_date: date
    moved_from_period: str | None
    currency: str
    lines: tuple[JournalLine, ...]
    policy_digest: str
    basis: bytes
    reverses_journal_id: str | None = None
    payment_id: str | None = None

    @property
    def period(self) -> str:
        """The accounting period, `2026-11`."""
        return self.posting_date.strftime("%Y-%m")

    @property
    def total(self) -> int:
        """The sum of the debits, which equals the sum of the credits (minor units)."""
        return sum(line.amount for line in self.lines if line.side == "debit")


class Posted(Value, frozen=True, kw_only=True):
    """A journal of the ledger, as far as the one that reverses it is composed from it."""

    journal_id: str
    event_sequence: int | None
    fulfilment_centre: str
    lines: tuple[JournalLine, ...]


def checked(journal: Journal) -> Journal:
    """Return the journal if it balances, every amount above zero; else raise `JournalUnbalanced` (R22)."""
    debit = journal.total
    credit = sum(line.amount for line in journal.lines if line.side == "credit")
    complete = len(journal.lines) >= FEWEST_LINES and all(line.amount > 0 for line in journal.lines)
    if debit != credit or not complete:
        raise JournalUnbalanced(f"journal {journal.journal_id}: debits {debit}, credits {credit}")
    return journal
