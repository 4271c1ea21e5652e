"""Letters: the request for one, and the one that corrects it (R11, R25)."""

from datetime import date
from typing import ClassVar

from messages.fields import Amount, Currency
from messages.outbound.data import Caused, ServiceAgreementAmount
from messages.outbound.person import Addressee
from messages.words import Disposition


class LetterRequested(Caused, frozen=True, kw_only=True):
    """Write about `person`, who owes, to all `recipients`; one message for each customer contact."""

    type_name: ClassVar[str] = "writeoff.letter-requested.v1"

    contact_id: str
    event_sequence: int
    person: Addressee
    recipients: tuple[Addressee, ...]
    contact_class: str
    contact_type: str
    letter_template: str
    letter_date: date
    disposition: Disposition
    reason: str
    agency: str | None
    service_agreements: tuple[ServiceAgreementAmount, ...]
    amount: Amount
    currency: Currency


class LetterCorrectionRequested(Caused, frozen=True, kw_only=True):
    """Write that the letter of `corrects_contact_id` no longer holds, to whom it went."""

    type_name: ClassVar[str] = "writeoff.letter-correction-requested.v1"

    contact_id: str
    event_sequence: int
    person: Addressee
    recipients: tuple[Addressee, ...]
    contact_class: str
    contact_type: str
    letter_template: str
    letter_date: date
    disposition: Disposition
    reason: str
    agency: str | None
    service_agreements: tuple[ServiceAgreementAmount, ...]
    amount: Amount
    currency: Currency
    corrects_contact_id: str
