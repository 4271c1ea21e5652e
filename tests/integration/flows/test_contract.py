"""Each example of the contract goes in through real queues, and what comes out is the contract's example."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.flows.conftest import stack_of
from tests.support import upstream
from tests.support.outcome import Messages, kinds
from tests.support.world import World


@pytest.fixture(params=["sqlite-valkey", "postgresql-rabbitmq"])
def stack(request: pytest.FixtureRequest) -> tuple[str, str]:
    """As embedded, and as in production."""
    return stack_of(request)


UUID5 = r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
PLACEHOLDERS = {
    r"<uuid5 of type [a-z-]+>": UUID5,
    r"<uuid5>": UUID5,
    r"<sha-256 prefix>": "[0-9a-f]{16}",
    r"<sha-256>": "[0-9a-f]{64}",
}
#: The clock's, not ours.
NOT_COMPARED = {"time"}


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return where `found` is not as the example says; placeholders stand for what the worker makes."""
    if path.rpartition(".")[2] in NOT_COMPARED:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        names = [*expected, *(name for name in found if name not in expected)]
        return [
            line
            for name in names
            for line in differences(
                expected.get(name, "(absent)"), found.get(name, "(absent)"), f"{path}.{name}"
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}[{i}]")]
    if isinstance(expected, str) and "<" in expected and isinstance(found, str):
        return [] if re.fullmatch(pattern(expected), found) else [f"{path}: {found} is no {expected}"]
    return [] if expected == found else [f"{path}: {found!r} instead of {expected!r}"]


def pattern(text: str) -> str:
    for placeholder, meaning in PLACEHOLDERS.items():
        text = re.sub(placeholder, meaning.replace("\\", r"\\"), text)
    return text


def one(messages: Messages, destination: str, kind: str, **data: Any) -> Mapping[str, Any]:
    """Return the one message of a kind that a destination was told, of those with these data."""
    found = [
        message
        for message in messages[destination]
        if message["type"] == f"writeoff.{kind}.v1"
        and all(message["data"].get(name) == value for name, value in data.items())
    ]
    assert len(found) == 1, f"{len(found)} messages {kind} for {destination}"
    return found[0]


def assert_as_example(
    messages: Messages, destination: str, kind: str, name: str | None = None, **data: Any
) -> None:
    example = upstream.expected(name or kind)
    assert differences(example, one(messages, destination, kind, **data)) == []


def after(world: World, *names: str) -> Messages:
    world.publish(upstream.example("account-updated"))
    world.run()
    world.publish(*(upstream.example(name) for name in names))
    world.run()
    return world.read()


def test_a_personal_request_makes_the_messages_of_the_examples(world: World) -> None:
    messages = after(world, "write-off-requested.personal")

    assert_as_example(messages, "agency.KIGALI-RECOVERY", "referral-placed")
    assert_as_example(messages, "gl", "journal-posted")
    first = upstream.expected("letter-requested")["data"]["person"]
    second = upstream.expected("letter-requested.second-person")["data"]["person"]
    assert_as_example(messages, "letter", "letter-requested", person=first)
    assert_as_example(messages, "letter", "letter-requested", "letter-requested.second-person", person=second)
    assert_as_example(messages, "to-do", "todo-created")
    for kind in ("process-started", "demerit-recorded", "account-written-off", "process-ended"):
        assert_as_example(messages, "pulse.updates", kind)
    assert kinds(messages) == {
        "agency.KIGALI-RECOVERY": ["referral-placed"],
        "gl": ["journal-posted"],
        "letter": ["letter-requested", "letter-requested"],
        "to-do": ["todo-created"],
        "pulse.updates": [
            "account-written-off",
            "demerit-recorded",
            "process-ended",
            "process-started",
            "request-answered",
        ],
    }


def test_a_personal_request_is_answered_with_its_process(world: World) -> None:
    messages = after(world, "write-off-requested.personal")

    answer = one(messages, "pulse.updates", "request-answered")["data"]
    started = one(messages, "pulse.updates", "process-started")["data"]
    assert answer == {
        "answers_message_id": "0193f0a2-0003-7000-8000-000000000003",
        "request_id": "WR-2026-000871",
        "command": "write-off-requested",
        "origin": "request",
        "bulk": False,
        "process_id": started["process_id"],
        "revision": 1,
        "status": "accepted",
        "refusal": None,
        "message": None,
        "accepted": 1,
        "refused": 0,
        "totals": [{"currency": "RWF", "amount": "10500"}],
        "refusals": [],
        "differences": [],
        "plan_digest": None,
        "part": 1,
        "parts": 1,
    }


def test_a_repossession_posts_the_journal_of_the_example(world: World) -> None:
    messages = after(world, "write-off-requested.repossession")

    assert_as_example(messages, "gl", "journal-posted", "journal-posted.repossession")
    written_off = one(messages, "pulse.updates", "account-written-off")["data"]
    assert written_off["repossession_category"] == "partly-recovered"
    assert written_off["repossession_id"] == "RP-3301"
    assert written_off["amount"] == "6500"
    assert written_off["products"] == [
        {"sa_id": "SA-55001", "product_id": "PR-1", "returned": 1, "lost": 0},
        {"sa_id": "SA-55001", "product_id": "PR-2", "returned": 0, "lost": 4},
    ]
    changed = one(messages, "agency.KIGALI-RECOVERY", "referral-changed")["data"]
    assert (changed["amount"], changed["history_sequence"]) == ("6500", 2)


def test_a_bulk_request_is_answered_as_the_example_once_the_unknown_account_is_given_up(world: World) -> None:
    snapshot = upstream.example("account-updated")
    other = upstream.changed(upstream.renamed(snapshot, "another-account"), account_id="RW-100235")
    world.publish(snapshot, other, upstream.example("write-off-requested.bulk"))
    world.run()
    first = one(world.read(), "pulse.updates", "request-answered")["data"]
    assert (first["revision"], first["status"], first["accepted"]) == (1, "accepted-in-part", 2)
    assert (first["refused"], first["refusals"]) == (0, [])

    world.age(31)
    world.run()

    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    assert_as_example(messages, "pulse.updates", "request-answered")


def test_an_attempt_that_finds_the_goods_gone_starts_a_process_of_its_own(world: World) -> None:
    messages = after(world, "repossession-failed")

    started = one(messages, "pulse.updates", "process-started")
    assert started["data"]["request_id"] == "AUTO-RPA-3301-1"
    assert started["data"]["origin"] == "repossession-failed"
    assert started["data"]["template"] == "residential"
    assert started["data"]["reason"] == "product-not-found"
    assert [event["trigger_date"] for event in started["data"]["events"]] == [
        *["2026-11-03"] * 3,
        *["2027-01-02"] * 2,
    ]
    answer = one(messages, "pulse.updates", "request-answered")
    assert answer["causationid"] == "0193f0a2-0002-7000-8000-000000000002"
    assert answer["data"]["command"] == "repossession-failed"
    assert answer["data"]["answers_message_id"] == "0193f0a2-0002-7000-8000-000000000002"
    assert answer["data"]["request_id"] == "AUTO-RPA-3301-1"
    assert answer["data"]["process_id"] == started["data"]["process_id"]


@pytest.mark.parametrize("by", ["payment", "snapshot"])
def test_a_part_payment_before_the_write_off_changes_the_referral(world: World, by: str) -> None:
    after(world, "repossession-failed")
    payment = upstream.example("payment-received")
    if by == "payment":
        world.publish(payment)
    else:
        snapshot = upstream.example("account-updated")
        agreement = {**snapshot["data"]["service_agreements"][0], "balance": "8500"}
        newer = upstream.changed(snapshot, version=42, service_agreements=[agreement])
        world.publish(upstream.renamed(newer, payment["id"]))
    world.run()

    changed = one(world.read(), "agency.KIGALI-RECOVERY", "referral-changed")
    example = upstream.expected("referral-changed")
    own = {
        "request_id": "AUTO-RPA-3301-1",
        "origin": "repossession-failed",
        "activity_date": "2026-11-03",
        "reason": "payment" if by == "payment" else "account-updated",
        "payment_id": "PAY-880012" if by == "payment" else None,
    }
    example["data"] |= own
    if by == "snapshot":
        example["correlationid"] = upstream.example("account-updated")["correlationid"]
    assert differences(example, changed) == []


def test_a_payment_of_everything_before_the_write_off_ends_the_process_as_paid(world: World) -> None:
    after(world, "repossession-failed")
    payment = upstream.changed(upstream.example("payment-received"), amount="10500")
    world.publish(payment)
    world.run()

    messages = world.read()
    paid = one(messages, "agency.KIGALI-RECOVERY", "referral-paid")
    example = upstream.expected("referral-paid")
    example["data"] |= {
        "request_id": "AUTO-RPA-3301-1",
        "origin": "repossession-failed",
        "history_sequence": 2,
        "activity_date": "2026-11-03",
        "payment_id": "PAY-880012",
    }
    example |= {"correlationid": payment["correlationid"], "causationid": payment["id"]}
    assert differences(example, paid) == []
    ended = one(messages, "pulse.updates", "process-ended")
    assert ended["causationid"] == payment["id"]
    assert ended["data"]["end_reason"] == "paid"
    assert [event["status"] for event in ended["data"]["events"]] == ["complete"] * 3 + ["canceled"] * 2
    assert kinds(messages) == {
        "agency.KIGALI-RECOVERY": ["referral-paid"],
        "pulse.updates": ["process-ended"],
    }
