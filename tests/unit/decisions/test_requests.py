"""Requests whose accounts are not known yet, that bring a snapshot along, or that name many (R3, R16)."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from handlers.kinds.intake_kind import AwaitSnapshot
from handlers.starting.answers import Figures, answer
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody, ItemOutcome, decide_item
from messages.malformed import Malformed
from tests.unit.decisions.cases import (
    ACCOUNT,
    NINE,
    Story,
    account,
    cause,
    example,
    of,
    only,
    owing,
    policy,
    prepared,
    refusals,
    shipped,
)
from writeoff.facts import (
    EventCanceled,
    Fact,
    ProcessEnded,
    ProcessStarted,
    Refusal,
    RequestAnswered,
    RequestOpened,
    SnapshotTaken,
    TimerSet,
)

ORDER = Order(
    request_id="WR-9",
    kind="bulk",
    origin="request",
    disposition="write_off",
    reason="aged-default",
    comments=None,
    account_id=ACCOUNT,
)


def named(version: int | None) -> list[dict[str, Any]]:
    return [{"account_id": ACCOUNT, "account_version": version}]


def embedded(**changes: Any) -> list[dict[str, Any]]:
    snapshot = example("inbound", "account-updated")["data"] | changes
    return [{"account_id": ACCOUNT, "account": snapshot}]


# --- R16: waiting ----------


def test_a_request_for_an_unknown_account_waits_unanswered() -> None:
    facts = Story().ask()
    (item,) = only(RequestOpened, facts).items
    assert (item.state, item.account_id) == ("waiting", ACCOUNT)
    assert only(RequestOpened, facts).revision == 0
    assert of(RequestAnswered, facts) == []
    timer = only(TimerSet, facts)
    assert (timer.kind, timer.due_at) == ("arrival", NINE + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("version", "state"), [(None, "accepted"), (0, "accepted"), (41, "accepted"), (42, "waiting")]
)
def test_a_request_waits_for_a_version_that_is_newer_than_the_stored_one(
    version: int | None, state: str
) -> None:
    facts = Story(account()).ask(accounts=named(version))
    assert only(RequestOpened, facts).items[0].state == state


def test_policy_sets_how_long_to_wait() -> None:
    facts = Story(rules=policy({"arrival_wait_seconds": 5})).ask()
    assert only(TimerSet, facts).due_at == NINE + timedelta(seconds=5)


@pytest.mark.parametrize("name", ["repossession-failed", "payment-received"])
@pytest.mark.parametrize(("known", "version"), [(None, None), (account(), 42)])
def test_payments_and_attempts_wait_like_requests(name: str, known: Any, version: int | None) -> None:
    document = example("inbound", name)
    document["data"]["account_version"] = version
    assert isinstance(Story(known).hear(document), AwaitSnapshot)


def decided(story: Story, *, version: int | None = None, final: bool = False, **order: Any) -> ItemOutcome:
    asked = msgspec.structs.replace(ORDER, **order)
    of_request = cause(request_id=asked.request_id, origin="request", bulk=True)
    return decide_item(asked, 0, version, ItemBody(), story.case(of_request), final=final)


def test_at_the_end_of_the_wait_the_account_is_refused_as_not_found() -> None:
    unknown = decided(Story(), final=True)
    assert unknown.refusal == Refusal(
        account_id=ACCOUNT,
        reason="account-not-found",
        message=f"Account {ACCOUNT} is not known at opco RW.",
    )
    newer = decided(Story(account()), version=42, final=True)
    assert newer.refusal is not None
    assert newer.refusal.reason == "account-not-found"
    assert "version" in newer.refusal.message
    assert of(ProcessStarted, newer.facts) == []


def test_when_the_snapshot_has_come_a_waiting_account_is_decided() -> None:
    assert decided(Story(account()), version=41).decided.state == "accepted"


def test_what_a_bulk_request_makes_is_identifiable() -> None:
    outcome = decided(Story(account()))
    process = only(ProcessStarted, outcome.facts).process
    assert (process.bulk, process.request_id) == (True, "WR-9")
    assert process.cause(NINE, NINE.date(), "test").bulk


# --- a snapshot within the request ----------


def test_a_snapshot_within_the_request_is_taken_first() -> None:
    story = Story()
    facts = story.ask(accounts=embedded())
    assert only(SnapshotTaken, facts).account.version == 41
    assert only(ProcessStarted, facts).process.amount == 10_500
    assert [type(fact).__name__ for fact in facts][:2] == ["RequestOpened", "SnapshotTaken"]


def test_an_older_snapshot_within_the_request_is_ignored() -> None:
    facts = Story(owing(3_000)).ask(accounts=embedded(version=40))
    assert of(SnapshotTaken, facts) == []
    assert only(ProcessStarted, facts).process.amount == 3_000


def test_a_snapshot_within_the_request_may_end_a_process_and_make_room_for_another() -> None:
    story = Story(owing(3_000))
    story.ask()
    agreements = example("inbound", "account-updated")["data"]["service_agreements"]
    facts = story.ask(request_id="WR-2", accounts=embedded(version=42, service_agreements=agreements))
    assert only(ProcessEnded, facts).end_reason == "paid"
    assert len(of(EventCanceled, facts)) == 5
    started = only(ProcessStarted, facts).process
    assert (started.request_id, started.amount) == ("WR-2", 10_500)


def test_a_snapshot_that_cannot_be_is_malformed_with_its_path() -> None:
    broken = embedded()
    broken[0]["account"]["service_agreements"][0]["financial_transactions"][0]["amount"] = "9999"
    document = example("inbound", "write-off-requested.personal")
    document["data"]["accounts"] = broken
    with pytest.raises(Malformed) as malformed:
        prepared(document, shipped("RW"))
    path = "data.accounts[0].account.service_agreements[0].financial_transactions[0].amount"
    assert malformed.value.path == path


def test_an_amount_over_unknown_codes_cannot_be_checked_and_is_taken() -> None:
    rows = embedded()
    bill = rows[0]["account"]["service_agreements"][0]["financial_transactions"][0]
    bill["gl"][1]["distribution_code"] = "MYSTERY"
    bill["amount"] = "9999"
    assert of(SnapshotTaken, Story().ask(accounts=rows))


# --- bulk ----------


def test_a_bulk_request_is_opened_and_decides_nothing_yet() -> None:
    story = Story()
    facts = story.ask("bulk")
    opened = only(RequestOpened, facts)
    assert [type(fact) for fact in facts] == [RequestOpened]
    assert [(item.ordinal, item.account_id, item.state, item.body) for item in opened.items] == [
        (0, "RW-100234", "pending", None),
        (1, "RW-100235", "pending", None),
        (2, "RW-999999", "pending", None),
    ]
    assert (opened.cause.bulk, opened.requested_by, opened.roles) == (True, "u-002", ("admin",))


def test_a_bulk_request_takes_no_accounts_lock_and_a_personal_one_takes_its_own() -> None:
    rules = shipped("RW")
    assert prepared(example("inbound", "write-off-requested.bulk"), rules).account_id is None
    personal = prepared(example("inbound", "write-off-requested.personal"), rules)
    assert (personal.account_id, personal.business_key) == (ACCOUNT, ("request", "WR-2026-000871"))


def test_the_goods_of_an_account_travel_with_its_item() -> None:
    goods = {"sa_id": "S", "product_id": "P", "quantity": 2, "condition": "used", "fair_value": "700"}
    rows = [{"account_id": "RW-1", "returned_products": [goods]}, {"account_id": "RW-2"}]
    with_goods, without = only(RequestOpened, Story().ask("bulk", accounts=rows)).items
    assert without.body is None
    assert with_goods.body is not None
    body = msgspec.json.decode(with_goods.body, type=ItemBody)
    assert [(each.sa_id, each.quantity, each.fair_value) for each in body.returned] == [("S", 2, 700)]


# --- answers ----------


def figures(**changes: Any) -> Figures:
    known: dict[str, Any] = {"accepted": 0, "refused": 0, "waiting": 0, "totals": (), "refusals": ()}
    return Figures(**(known | changes))


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"accepted": 2}, "accepted"),
        ({"refused": 2}, "refused"),
        ({"accepted": 2, "refused": 1}, "accepted-in-part"),
        ({"accepted": 2, "waiting": 1}, "accepted-in-part"),
        ({"refused": 2, "waiting": 1}, "accepted-in-part"),
    ],
)
def test_all_or_none_is_said_only_when_it_is_true_of_every_account(
    counts: dict[str, int], status: str
) -> None:
    assert figures(**counts).status == status


@pytest.mark.parametrize(("count", "parts"), [(0, [0]), (1_000, [1_000]), (2_001, [1_000, 1_000, 1])])
def test_refusals_come_in_parts_of_a_thousand_each_with_the_figures_of_the_whole(
    count: int, parts: list[int]
) -> None:
    refused = tuple(
        Refusal(account_id=f"RW-{number}", reason="no-debt", message="-") for number in range(count)
    )
    answered = answer(
        cause(),
        answers_message_id="m",
        request_id="r",
        command="write-off-requested",
        revision=3,
        figures=figures(accepted=1, refused=count, totals=(("RWF", 5),), refusals=refused),
    )
    assert [len(part.refusals) for part in answered] == parts
    assert [(part.part, part.parts) for part in answered] == [
        (number, len(parts)) for number in range(1, len(parts) + 1)
    ]
    assert {(part.accepted, part.refused, part.totals, part.revision) for part in answered} == {
        (1, count, (("RWF", 5),), 3)
    }


def test_a_refused_account_stands_in_the_answer_of_a_personal_request() -> None:
    facts: tuple[Fact, ...] = Story(owing(0)).ask()
    assert refusals(facts) == [(ACCOUNT, "no-debt")]
    (item,) = only(RequestOpened, facts).items
    assert (item.state, item.refusal, item.process_id) == ("refused", "no-debt", None)
