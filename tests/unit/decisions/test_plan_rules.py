"""A plan's digest stands for its figures by what they come from, and by the number of the rules."""

import json
from hashlib import sha256

import pytest

from handlers.planning.figures import RULES
from handlers.planning.planner import plan_item
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody
from tests.unit.decisions.cases import ACCOUNT, cause, contract_account, contract_persons, shipped
from writeoff.case import Case
from writeoff.process import Disposition, ReturnedProduct
from writeoff.standing import after_snapshot

#: Digest of every planned figure of the contract's account, by the number of the rules that made them.
FIGURES = {
    "writeoff-plan-3": {
        "write_off": "7fa2c6b9fb82d44dc115ce3b046e597c0d878c4a7230c861edfd95e5952d2d3d",
        "repossession": "9d0a13d7b4e6be62b953dec7bb4f3185ec7eeec00cb4e976a819b8779508ceee",
        "opt_out": "d4f754458585577aec6130eb528a4f46233eef259e8e56015119c398adf70b11",
    }
}
DISPOSITIONS: tuple[Disposition, ...] = ("write_off", "repossession", "opt_out")


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_other_figures_need_another_number_of_the_rules(disposition: Disposition) -> None:
    """If this fails: raise `RULES`, and write the new figures down under it."""
    account = contract_account()
    returned = ReturnedProduct(
        sa_id=account.service_agreements[0].sa_id,
        product_id=account.service_agreements[0].products[0].product_id,
        quantity=1,
        condition="good",
        fair_value=4_000,
    )
    order = Order(
        request_id="WR-1",
        kind="personal",
        origin="request",
        disposition=disposition,
        reason="unrecoverable",
        comments=None,
        account_id=ACCOUNT,
        returned=(returned,) if disposition == "repossession" else (),
    )
    policy = shipped("RW")
    case = Case(
        cause=cause(request_id="WR-1", origin="request"),
        policy=policy,
        current=policy,
        account=account,
        persons=contract_persons(),
        standing=after_snapshot(account, None, ()),
        agency_debt={},
    )
    plan = plan_item(order, None, ItemBody(), case)
    assert plan.eligible
    figures = {name: value for name, value in plan.fields.items() if name != "policy"}
    assert sha256(json.dumps(figures).encode()).hexdigest() == FIGURES[RULES][disposition]
