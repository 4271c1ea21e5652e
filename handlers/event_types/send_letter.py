"""Writes to every financially responsible person of the account (R11)."""

from collections.abc import Iterable

from handlers.kinds.event_kind import EventKind
from handlers.wording.letters import contacts
from writeoff.case import EventCase, Part
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`contact_type` sets the contact's class and the letter."""

    contact_type: str


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Record the contacts; each asks for a letter if anybody receives notifications."""
    responsible = tuple(person for person in case.persons if person.financially_responsible)
    return Apply(facts=contacts(case, responsible, parameters.contact_type))


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The contact type must be configured."""
    if parameters.contact_type not in policy.contact_types:
        yield f"parameters.contact_type: {parameters.contact_type!r} is not one of the policy's contact types"


KIND = EventKind(
    name="send-letter",
    parameters=Parameters,
    decide=decide,
    needs=Part.PERSONS | Part.REFERRALS | Part.BUCKETS,
    check=check,
)
