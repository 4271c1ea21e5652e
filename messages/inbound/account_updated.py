"""A whole snapshot of an account, sent by Pulse whenever the account changed."""

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from messages.amounts import digits_of
from messages.checks import refuse_absent, refuse_implausible, refuse_repeated
from messages.fields import Code, Currency, Day, Id, Instant, Name, Number
from messages.inbound.data import InboundData
from messages.inbound.person import Person
from messages.inbound.service_agreement import ServiceAgreement
from messages.malformed import Malformed
from messages.words import AccountState

MAX_PERSONS: Final = 100
MAX_SERVICE_AGREEMENTS: Final = 1_000


class PendingRepossession(msgspec.Struct, frozen=True, kw_only=True):
    """A repossession that is open on the account; absent or null when there is none."""

    repossession_id: Id
    opened_on: Day | None = None


class AccountUpdated(InboundData, frozen=True, kw_only=True):
    """The account as of `as_of`, replacing what was known if `version` is above the stored one (R16)."""

    type_name: ClassVar[str] = "pulse.account-updated.v1"

    account_id: Id
    version: Number
    as_of: Instant
    state: AccountState
    defaulted_on: Day | None = None
    currency: Currency
    customer_class: Code
    fulfilment_centre: Name
    main_customer: Id
    persons: Annotated[tuple[Person, ...], Meta(max_length=MAX_PERSONS)]
    service_agreements: Annotated[tuple[ServiceAgreement, ...], Meta(max_length=MAX_SERVICE_AGREEMENTS)]
    pending_repossession: PendingRepossession | None = None

    def check(self, at: str) -> None:
        """Refuse what contradicts itself: rows given twice, an unknown main customer, unbalanced GL lines."""
        if self.state == "defaulted":
            refuse_absent(self.defaulted_on, f"{at}.defaulted_on", "when the state is defaulted")
        refuse_implausible(self.as_of, f"{at}.as_of")
        refuse_implausible(self.defaulted_on, f"{at}.defaulted_on")
        if self.pending_repossession:
            refuse_implausible(self.pending_repossession.opened_on, f"{at}.pending_repossession.opened_on")
        refuse_repeated((person.person_id for person in self.persons), f"{at}.persons", "person_id")
        if all(person.person_id != self.main_customer for person in self.persons):
            problem = "The main customer is not one of the persons; send that person too."
            raise Malformed(f"{at}.main_customer", problem)
        digits = digits_of(self.currency, f"{at}.currency")
        path = f"{at}.service_agreements"
        refuse_repeated((agreement.sa_id for agreement in self.service_agreements), path, "sa_id")
        for index, agreement in enumerate(self.service_agreements):
            agreement.check(f"{path}[{index}]", digits)
