"""Holding a request to its plan: nothing is done that was not planned (R4)."""

from collections.abc import Mapping

from handlers.opening import Order
from handlers.planning.figures import differences, plan_digest
from handlers.planning.plan import AccountPlan
from handlers.planning.planner import plan_of
from handlers.requests import ItemOutcome, refused_instead
from writeoff.case import Case
from writeoff.facts import Difference
from writeoff.value import Value

#: Code of a refusal of a request, or of an account that moved after its request had been compared.
PLAN_CHANGED = "plan-changed"
#: Differences that an answer tells; more are counted in its message.
MOST_DIFFERENCES = 1_000


class Held(Value, frozen=True, kw_only=True):
    """An outcome, the plan that it carries out, and the differences where it had to be refused for them."""

    outcome: ItemOutcome
    plan: AccountPlan
    differences: tuple[Difference, ...] = ()

    @property
    def present(self) -> str:
        """The digest of the plan as it would be made now, of this account alone."""
        return plan_digest([(self.plan.account_id, self.plan.digest)])


def hold_to_account(order: Order, outcome: ItemOutcome, case: Case, planned: str | None) -> Held:
    """Return the outcome as it is if its figures are those of the digest `planned`, or if there is none."""
    plan = plan_of(order.account_id, outcome, case)
    if planned is None or plan.digest == planned:
        return Held(outcome=outcome, plan=plan)
    return _refused(order, outcome, plan, None)


def hold_to_plan(
    order: Order, outcome: ItemOutcome, case: Case, digest: str, planned: Mapping[str, str] | None
) -> Held:
    """Do the same for the only account of a request whose plan has that digest.

    `planned` are the figures of that plan, where they are kept.
    """
    plan = plan_of(order.account_id, outcome, case)
    held = Held(outcome=outcome, plan=plan)
    return held if held.present == digest else _refused(order, outcome, plan, planned)


def _refused(
    order: Order, outcome: ItemOutcome, plan: AccountPlan, planned: Mapping[str, str] | None
) -> Held:
    found = differences(order.account_id, planned, plan.fields) if planned is not None else ()
    message = f"Account {order.account_id} is no longer as it was planned; plan it again."
    refused = refused_instead(outcome, order.account_id, PLAN_CHANGED, message)
    return Held(outcome=refused, plan=plan, differences=found[:MOST_DIFFERENCES])


def explained(differing: int | None, told: int) -> str:
    """Return the message of a request that is refused for its plan; `differing` accounts, if it is known."""
    if differing is None:
        return (
            "The request is not as it was planned. The plan's figures are not kept here, so what has changed "
            "cannot be told: plan it again."
        )
    accounts = "1 account is" if differing == 1 else f"{differing:,} accounts are"
    shown = f"; the first {told:,} differences are listed" if told >= MOST_DIFFERENCES else ""
    return f"{accounts} no longer as planned{shown}. Nothing was written off: plan the request again."
