"""The letter consumer: one request for each customer contact that has recipients (R11)."""

from handlers.kinds.projection import Addressed, Consumer, addressed, amounts, caused
from messages import destinations
from messages.outbound import LetterCorrectionRequested, LetterRequested
from messages.outbound.person import Addressee, PostalAddress
from writeoff.account import Person
from writeoff.facts import ContactRecorded, LetterCorrected
from writeoff.money import render


def letter_requested(fact: ContactRecorded) -> tuple[Addressed, ...]:
    """Ask for the letter; without recipients there is none."""
    if not fact.recipients:
        return ()
    data = LetterRequested(
        **caused(fact),
        contact_id=fact.contact_id,
        event_sequence=fact.event_sequence,
        person=addressee(fact.person),
        recipients=tuple(addressee(person) for person in fact.recipients),
        contact_class=fact.contact_class,
        contact_type=fact.contact_type,
        letter_template=fact.letter_template,
        letter_date=fact.cause.on,
        disposition=fact.disposition,
        reason=fact.reason,
        agency=fact.agency,
        service_agreements=amounts(fact.agreements, fact.currency),
        amount=render(fact.amount, fact.currency),
        currency=fact.currency,
    )
    return (addressed(fact, destinations.LETTER, data, fact.contact_id),)


def correction_requested(fact: LetterCorrected) -> tuple[Addressed, ...]:
    """Ask for the letter that says that an earlier one no longer holds, to whom that went (R25)."""
    letter = fact.letter
    data = LetterCorrectionRequested(
        **caused(fact),
        contact_id=fact.contact_id,
        event_sequence=letter.event_sequence,
        person=addressee(letter.person),
        recipients=tuple(addressee(person) for person in letter.recipients),
        contact_class=fact.contact_class,
        contact_type=fact.contact_type,
        letter_template=fact.letter_template,
        letter_date=fact.cause.on,
        disposition=fact.disposition,
        reason=fact.reason,
        agency=letter.agency,
        service_agreements=amounts(letter.agreements, fact.currency),
        amount=render(letter.amount, fact.currency),
        currency=fact.currency,
        corrects_contact_id=letter.contact_id,
    )
    return (addressed(fact, destinations.LETTER, data, fact.contact_id),)


def addressee(person: Person) -> Addressee:
    """Return a person as a letter needs them."""
    return Addressee(
        person_id=person.person_id,
        name=person.name,
        language=person.language,
        channel=person.channel,
        phone=person.phone,
        email=person.email,
        address=address(person),
    )


def address(person: Person) -> PostalAddress | None:
    """Return where a person can be written to, if it is known."""
    known = person.address
    if known is None:
        return None
    return PostalAddress(lines=known.lines, city=known.city, postcode=known.postcode, country=known.country)


CONSUMER = Consumer(
    name="letter", projections={ContactRecorded: letter_requested, LetterCorrected: correction_requested}
)
