"""A last letter to the main customer alone, while there is still something to pay."""

from collections.abc import Iterable

from handlers.kinds.algorithm import Algorithm
from handlers.wording.letters import contacts
from writeoff.case import EventCase
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`contact_type` as configured; it sets the letter."""

    contact_type: str


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Write to the main customer if the debt is not yet written off."""
    owed = any(case.standing.balances.get(each.sa_id, 0) > 0 for each in case.process.agreements)
    main = case.account.main_customer if case.account else None
    people = tuple(person for person in case.persons if person.person_id == main)
    if not owed or not people:
        return Apply(facts=())
    return Apply(facts=contacts(case, people, parameters.contact_type))


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The contact type must be configured."""
    if parameters.contact_type not in policy.contact_types:
        yield f"parameters.contact_type: {parameters.contact_type!r} is not one of the policy's contact types"


ALGORITHM = Algorithm(name="demand-final-payment", parameters=Parameters, decide=decide, check=check)
