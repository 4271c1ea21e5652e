"""Debt with agencies: placed, changed, ended, and what agencies said of it (R11, R26)."""

from datetime import date
from typing import Literal

from writeoff.account import Person, Product
from writeoff.facts.fact import Fact
from writeoff.process import Agreement

ReferralEndReason = Literal["paid", "cancellation", "rejected", "uncollectible"]


class ReferralPlaced(Fact, frozen=True, kw_only=True):
    """Debt was placed with an agency (history reason `initial`, R11).

    `ordinal` counts the agencies that an event has tried: the next one follows a rejection (R26).
    `enforced`, here and below: the debt had been written off by then (R28).
    """

    referral_id: str
    event_sequence: int
    agency: str
    amount: int
    currency: str
    delinquent_since: date | None
    customer_class: str
    fulfilment_centre: str
    debtors: tuple[Person, ...]
    agreements: tuple[Agreement, ...]
    products: tuple[tuple[str, Product], ...]
    comments: str | None
    enforced: bool
    ordinal: int = 1


class ReferralChanged(Fact, frozen=True, kw_only=True):
    """The referred amount changed without becoming zero (R26)."""

    referral_id: str
    agency: str
    history_sequence: int
    amount: int
    previous: int
    currency: str
    reason: str
    payment_id: str | None
    enforced: bool


class ReferralClosed(Fact, frozen=True, kw_only=True):
    """A referral ended (R26): debt `paid`; `cancellation`, which recalls it; or given back by the agency."""

    referral_id: str
    agency: str
    history_sequence: int
    end: ReferralEndReason
    previous: int
    currency: str
    reason: str
    payment_id: str | None
    enforced: bool


class ReferralReplied(Fact, frozen=True, kw_only=True):
    """An agency said something about a referral: a note beside its history (R26).

    `sequence` counts the replies to this referral. `amount` (minor units) is what the agency names; no money
    is booked from it. `acknowledges_recall`: the agency has stopped (R9).
    """

    referral_id: str
    agency: str
    sequence: int
    reply: str
    agency_reference: str | None
    amount: int | None
    reason: str | None
    acknowledges_recall: bool
