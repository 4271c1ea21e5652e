"""Referrals: what one agency is told about one debt. `history_sequence` orders them (R26)."""

from datetime import date
from typing import ClassVar, Literal

from messages.fields import Amount, Currency
from messages.outbound.data import Caused, ServiceAgreementAmount
from messages.outbound.person import Debtor
from writeoff.value import Value


class ReferredProduct(Value, frozen=True, kw_only=True):
    """Goods the customer holds."""

    sa_id: str
    product_id: str
    name: str
    quantity: int


class ReferralPlaced(Caused, frozen=True, kw_only=True):
    """Collect this debt. `amount` is what counts as referred from now on."""

    type_name: ClassVar[str] = "writeoff.referral-placed.v1"

    referral_id: str
    history_sequence: int
    history_reason: Literal["initial"] = "initial"
    agency: str
    event_sequence: int
    activity_date: date
    amount: Amount
    currency: Currency
    delinquent_since: date | None
    customer_class: str
    fulfilment_centre: str
    debtors: tuple[Debtor, ...]
    service_agreements: tuple[ServiceAgreementAmount, ...]
    products: tuple[ReferredProduct, ...]
    comments: str | None


class ReferralChanged(Caused, frozen=True, kw_only=True):
    """The debt is now `amount`; `payment_id` says by which payment, if by one."""

    type_name: ClassVar[str] = "writeoff.referral-changed.v1"

    referral_id: str
    agency: str
    currency: Currency
    history_sequence: int
    history_reason: Literal["change"] = "change"
    activity_date: date
    amount: Amount
    reason: str
    payment_id: str | None


class ReferralCancelled(Caused, frozen=True, kw_only=True):
    """Stop collecting; reply `recall-acknowledged` if `acknowledgement_wanted` (R9)."""

    type_name: ClassVar[str] = "writeoff.referral-cancelled.v1"

    referral_id: str
    agency: str
    currency: Currency
    history_sequence: int
    history_reason: Literal["cancellation"] = "cancellation"
    activity_date: date
    amount: Amount
    reason: str
    acknowledgement_wanted: bool


class ReferralPaid(Caused, frozen=True, kw_only=True):
    """Stop collecting: nothing is owed any more."""

    type_name: ClassVar[str] = "writeoff.referral-paid.v1"

    referral_id: str
    agency: str
    currency: Currency
    history_sequence: int
    history_reason: Literal["paid"] = "paid"
    activity_date: date
    amount: Amount
    reason: str
    payment_id: str | None
