"""An example to copy: how to write an algorithm of your own for a `generic` event.

1. Copy this file to `handlers/algorithms/<your_name>.py`; nothing else need change, it is found by itself.
2. Name it in `ALGORITHM`, and describe its parameters as a `Value`: unknown ones are then refused at start.
3. Write `decide`. It sees `case` (account snapshot, standing, process, referrals, buckets, policy, business
   date) and nothing else: no clock, no database, no network. That is what lets a plan run it without effect.
4. Return `Apply` with facts (`writeoff/facts/`); the executor stores them and tells the consumers. Ids come
   from `writeoff.identity.derive` or a builder such as `todo`, never from chance. Return `Fail` with a reason
   when the event cannot be done as things are: it stops the process until somebody has looked.
5. Name it in a policy: `kind = "generic"`, `parameters = { algorithm = "...", parameters = { ... } }`.

This one asks somebody to look at accounts that have been in default for very long.
"""

from collections.abc import Iterable

from handlers.kinds.algorithm import Algorithm
from handlers.wording.todos import todo
from writeoff.case import EventCase
from writeoff.decision import Apply
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days` in default from which on somebody shall look; `todo_type` as configured."""

    days: int
    todo_type: str


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Make a to-do when the account has been in default for at least so many days."""
    defaulted_on = case.account.defaulted_on if case.account else None
    if defaulted_on is None or (case.today - defaulted_on).days < parameters.days:
        return Apply(facts=())
    sequence = case.event.sequence
    return Apply(
        facts=(
            todo(
                case,
                todo_type=parameters.todo_type,
                key=("long-in-default", sequence),
                amount=case.amount,
                sequence=sequence,
                detail=f"in default since {defaulted_on.isoformat()}",
            ),
        )
    )


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The to-do type must be configured, the days above zero."""
    if parameters.todo_type not in policy.todo_types:
        yield f"parameters.todo_type: {parameters.todo_type!r} is not one of the policy's to-do types"
    if parameters.days <= 0:
        yield "parameters.days: must be above zero"


ALGORITHM = Algorithm(name="example-copy-me", parameters=Parameters, decide=decide, check=check)
