"""An account as Pulse last described it, and what the worker keeps beside that."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from writeoff.value import Value

AccountState = Literal["pending_activation", "normal", "late", "defaulted", "inactive"]
Side = Literal["debit", "credit"]


class GlDetail(Value, frozen=True, kw_only=True):
    """One line of a financial transaction: `amount` (minor units, > 0) on a distribution code."""

    distribution_code: str
    side: Side
    amount: int


class FinancialTransaction(Value, frozen=True, kw_only=True):
    """A bill, payment or adjustment on a service agreement; `amount` in minor units, signed (R18)."""

    ft_id: str
    kind: str
    accounting_date: date
    amount: int
    canceled: bool = False
    gl: tuple[GlDetail, ...] = ()
    payment_id: str | None = None
    reverses_ft_id: str | None = None


class Product(Value, frozen=True, kw_only=True):
    """Goods that the customer holds under a service agreement."""

    product_id: str
    name: str | None
    quantity: int


class ChargedOff(Value, frozen=True, kw_only=True):
    """The part of an agreement's debt that was expensed earlier (minor units), and the account it went to."""

    amount: int
    gl_account: str


class ServiceAgreement(Value, frozen=True, kw_only=True):
    """One contract of the account with a balance of its own (minor units; above zero = debt)."""

    sa_id: str
    sa_type: str
    status: str
    balance: int
    products: tuple[Product, ...] = ()
    financial_transactions: tuple[FinancialTransaction, ...] = ()
    charged_off: ChargedOff | None = None


class Address(Value, frozen=True, kw_only=True):
    """Where a person can be written to."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    postcode: str | None = None
    country: str | None = None


class Person(Value, frozen=True, kw_only=True):
    """A person on the account, with contact data: kept in `persons` and in message bodies alone."""

    person_id: str
    name: str
    financially_responsible: bool
    receives_notifications: bool
    language: str | None = None
    channel: str | None = None
    phone: str | None = None
    email: str | None = None
    address: Address | None = None


class PendingRepossession(Value, frozen=True, kw_only=True):
    """A repossession that Pulse has opened and not closed."""

    repossession_id: str
    opened_on: date | None = None


class Account(Value, frozen=True, kw_only=True):
    """The snapshot: an account at `version`, as of `as_of`, without its persons."""

    opco: str
    account_id: str
    version: int
    as_of: datetime
    state: AccountState
    defaulted_on: date | None
    currency: str
    customer_class: str
    fulfilment_centre: str
    main_customer: str
    service_agreements: tuple[ServiceAgreement, ...]
    pending_repossession: PendingRepossession | None = None

    def agreement(self, sa_id: str) -> ServiceAgreement | None:
        """Return the service agreement with that id, or None."""
        return next((sa for sa in self.service_agreements if sa.sa_id == sa_id), None)


class WriteDown(Value, frozen=True, kw_only=True):
    """A small balance that we closed (R7): counts on top of snapshots that are not newer than `at`."""

    sa_id: str
    amount: int
    at: datetime


class Restored(Value, frozen=True, kw_only=True):
    """An agreement that owes again after a reversal; snapshots not newer than `at` cannot know (R25)."""

    sa_id: str
    at: datetime


class Standing(Value, frozen=True, kw_only=True):
    """What the worker knows of an account beside the snapshot; it changes under the account's lock alone.

    `balances` is the debt per service agreement in minor units: the snapshot, less the payments that count on
    top of it (R16), less what has been written down or written off (R7, R15). `state_before` is the state
    that the lock of a write-off hides, and that a reversal gives back.
    """

    state: AccountState
    balances: Mapping[str, int]
    locked_by: str | None = None
    state_before: AccountState | None = None
    written_off_agreements: tuple[str, ...] = ()
    write_downs: tuple[WriteDown, ...] = ()
    restored: tuple[Restored, ...] = ()
    hold_until: date | None = None
    holds: int = 0
    holds_since: date | None = None

    def held_on(self, on: date) -> bool:
        """Tell whether a promise to pay holds referral and write-off events on that business date (R6)."""
        return self.hold_until is not None and on < self.hold_until


class Payment(Value, frozen=True, kw_only=True):
    """A payment, with how it was laid on the agreements (minor units).

    Without allocations it came before any snapshot, or in another currency than the account's.

    `counted` is False when the snapshot it met had it already, or was newer (R16). One that came
    `after_write_off` counts as far as it was laid on agreements, and no further (R24).
    """

    payment_id: str
    received_at: datetime
    amount: int
    allocations: Mapping[str, int]
    counted: bool
    currency: str | None = None
    after_write_off: bool = False
    collected_by: str | None = None


class Attempt(Value, frozen=True, kw_only=True):
    """A failed repossession: a visit that did not bring the goods back (R6).

    `message_id` is the message it came with; `decided` once it has led to a request of its own.
    """

    attempt_id: str
    repossession_id: str
    attempted_at: datetime
    attempted_by: str
    reason: str
    promised_to_pay_on: date | None = None
    message_id: str
    correlation_id: str
    decided: bool = False
