"""What a customer felt of an event: a demerit, a letter, and their ends."""

from datetime import date

from writeoff.account import Person
from writeoff.effects import Letter
from writeoff.facts.fact import Fact
from writeoff.process import Agreement, Disposition


class DemeritRecorded(Fact, frozen=True, kw_only=True):
    """A demerit lowers the credit rating and raises the cash-only score for some months."""

    demerit_id: str
    event_sequence: int
    credit_rating_points: int
    cash_only_points: int
    effective_from: date
    effective_to: date


class DemeritEnded(Fact, frozen=True, kw_only=True):
    """A demerit counts no longer than `effective_to` (R25)."""

    demerit_id: str
    effective_to: date
    reason: str


class ContactRecorded(Fact, frozen=True, kw_only=True):
    """A financially responsible person was written to; without recipients no letter follows (R11)."""

    contact_id: str
    event_sequence: int
    person: Person
    recipients: tuple[Person, ...]
    contact_class: str
    contact_type: str
    letter_template: str
    disposition: Disposition
    reason: str
    agency: str | None
    agreements: tuple[Agreement, ...]
    amount: int
    currency: str


class LetterCorrected(Fact, frozen=True, kw_only=True):
    """Everybody who got a letter is told that it no longer holds: a contact of its own (R25)."""

    contact_id: str
    letter: Letter
    contact_class: str
    contact_type: str
    letter_template: str
    disposition: Disposition
    reason: str
    currency: str
