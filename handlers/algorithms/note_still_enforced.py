"""A to-do while an agency still collects debt that is written off (R28)."""

from collections.abc import Iterable

from handlers.kinds.algorithm import Algorithm
from handlers.wording.todos import todo
from writeoff.case import EventCase
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`todo_type` as configured."""

    todo_type: str


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Make the to-do if a referral is active and debt of this process is held by write-off agreements."""
    held = sum(bucket.held for bucket in case.buckets)
    referral = case.active_referral
    if referral is None or not held:
        return Apply(facts=())
    sequence = case.event.sequence
    return Apply(
        facts=(
            todo(
                case,
                todo_type=parameters.todo_type,
                key=("still-enforced", sequence),
                amount=held,
                sequence=sequence,
                detail=f"{referral.agency} still collects it",
            ),
        )
    )


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The to-do type must be configured."""
    if parameters.todo_type not in policy.todo_types:
        yield f"parameters.todo_type: {parameters.todo_type!r} is not one of the policy's to-do types"


ALGORITHM = Algorithm(name="note-still-enforced", parameters=Parameters, decide=decide, check=check)
