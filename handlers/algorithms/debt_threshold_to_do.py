"""A to-do for somebody senior when the debt is at or above a threshold."""

from collections.abc import Iterable

from handlers.kinds.algorithm import Algorithm
from handlers.reading import thresholds
from handlers.wording.todos import todo
from writeoff.case import EventCase
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`threshold` as a decimal string in the opco's currency; `todo_type` as configured."""

    threshold: str
    todo_type: str


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Make the to-do unless the debt is below the threshold."""
    if not thresholds.reached(case, parameters.threshold):
        return Apply(facts=())
    sequence = case.event.sequence
    return Apply(
        facts=(
            todo(
                case,
                todo_type=parameters.todo_type,
                key=("debt-threshold", sequence),
                amount=case.amount,
                sequence=sequence,
            ),
        )
    )


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The to-do type must be configured, the threshold an amount."""
    if parameters.todo_type not in policy.todo_types:
        yield f"parameters.todo_type: {parameters.todo_type!r} is not one of the policy's to-do types"
    yield from thresholds.check(parameters.threshold, policy)


ALGORITHM = Algorithm(name="debt-threshold-to-do", parameters=Parameters, decide=decide, check=check)
