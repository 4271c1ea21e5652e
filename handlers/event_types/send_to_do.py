"""Makes a to-do entry; with a debt threshold, only at or above it (R11)."""

from collections.abc import Iterable

from handlers.kinds.event_kind import EventKind
from handlers.reading import thresholds
from handlers.wording.todos import todo
from writeoff.case import EventCase, Part
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configured `todo_type`; its role and priority unless given; `threshold` as a decimal string."""

    todo_type: str
    role: str | None = None
    priority: int | None = None
    threshold: str | None = None


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Make the to-do unless the debt is below the threshold."""
    if not thresholds.reached(case, parameters.threshold):
        return Apply(facts=())
    return Apply(
        facts=(
            todo(
                case,
                todo_type=parameters.todo_type,
                key=("event", case.event.sequence),
                amount=case.amount,
                sequence=case.event.sequence,
                role=parameters.role,
                priority=parameters.priority,
            ),
        )
    )


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The to-do type must be configured, the threshold an amount of the policy's currency."""
    if parameters.todo_type not in policy.todo_types:
        yield f"parameters.todo_type: {parameters.todo_type!r} is not one of the policy's to-do types"
    yield from thresholds.check(parameters.threshold, policy)


KIND = EventKind(
    name="send-to-do",
    parameters=Parameters,
    decide=decide,
    needs=Part.REFERRALS | Part.BUCKETS,
    check=check,
)
