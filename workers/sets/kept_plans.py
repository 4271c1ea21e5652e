"""Plans that are kept, beside the cases of what holds to them (R4)."""

import msgspec

from store.engine.transaction import Transaction
from store.work import plans
from writeoff.case import Case


def with_plan(tx: Transaction, case: Case, plan_digest: str | None) -> Case:
    """Return the case with what a plan says of its account; as it is if no plan of that digest is kept."""
    account_id = case.cause.account_id
    if plan_digest is None or account_id is None:
        return case
    for each in plans.planned(tx, case.cause.opco, plan_digest):
        if each.account_id == account_id:
            return msgspec.structs.replace(case, planned=each.fields)
    return case
