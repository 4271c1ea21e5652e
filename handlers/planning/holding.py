"""Holding a request to its plan: nothing is done that was not planned (R4)."""

from collections.abc import Mapping

import msgspec

from handlers.planning.figures import differences, plan_digest
from handlers.planning.planner import digest_of, plan_of
from handlers.starting.opening import Order
from handlers.starting.requests import ItemOutcome, refused_instead
from writeoff.case import Case
from writeoff.facts import Difference
from writeoff.value import Value

#: Code of a refusal of a request, or of an account that moved after its request had been compared.
PLAN_CHANGED = "plan-changed"
#: Differences that an answer tells; more are counted in its message.
MOST_DIFFERENCES = 1_000


class Held(Value, frozen=True, kw_only=True):
    """An outcome, the digest of the plan that it carries out, and the differences it was refused for."""

    outcome: ItemOutcome
    account_id: str
    digest: str
    differences: tuple[Difference, ...] = ()

    @property
    def present(self) -> str:
        """The digest of the plan as it would be made now, of this account alone."""
        return plan_digest([(self.account_id, self.digest)])


def hold_to_account(order: Order, outcome: ItemOutcome, case: Case, planned: str | None) -> Held:
    """Return the outcome as it is if its figures are those of the digest `planned`, or if there is none."""
    held = Held(outcome=outcome, account_id=order.account_id, digest=digest_of(outcome, case))
    return held if planned is None or held.digest == planned else _refused(order, held, case, None)


def hold_to_plan(
    order: Order, outcome: ItemOutcome, case: Case, digest: str, planned: Mapping[str, str] | None
) -> Held:
    """Do the same for the only account of a request whose plan has that digest.

    `planned` are the figures of that plan, where they are kept.
    """
    held = Held(outcome=outcome, account_id=order.account_id, digest=digest_of(outcome, case))
    return held if held.present == digest else _refused(order, held, case, planned)


def _refused(order: Order, held: Held, case: Case, planned: Mapping[str, str] | None) -> Held:
    found: tuple[Difference, ...] = ()
    if planned is not None:
        found = differences(order.account_id, planned, plan_of(order.account_id, held.outcome, case).fields)
    message = f"Account {order.account_id} is no longer as it was planned; plan it again."
    refused = refused_instead(held.outcome, order.account_id, PLAN_CHANGED, message)
    return msgspec.structs.replace(held, outcome=refused, differences=found[:MOST_DIFFERENCES])


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
