"""What happened to an account: snapshots, attempts, payments, its debt written off, its goods restored."""

from datetime import date, datetime

from writeoff.account import Account, Attempt, Payment, Person, Standing
from writeoff.effects import Goods
from writeoff.facts.fact import Fact
from writeoff.process import Disposition
from writeoff.value import Value


class SnapshotTaken(Fact, frozen=True, kw_only=True):
    """A newer snapshot of the account replaced the stored one."""

    account: Account
    persons: tuple[Person, ...]


class StandingChanged(Fact, frozen=True, kw_only=True):
    """What the worker keeps beside the snapshot changed; the whole new standing."""

    standing: Standing


class AttemptRecorded(Fact, frozen=True, kw_only=True):
    """A failed repossession was counted (R6)."""

    attempt: Attempt


class PaymentRecorded(Fact, frozen=True, kw_only=True):
    """A payment before a write-off was recorded, and counted where it counts on top of the snapshot (R16)."""

    payment: Payment
    currency: str


class PaymentCanceled(Fact, frozen=True, kw_only=True):
    """A payment did not hold, whether or not it has come yet (R24)."""

    payment_id: str
    canceled_at: datetime
    reason: str


class AccountWrittenOff(Fact, frozen=True, kw_only=True):
    """The last debt of the process was written off; the account is locked and its goods are lost (R14)."""

    account_state: str
    disposition: Disposition
    reason: str
    amount: int
    currency: str
    write_off_date: date
    repossession_id: str | None
    repossession_date: date | None
    repossession_category: str | None
    still_under_enforcement: bool
    write_off_agreements: tuple["HeldByType", ...]
    products: tuple["ProductOutcome", ...]
    #: What of it is referred now, agencies and minor units; none where the process wrote off before.
    referred: tuple[tuple[str, int], ...]


class HeldByType(Value, frozen=True, kw_only=True):
    """What one write-off agreement holds from a process."""

    sa_id: str
    sa_type: str
    amount: int


class ProductOutcome(Value, frozen=True, kw_only=True):
    """What became of goods, quantity by quantity (R14)."""

    sa_id: str
    product_id: str
    returned: int
    lost: int


class AccountRestored(Fact, frozen=True, kw_only=True):
    """A write-off was undone: the agreements owe again, the goods are the customer's again (R25)."""

    reversal_request_id: str
    account_state: str
    currency: str
    reason: str
    balances: tuple[tuple[str, int], ...]
    recoveries_kept: int
    products: tuple[Goods, ...]
