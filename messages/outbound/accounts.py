"""What became of an account: written off (R14), or restored by a reversal (R25)."""

from datetime import date
from typing import Annotated, ClassVar

from messages.fields import Amount, Currency
from messages.outbound.data import Caused, ServiceAgreementAmount
from messages.words import Disposition, one_of
from writeoff.value import Value

State = Annotated[str, one_of("pending_activation normal late defaulted inactive")]
RepossessionCategory = Annotated[str, one_of("nothing-recovered partly-recovered fully-recovered")]


class ProductOutcome(Value, frozen=True, kw_only=True):
    """How many of the goods came back, and how many count as lost."""

    sa_id: str
    product_id: str
    returned: int
    lost: int


class AccountWrittenOff(Caused, frozen=True, kw_only=True):
    """The debt is written off; `write_off_agreements` hold it, so that a later payment finds it.

    `still_under_enforcement`: a referral is active (R28). The three repossession fields are null on
    `opt_out`; `repossession_id` also where no repossession was pending.
    """

    type_name: ClassVar[str] = "writeoff.account-written-off.v1"

    account_state: State
    disposition: Disposition
    amount: Amount
    currency: Currency
    write_off_date: date
    write_off_reason: str
    repossession_id: str | None
    repossession_date: date | None
    repossession_category: RepossessionCategory | None
    still_under_enforcement: bool
    write_off_agreements: tuple[ServiceAgreementAmount, ...]
    products: tuple[ProductOutcome, ...]


class RestoredBalance(Value, frozen=True, kw_only=True):
    """What a service agreement owes again."""

    sa_id: str
    balance: Amount


class RestoredProduct(Value, frozen=True, kw_only=True):
    """How many goods the customer is recorded to hold again."""

    sa_id: str
    product_id: str
    restored: int


class AccountRestored(Caused, frozen=True, kw_only=True):
    """The write-off was undone; `recoveries_kept` is what was paid since, and stays."""

    type_name: ClassVar[str] = "writeoff.account-restored.v1"

    reversal_request_id: str
    account_state: State
    currency: Currency
    reason: str
    effective_on: date
    service_agreements: tuple[RestoredBalance, ...]
    recoveries_kept: Amount
    products: tuple[RestoredProduct, ...]
