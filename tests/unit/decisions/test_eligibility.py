"""Who may ask, and which accounts are refused and why: the first reason that applies, in the order of R2."""

from typing import Any

import msgspec
import pytest

from handlers.intake.write_off_requested import too_many
from messages import inbound
from tests.unit.decisions.cases import (
    ACCOUNT,
    TODAY,
    Story,
    account,
    agreement,
    billed,
    envelope,
    example,
    of,
    only,
    owing,
    policy,
    prepared,
    refusals,
    shipped,
)
from writeoff.account import Account
from writeoff.decision import Refuse
from writeoff.facts import (
    JournalPosted,
    ProcessStarted,
    RequestAnswered,
    RequestOpened,
    StandingChanged,
    TodoCreated,
)

GOODS = {"sa_id": "SA-55001", "product_id": "PR-2", "quantity": 1, "condition": "working", "fair_value": "10"}


def refused(story: Story, **changes: Any) -> str | None:
    """Ask for a write-off and return why it is refused; None when a process started."""
    facts = story.ask(**changes)
    reasons = [reason for _, reason in refusals(facts)]
    assert bool(reasons) != bool(of(ProcessStarted, facts))
    return reasons[0] if reasons else None


def request(name: str = "personal", **changes: Any) -> dict[str, Any]:
    document = example("inbound", f"write-off-requested.{name}")
    document["data"] |= changes
    return document


def by(*roles: str) -> dict[str, Any]:
    return {"user_id": "u-1", "roles": list(roles)}


# --- R1: roles ----------


@pytest.mark.parametrize(
    ("name", "roles", "allowed"),
    [
        ("personal", ["admin"], True),
        ("personal", ["back_office_management"], True),
        ("personal", ["field_agent", "admin"], True),
        ("personal", ["field_agent"], False),
        ("personal", [], False),
        ("personal", ["Admin"], False),
        ("bulk", ["admin"], True),
        ("bulk", ["back_office_management"], False),
    ],
)
def test_a_role_allows_what_it_may_ask_for(name: str, roles: list[str], *, allowed: bool) -> None:
    decision = Story(account()).hear(request(name, requested_by=by(*roles)))
    assert (not isinstance(decision, Refuse)) == allowed


def test_whoever_may_not_ask_is_refused_as_such_and_claims_no_request_id() -> None:
    story = Story(account())
    document = request(requested_by=by("field_agent"))
    story.hear(document)
    answer = only(RequestAnswered, story.facts)
    assert (answer.status, answer.refusal, answer.refusals) == ("refused", "not-authorised", ())
    assert "u-1" in (answer.message or "")
    assert of(RequestOpened, story.facts) == []
    assert prepared(document, story.policy).business_key is None


def test_policy_may_narrow_and_widen_the_roles() -> None:
    rules = policy({"roles/personal": ["regional-head"]})
    assert refused(Story(account(), rules), requested_by=by("regional-head")) is None
    decision = Story(account(), rules).hear(request(requested_by=by("admin")))
    assert isinstance(decision, Refuse)


def test_too_many_accounts_are_refused_as_such() -> None:
    few = inbound.parse(envelope(request("bulk")))
    assert isinstance(few, inbound.WriteOffRequested)
    each = few.accounts[0]
    assert not too_many(msgspec.structs.replace(few, accounts=(each,) * 100_000))
    assert too_many(msgspec.structs.replace(few, accounts=(each,) * 100_001))
    row = inbound.parse(envelope(request("repossession")))
    assert isinstance(row, inbound.WriteOffRequested)
    assert not too_many(msgspec.structs.replace(few, accounts=(row.accounts[0],) * 5_000))
    assert too_many(msgspec.structs.replace(few, accounts=(row.accounts[0],) * 5_001))


# --- R2: every refusal by itself ----------


def test_the_contracts_account_is_accepted() -> None:
    assert refused(Story(account())) is None


def test_the_second_mention_in_a_request_is_refused_and_the_first_is_not() -> None:
    rows = [{"account_id": each} for each in ("RW-1", "RW-2", "RW-1", "RW-1")]
    facts = Story().ask("bulk", accounts=rows)
    items = only(RequestOpened, facts).items
    assert [(item.account_id, item.state, item.refusal) for item in items] == [
        ("RW-1", "pending", None),
        ("RW-2", "pending", None),
        ("RW-1", "refused", "duplicate-in-request"),
        ("RW-1", "refused", "duplicate-in-request"),
    ]


def test_another_currency_than_the_opcos_is_refused() -> None:
    assert refused(Story(account(currency="KES"))) == "currency-mismatch"


def test_an_inactive_account_is_terminated_already() -> None:
    assert refused(Story(account(state="inactive"))) == "already-terminated"


