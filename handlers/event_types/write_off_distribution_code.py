"""Writes the debt off code by code, as it was billed (R18, R19)."""

from collections.abc import Sequence

from handlers.kinds.event_kind import EventKind
from handlers.money.written_off import write_off
from writeoff.accounting.open_items import TakingOrder
from writeoff.accounting.write_off import Debt, Ledger, Method, NotCovered, Written
from writeoff.case import EventCase, Part
from writeoff.decision import Apply, Fail
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`order`: newest transactions first, oldest first, or all in proportion."""

    order: TakingOrder = "lifo"


def method(parameters: Parameters) -> Method:
    """Return how debts become lines."""

    def by_distribution_code(ledger: Ledger, debts: Sequence[Debt]) -> Written | NotCovered:
        return ledger.by_distribution_code(debts, parameters.order)

    return by_distribution_code


def decide(case: EventCase, parameters: Parameters) -> Apply | Fail:
    """Post the journal; or fail when transactions do not cover the debt, or a code is not known."""
    return write_off(case, method(parameters))


KIND = EventKind(
    name="write-off-distribution-code",
    parameters=Parameters,
    decide=decide,
    needs=Part.SNAPSHOT | Part.REFERRALS | Part.BUCKETS | Part.PERIODS,
    waits_while_held=True,
    posts=True,
    method=method,
)
