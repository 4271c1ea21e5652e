"""Customer contacts: a letter request for each person written to (R11)."""

from handlers.wording.todos import todo_for
from writeoff import identity
from writeoff.account import Person
from writeoff.case import EventCase
from writeoff.facts import ContactRecorded, Fact
from writeoff.process import Agreement


def contacts(case: EventCase, people: tuple[Person, ...], contact_type: str) -> tuple[Fact, ...]:
    """Record a contact with each of the people, and one to-do if there is nobody to write about or to."""
    configured = case.policy.contact_types[contact_type]
    sequence = case.event.sequence
    debt = case.debt()
    amount = sum(debt.values())
    recipients = tuple(person for person in case.persons if person.receives_notifications)
    referral = case.active_referral
    facts: list[Fact] = [
        ContactRecorded(
            cause=case.cause,
            contact_id=identity.derive("contact", case.process.process_id, sequence, person.person_id),
            event_sequence=sequence,
            person=person,
            recipients=recipients,
            contact_class=configured.contact_class,
            contact_type=configured.code,
            letter_template=configured.letter_template,
            disposition=case.process.disposition,
            reason=case.process.reason,
            agency=referral.agency if referral else None,
            agreements=tuple(
                Agreement(sa_id=each.sa_id, sa_type=each.sa_type, amount=debt[each.sa_id])
                for each in case.process.agreements
                if each.sa_id in debt
            ),
            amount=amount,
            currency=case.process.currency,
        )
        for person in people
    ]
    if not people or not recipients:
        facts.append(todo_for(case, "no-recipient", sequence, amount=amount, sequence=sequence))
    return tuple(facts)