def test_a_written_off_account_is_terminated_already_though_another_agreement_owes() -> None:
    story = Story(owing(5_000))
    story.ask()
    story.run_due()
    assert story.account is not None
    another = (*story.account.service_agreements, billed("SA-2", 3_000))
    story.update(msgspec.structs.replace(story.account, version=42, service_agreements=another))
    assert story.standing is not None
    assert story.standing.balances == {"SA-1": 0, "SA-2": 3_000}
    assert refused(story, request_id="WR-2") == "already-terminated"


def test_an_account_has_one_active_process_at_a_time() -> None:
    story = Story(account())
    story.ask()
    assert refused(story, request_id="WR-2") == "process-active"


@pytest.mark.parametrize("state", ["normal", "late", "pending_activation"])
def test_an_account_without_default_and_repossession_is_refused(state: str) -> None:
    assert refused(Story(account(state=state, pending_repossession=None))) == "not-in-default"


def test_a_default_or_a_pending_repossession_is_enough() -> None:
    assert refused(Story(account(state="late"))) is None
    assert refused(Story(account(pending_repossession=None))) is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [("normal", None), ("late", None), ("defaulted", None), ("pending_activation", "not-in-default")],
)
def test_an_opt_out_needs_no_default(state: str, reason: str | None) -> None:
    story = Story(account(state=state, pending_repossession=None))
    assert refused(story, disposition="opt_out") == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"quantity": 4}, None),
        ({"quantity": 0, "fair_value": "0"}, None),
        ({"quantity": 5}, "invalid-return"),
        ({"quantity": -1}, "invalid-return"),
        ({"fair_value": "-1"}, "invalid-return"),
        ({"product_id": "PR-9"}, "invalid-return"),
        ({"sa_id": "SA-9"}, "invalid-return"),
    ],
)
@pytest.mark.parametrize("disposition", ["repossession", "opt_out"])
def test_a_return_is_of_goods_that_the_customer_has(
    disposition: str, changes: dict[str, Any], reason: str | None
) -> None:
    rows = [{"account_id": ACCOUNT, "returned_products": [GOODS | changes]}]
    assert refused(Story(account()), disposition=disposition, accounts=rows) == reason


def test_several_rows_of_one_product_count_together() -> None:
    rows = [{"account_id": ACCOUNT, "returned_products": [GOODS | {"quantity": 3}, GOODS | {"quantity": 2}]}]
    assert refused(Story(account()), disposition="repossession", accounts=rows) == "invalid-return"


def test_a_write_off_has_no_returned_goods() -> None:
    rows = [{"account_id": ACCOUNT, "returned_products": [GOODS]}]
    assert refused(Story(account()), disposition="write_off", accounts=rows) == "invalid-return"


@pytest.mark.parametrize("balances", [(), (0,), (-50,), (-5_000, 0)])
def test_an_account_that_owes_nothing_has_no_debt(balances: tuple[int, ...]) -> None:
    assert refused(Story(owing(*balances))) == "no-debt"


def test_debt_on_a_type_that_is_not_eligible_is_no_debt() -> None:
    deposit = billed("SA-1", 5_000, sa_type="deposit")
    unknown = billed("SA-2", 5_000, sa_type="bicycle-loan")
    assert refused(Story(account(service_agreements=(deposit, unknown)))) == "no-debt"


def test_an_account_on_hold_is_refused_until_the_hold_is_over() -> None:
    story = Story(account())
    story.visit("promised-to-pay", promised_to_pay_on="2026-11-10")
    assert refused(story) == "on-hold"
    story.on(TODAY.replace(day=12))
    assert refused(story) == "on-hold"
    story.on(TODAY.replace(day=13))
    assert refused(story) is None


# --- R2: the first that applies ----------

#: What each refusal needs, in the order of R2; each step keeps all later troubles as well.
IN_ORDER = [
    "currency-mismatch",
    "already-terminated",
    "process-active",
    "not-in-default",
    "invalid-return",
    "no-debt",
]


def troubled(first: str) -> Story:
    """Return an account with that trouble and every later one of the list."""
    troubles = IN_ORDER[IN_ORDER.index(first) :]
    story = Story(account())
    if "process-active" in troubles:
        story.ask()
    assert story.account is not None
    known = msgspec.structs.replace(story.account, version=42)
    if "currency-mismatch" in troubles:
        known = msgspec.structs.replace(known, currency="KES")
    if "already-terminated" in troubles:
        known = msgspec.structs.replace(known, state="inactive")
    elif "not-in-default" in troubles:
        known = msgspec.structs.replace(known, state="late", pending_repossession=None)
    story.account = known
    assert story.standing is not None
    balances = {"SA-55001": 0} if "no-debt" in troubles else story.standing.balances
    story.standing = msgspec.structs.replace(
        story.standing, state=known.state, balances=balances, hold_until=TODAY.replace(day=30)
    )
    return story


