"""Moves the whole debt of each agreement to a write-off agreement of one type (R11)."""

from collections.abc import Iterable, Sequence

from handlers.kinds.event_kind import EventKind
from handlers.money.written_off import write_off
from writeoff.accounting.write_off import Debt, Ledger, Method, NotCovered, Written
from writeoff.case import EventCase, Part
from writeoff.decision import Apply, Fail
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sa_type`: the write-off agreement's type; its own account is debited."""

    sa_type: str


def method(parameters: Parameters) -> Method:
    """Return how debts become lines."""

    def by_sa_type(ledger: Ledger, debts: Sequence[Debt]) -> Written | NotCovered:
        return ledger.by_sa_type(debts, parameters.sa_type)

    return by_sa_type


def decide(case: EventCase, parameters: Parameters) -> Apply | Fail:
    """Post the journal; transactions need not cover the debt."""
    return write_off(case, method(parameters))


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The type must be one of the policy's write-off types."""
    if parameters.sa_type not in policy.write_off_sa_types:
        yield f"parameters.sa_type: {parameters.sa_type!r} is not one of the policy's write-off SA types"


KIND = EventKind(
    name="write-off-sa-type",
    parameters=Parameters,
    decide=decide,
    needs=Part.SNAPSHOT | Part.REFERRALS | Part.BUCKETS | Part.PERIODS,
    check=check,
    waits_while_held=True,
    posts=True,
    method=method,
)
