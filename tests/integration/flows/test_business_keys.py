"""The same request, attempt or payment under another message id is the same (R12)."""

import pytest

from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.world import World

CLERK = {"user_id": "u-7", "name": "Nobody", "roles": ["field_agent"]}


def dead(world: World) -> list[tuple[str, str]]:
    found = world.select("SELECT queue, reason FROM dead_letters ORDER BY queue")
    return [(row["queue"], row["reason"]) for row in found]


def test_a_request_again_with_the_same_data_is_answered_duplicate_request(world: World) -> None:
    request = upstream.request("WR-1", "RW-1")
    world.publish(upstream.account("RW-1"), request)
    world.run()
    world.read()
    again = upstream.renamed(request, "another-message")
    world.publish(again, again)
    world.run()

    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert answer["answers_message_id"] == "another-message"
    assert answer["request_id"] == "WR-1"
    assert answer["command"] == "write-off-requested"
    assert (answer["status"], answer["refusal"]) == ("refused", "duplicate-request")
    assert answer["message"].endswith(".")
    assert world.count("processes") == 1
    assert dead(world) == []


def test_two_that_share_a_request_id_in_one_set_make_one_process(world: World) -> None:
    request = upstream.request("WR-1", "RW-1")
    world.publish(upstream.account("RW-1"), request, upstream.renamed(request, "another-message"))
    world.run()
    answers = {a["answers_message_id"]: a for a in told(world.read(), "pulse.updates", "request-answered")}
    assert answers.pop(request["id"])["status"] == "accepted"
    assert answers.pop("another-message")["refusal"] == "duplicate-request"
    assert answers == {}


def test_a_request_id_with_other_data_is_dead_and_the_first_stands(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"), upstream.request("WR-1", "RW-1"))
    world.run()
    world.read()
    other = upstream.request("WR-1", "RW-2")
    world.publish(other, other)
    world.run()

    assert dead(world) == [("writeoff.write-off-requested", "conflicting-duplicate")]
    assert world.select("SELECT count FROM dead_letters") == [{"count": 2}]
    assert world.select("SELECT account_id FROM processes") == [{"account_id": "RW-1"}]
    assert kinds(world.read()) == {"writeoff.dead-letter": ["dead-letter-recorded"]}
    assert world.count("inbox", f"id = '{other['id']}'") == 0


def test_data_are_compared_as_json(embedded: World) -> None:
    embedded.publish(upstream.account("RW-1"), upstream.payment("PAY-1", "RW-1", 500, note=1))
    embedded.publish(upstream.payment("PAY-1", "RW-1", 500, note=1.0))
    embedded.run()
    assert dead(embedded) == []
    embedded.publish(upstream.payment("PAY-1", "RW-1", 500, note=True))
    embedded.run()
    assert dead(embedded) == [("writeoff.payments", "conflicting-duplicate")]


def test_a_request_id_is_one_opcos_own(world: World) -> None:
    world.publish(
        upstream.account("A-1"),
        upstream.account("A-1", opco="TG"),
        upstream.request("WR-1", "A-1"),
        upstream.request("WR-1", "A-1", opco="TG"),
    )
    world.run()
    assert dead(world) == []
    assert world.count("processes") == 2


def test_a_request_of_somebody_who_may_not_claims_no_request_id(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1", requested_by=CLERK))
    world.run()
    [refused] = told(world.read(), "pulse.updates")
    assert (refused["status"], refused["refusal"]) == ("refused", "not-authorised")

    world.publish(upstream.request("WR-1", "RW-1"))
    world.run()
    [answer] = told(world.read(), "pulse.updates", "request-answered")
    assert (answer["status"], answer["accepted"]) == ("accepted", 1)
    assert dead(world) == []


def test_a_bulk_request_of_a_back_office_is_not_authorised(world: World) -> None:
    who = {"user_id": "u-311", "roles": ["back_office_management"]}
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1", kind="bulk", requested_by=who))
    world.run()
    [answer] = told(world.read(), "pulse.updates")
    assert answer["refusal"] == "not-authorised"
    assert answer["bulk"] is True
    assert world.count("request_items") == 0


@pytest.mark.parametrize("what", ["attempt", "payment"])
def test_an_attempt_or_payment_again_under_another_message_id_does_nothing(world: World, what: str) -> None:
    first, other = _pair(what)
    world.publish(upstream.account("RW-1"), first)
    world.run()
    world.read()
    before = rows(world)
    world.publish(upstream.renamed(first, "another-message"))
    world.run()
    assert kinds(world.read()) == {}
    after = rows(world)
    assert {t: r for t, r in after.items() if t != "inbox"} == {
        t: r for t, r in before.items() if t != "inbox"
    }
    assert dead(world) == []

    world.publish(other)
    world.run()
    assert [reason for _, reason in dead(world)] == ["conflicting-duplicate"]
    assert kinds(world.read()) == {"writeoff.dead-letter": ["dead-letter-recorded"]}
    after = rows(world)
    assert {t: r for t, r in after.items() if t not in {"inbox", "messages_out"}} == {
        t: r for t, r in before.items() if t not in {"inbox", "messages_out"}
    }


def test_the_same_payment_id_is_a_payment_once_while_the_first_still_waits(world: World) -> None:
    first, other = _pair("payment")
    world.publish(first)
    world.run()
    world.publish(upstream.renamed(first, "another-message"), other)
    world.run()
    assert [reason for _, reason in dead(world)] == ["conflicting-duplicate"]
    world.publish(upstream.account("RW-1"))
    world.run()
    assert world.select("SELECT payment_id, amount_minor FROM payments") == [
        {"payment_id": "PAY-1", "amount_minor": 500}
    ]


def test_the_keys_of_attempts_payments_and_requests_are_apart(world: World) -> None:
    world.publish(
        upstream.account("RW-1"),
        upstream.payment("X-1", "RW-1", 500),
        upstream.attempt("X-1", "RW-1", "customer-not-available"),
        upstream.request("X-1", "RW-1"),
    )
    world.run()
    assert dead(world) == []
    assert (world.count("payments"), world.count("attempts"), world.count("processes")) == (1, 1, 1)


def test_a_request_id_of_the_workers_own_kind_is_malformed_and_blocks_nothing(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"))
    world.publish(upstream.request("AUTO-RPA-1", "RW-2"))
    world.run()
    [letter] = world.select("SELECT reason, path FROM dead_letters")
    assert letter == {"reason": "malformed-field", "path": "data.request_id"}

    world.publish(upstream.attempt("RPA-1", "RW-1", "product-not-found"))
    world.run()
    assert world.select("SELECT account_id, request_id FROM processes") == [
        {"account_id": "RW-1", "request_id": "AUTO-RPA-1"}
    ]


def _pair(what: str) -> tuple[upstream.Event, upstream.Event]:
    """Return two messages of one business key with different data."""
    if what == "payment":
        return upstream.payment("PAY-1", "RW-1", 500), upstream.payment("PAY-1", "RW-1", 501)
    return (
        upstream.attempt("RPA-1", "RW-1", "product-issue"),
        upstream.attempt("RPA-1", "RW-1", "product-not-found"),
    )