@pytest.mark.parametrize("first", IN_ORDER)
def test_of_several_reasons_the_first_in_order_is_given(first: str) -> None:
    rows = [{"account_id": ACCOUNT, "returned_products": [GOODS]}]
    no_return: list[dict[str, Any]] = [{"account_id": ACCOUNT}]
    accounts = no_return if first == "no-debt" else rows
    assert refused(troubled(first), request_id="WR-2", accounts=accounts) == first


def held(known: Account) -> Story:
    story = Story(known)
    assert story.standing is not None
    story.standing = msgspec.structs.replace(story.standing, hold_until=TODAY.replace(day=30))
    return story


def test_small_balances_and_credits_come_before_a_hold() -> None:
    assert refused(held(owing(99))) == "closed-as-small"
    assert refused(held(owing(5_000, -5_000))) == "credit-to-apply"
    assert refused(held(owing(5_000, 99))) == "on-hold"


def test_a_refused_account_is_answered_with_its_id_a_code_and_a_sentence() -> None:
    facts = Story(account(currency="KES")).ask()
    answer = only(RequestAnswered, facts)
    assert (answer.status, answer.accepted, answer.refused, answer.refusal) == ("refused", 0, 1, None)
    (refusal,) = answer.refusals
    assert refusal.account_id == ACCOUNT
    assert refusal.message == f"Account {ACCOUNT} is kept in KES, but opco RW in RWF."


# --- R7: small balances and credits ----------


def journals(story: Story) -> list[tuple[str, list[tuple[str, str, int]]]]:
    return [
        (fact.journal.kind, [(line.side, line.gl_account, line.amount) for line in fact.journal.lines])
        for fact in of(JournalPosted, story.facts)
    ]


def test_a_balance_below_the_threshold_is_closed_and_answered() -> None:
    story = Story(owing(99))
    assert refused(story) == "closed-as-small"
    assert journals(story) == [("write-down", [("debit", "6155", 99), ("credit", "1200", 99)])]
    standing = only(StandingChanged, story.facts).standing
    assert (standing.state, standing.balances, standing.locked_by) == ("defaulted", {"SA-1": 0}, None)
    (posted,) = story.sent("journal-posted")
    assert posted["data"]["request_id"] == "WR-2026-000871"
    assert posted["data"]["process_id"] is None


def test_a_balance_at_the_threshold_is_not_small() -> None:
    story = Story(owing(100))
    assert refused(story) is None
    assert journals(story) == []


def test_a_small_credit_is_closed_the_other_way_round_when_a_process_starts() -> None:
    story = Story(owing(5_000, -99, 40))
    assert refused(story) is None
    assert journals(story) == [
        ("write-down", [("debit", "1200", 99), ("credit", "6155", 99)]),
        ("write-down", [("debit", "6155", 40), ("credit", "1200", 40)]),
    ]
    process = only(ProcessStarted, story.facts).process
    assert [(each.sa_id, each.amount) for each in process.agreements] == [("SA-1", 5_000)]
    assert story.standing is not None
    assert story.standing.balances == {"SA-1": 5_000, "SA-2": 0, "SA-3": 0}
    assert {journal["data"]["process_id"] for journal in story.sent("journal-posted")} == {process.process_id}


@pytest.mark.parametrize("balances", [(5_000, -100), (99, -100), (5_000, -20_000), (5_000, 99, -500)])
def test_a_larger_credit_beside_a_debt_is_a_task_and_no_process(balances: tuple[int, ...]) -> None:
    story = Story(owing(*balances))
    assert refused(story) == "credit-to-apply"
    todo = only(TodoCreated, story.facts)
    assert (todo.todo_type, todo.amount) == ("REFUND-OR-TRANSFER", -min(balances))
    assert journals(story) == []


def test_a_credit_on_a_deposit_is_one_to_apply_as_well() -> None:
    deposit = billed("SA-2", -3_000, sa_type="deposit")
    story = Story(account(service_agreements=(agreement(), deposit)))
    assert refused(story) == "credit-to-apply"


def test_deposits_are_neither_written_down_nor_written_off() -> None:
    deposit = billed("SA-2", 40, sa_type="deposit")
    story = Story(account(service_agreements=(agreement(), deposit)))
    assert refused(story) is None
    assert journals(story) == []
    assert [each.sa_id for each in only(ProcessStarted, story.facts).process.agreements] == ["SA-55001"]


def test_what_was_written_down_is_not_owed_under_a_snapshot_of_before() -> None:
    story = Story(owing(99))
    story.ask()
    assert story.account is not None
    story.update(msgspec.structs.replace(story.account, version=42))
    assert refused(story, request_id="WR-2") == "no-debt"


def test_thresholds_are_in_the_opcos_currency() -> None:
    assert shipped("KE").small_balance_below == 5_000  # KES 50.00
