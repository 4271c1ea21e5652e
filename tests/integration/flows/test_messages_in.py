"""What comes in: in either mode, once, twice, or not to be understood."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from kombu.connection import Connection

from handlers.intake import payment_received
from messages.codec import MAX_BODY_BYTES
from messages.destinations import INBOUND, UNDELIVERED_QUEUE
from tests.integration.flows.conftest import OpenWorld, stack_of
from tests.support import upstream
from tests.support.outcome import kinds, told
from tests.support.world import World
from workers import brokers
from workers.brokers.upstream import Mode
from workers.intake import step, understanding


@pytest.fixture(params=["sqlite-valkey", "postgresql-rabbitmq"])
def stack(request: pytest.FixtureRequest) -> tuple[str, str]:
    """As embedded, and as in production."""
    return stack_of(request)


ACCOUNTS = "writeoff.account-updated"
PAYMENTS = "writeoff.payments"


def processes(world: World) -> list[str]:
    return [row["account_id"] for row in world.select("SELECT account_id FROM processes ORDER BY account_id")]


def dead_letters(world: World) -> list[dict[str, Any]]:
    return world.select("SELECT * FROM dead_letters ORDER BY queue, reason, path")


def body(message: upstream.Event) -> bytes:
    return json.dumps(message).encode()


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_both_modes_of_cloudevents_are_understood(world: World, mode: Mode) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"), mode=mode)
    world.run()
    assert processes(world) == ["RW-1"]
    assert world.count("dead_letters") == 0
    assert world.depths() == {}


@pytest.mark.parametrize("prefix", ["ce-", "cloudEvents:", "cloudEvents_", "CE-"])
def test_every_prefix_of_attributes_in_headers_is_understood(embedded: World, prefix: str) -> None:
    message = upstream.account("RW-1")
    headers = {prefix + name: value for name, value in message.items() if name != "data"}
    headers.pop(prefix + "datacontenttype")
    data = json.dumps(message["data"]).encode()
    embedded.send(ACCOUNTS, data, content_type="application/json", headers=headers)
    embedded.take()
    assert embedded.select("SELECT id, account_id, state FROM inbox") == [
        {"id": message["id"], "account_id": "RW-1", "state": "done"}
    ]


def test_the_same_message_again_changes_nothing_however_it_is_written(world: World) -> None:
    account, request = upstream.account("RW-1"), upstream.request("WR-1", "RW-1")
    world.publish(account, request)
    world.run()
    world.read()

    world.publish(account, request)
    rewritten = json.dumps(request, indent=4, sort_keys=True).encode()
    world.send("writeoff.write-off-requested", rewritten)
    world.publish({**request, "time": "2026-11-04T00:00:00Z", "traceparent": "unlike"})
    world.publish(request, mode="binary")
    world.run()

    assert kinds(world.read()) == {}
    assert world.count("dead_letters") == 0
    assert world.count("inbox") == 2
    assert processes(world) == ["RW-1"]
    assert world.depths() == {}


def test_the_same_identity_with_other_content_is_dead_and_the_first_stands(world: World) -> None:
    first = upstream.account("RW-1", owed=10_500)
    other = upstream.changed(first, version=2, customer_class="commercial")
    world.publish(first)
    world.run()
    world.publish(other, {**first, "subject": "RW-2"}, upstream.request("WR-1", "RW-1"))
    world.run()

    letters = dead_letters(world)
    assert [letter["reason"] for letter in letters] == ["conflicting-duplicate"] * 2
    assert {bytes(letter["body"]) for letter in letters} == {body(other), body({**first, "subject": "RW-2"})}
    assert world.select("SELECT version FROM accounts") == [{"version": 1}]
    assert processes(world) == ["RW-1"]
    notices = told(world.read(), "writeoff.dead-letter")
    assert [notice["reason"] for notice in notices] == ["conflicting-duplicate"] * 2


def test_two_that_share_an_identity_in_one_set_leave_the_first(world: World) -> None:
    first = upstream.account("RW-1")
    world.publish(first, upstream.changed(first, version=2), first)
    world.run()
    assert world.select("SELECT version FROM accounts") == [{"version": 1}]
    assert [(letter["reason"], letter["count"]) for letter in dead_letters(world)] == [
        ("conflicting-duplicate", 1)
    ]


def test_an_identity_is_source_and_id(world: World) -> None:
    first = upstream.account("RW-1")
    other = {**upstream.account("RW-2"), "id": first["id"], "source": "/pulse/rw/second"}
    world.publish(first, other)
    world.run()
    assert world.count("accounts") == 2
    assert world.count("dead_letters") == 0


def replaced(message: upstream.Event, *path: str | int, value: Any) -> bytes:
    """Return the message's body with another value at a path of its data."""
    inner = message["data"]
    for step_ in path[:-1]:
        inner = inner[step_]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return body(message)


def poison() -> dict[str, tuple[bytes, str, str | None]]:
    """Return bodies that cannot be understood, with the reason and path that their dead letters have."""
    ft = ("service_agreements", 0, "financial_transactions", 0)
    at = "data.service_agreements[0].financial_transactions[0]"
    good = body(upstream.account("RW-9"))
    deep = b'{"specversion":"1.0","data":' + b'{"a":' * 40 + b"1" + b"}" * 41
    line = {"distribution_code": "RECEIVABLE", "side": "debit", "amount": "1"}

    def account() -> upstream.Event:
        return upstream.account("RW-9")

    return {
        "cut off": (good[:-5], "unreadable-body", None),
        "not UTF-8": (good.replace(b"Uwimana", b"\xff\xfe"), "unreadable-body", None),
        "not an object": (b"[1, 2]", "not-cloudevents", "specversion"),
        "no envelope": (b'{"hello": "world"}', "not-cloudevents", "specversion"),
        "unknown type": (good.replace(b"account-updated.v1", b"account-updated.v7"), "unknown-type", "type"),
        "unknown opco": (body({**account(), "opco": "XX"}), "malformed-field", "opco"),
        "too deep": (deep, "too-deep", None),
        "twice": (
            good.replace(b'"version": 1', b'"version": 1, "version": 2'),
            "malformed-field",
            "data.version",
        ),
        "NaN": (good.replace(b'"version": 1', b'"version": NaN'), "malformed-field", "data.version"),
        "too long": (
            good.replace(b'"version": 1', b'"version": ' + b"1" * 30),
            "malformed-field",
            "data.version",
        ),
        "missing": (replaced(account(), "persons", value=...), "missing-field", "data.persons"),
        "malformed": (replaced(account(), "as_of", value="today"), "malformed-field", "data.as_of"),
        "unbalanced": (replaced(account(), *ft, "gl", 1, "amount", value="1"), "malformed-field", f"{at}.gl"),
        "no sum": (replaced(account(), *ft, "amount", value="10499"), "malformed-field", f"{at}.amount"),
        "one side": (replaced(account(), *ft, "gl", value=[line]), "malformed-field", f"{at}.gl"),
        "digits": (
            replaced(account(), "service_agreements", 0, "balance", value="10500.50"),
            "malformed-field",
            "data.service_agreements[0].balance",
        ),
    }


def test_what_cannot_be_understood_is_kept_explained_and_harms_no_other(world: World) -> None:
    bad = poison()
    for number, (unreadable, _, _) in enumerate(bad.values()):
        world.publish(upstream.account(f"RW-{100 + number}"))
        world.send(ACCOUNTS, unreadable)
    world.publish(upstream.request("WR-1", "RW-100"))
    world.run()

    found = {bytes(letter["body"]): letter for letter in dead_letters(world)}
    for name, (unreadable, reason, path) in bad.items():
        letter = found.pop(unreadable)
        assert (letter["queue"], letter["reason"], letter["path"]) == (ACCOUNTS, reason, path), name
        assert letter["problem"][0].isupper(), name
        assert letter["problem"].endswith("."), name
        assert (letter["size"], letter["sha256"]) == (len(unreadable), hashlib.sha256(unreadable).hexdigest())
        assert (letter["count"], letter["content_type"]) == (1, "application/cloudevents+json"), name
    assert found == {}

    assert world.depths() == {}
    assert world.count("accounts") == len(bad)
    assert processes(world) == ["RW-100"]

    notices = told(world.read(), "writeoff.dead-letter", "dead-letter-recorded")
    known = {letter["dead_letter_id"]: letter for letter in dead_letters(world)}
    assert len(notices) == len(known) == len(bad)
    for notice in notices:
        letter = known[notice.pop("dead_letter_id")]
        notice.pop("first_seen")
        assert notice == {
            "reason": letter["reason"],
            "path": letter["path"],
            "origin": ACCOUNTS,
            "size": letter["size"],
            "sha256": letter["sha256"],
        }


def test_a_body_that_is_too_large_is_kept_to_the_byte(world: World) -> None:
    large = body(upstream.account("RW-1", main_customer="x" * MAX_BODY_BYTES))
    world.publish(upstream.account("RW-2"))
    world.send(ACCOUNTS, large)
    world.run()
    [letter] = dead_letters(world)
    assert (letter["reason"], letter["path"], letter["size"]) == ("too-large", None, len(large))
    assert bytes(letter["body"]) == large
    assert world.count("accounts") == 1
    assert world.depths() == {}


def test_the_same_poison_again_is_counted_and_told_of_once(world: World) -> None:
    world.send(ACCOUNTS, b"poison", b"poison")
    world.run()
    world.send(ACCOUNTS, b"poison")
    world.send(PAYMENTS, b"poison")
    world.run()
    assert [(letter["queue"], letter["count"]) for letter in dead_letters(world)] == [
        (ACCOUNTS, 3),
        (PAYMENTS, 1),
    ]
    notices = told(world.read(), "writeoff.dead-letter")
    assert sorted(notice["origin"] for notice in notices) == [ACCOUNTS, PAYMENTS]


def test_poison_claims_no_identity(world: World) -> None:
    message = upstream.account("RW-1")
    world.send(ACCOUNTS, body(upstream.changed(message, version="one")))
    world.run()
    world.publish(message)
    world.run()
    assert world.count("accounts") == 1
    assert world.count("dead_letters") == 1


def test_headers_and_properties_are_kept_with_a_dead_letter(world: World) -> None:
    world.send(ACCOUNTS, b"poison", content_type="text/plain", headers={"ce-id": "7", "x-from": "a test"})
    world.run()
    [letter] = dead_letters(world)
    assert letter["content_type"] == "text/plain"
    assert json.loads(letter["headers"])["x-from"] == "a test"
    assert json.loads(letter["properties"])["message_id"] == "raw-0"


def test_what_the_broker_gave_up_becomes_a_row(world: World) -> None:
    message = body(upstream.account("RW-1"))
    world.send(UNDELIVERED_QUEUE, message)
    world.run()
    [letter] = dead_letters(world)
    assert (letter["queue"], letter["reason"]) == (UNDELIVERED_QUEUE, "undelivered")
    assert bytes(letter["body"]) == message
    assert world.count("accounts") == 0
    assert world.depths() == {}


def untouched(world: World) -> None:
    """Take what waits and give it back, as an intake does that is ended with messages in hand."""
    channel = brokers.connect_inbound(world.parts.broker_url, [queue.name for queue in INBOUND])
    assert channel.take(1000, 64 << 20, 2.0)
    channel.close()


def test_what_intakes_only_gave_back_is_not_taken_for_poison(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    for _ in range(3):
        untouched(world)
    world.run()
    assert dead_letters(world) == []
    assert processes(world) == ["RW-1"]


class Killed(BaseException):
    """Ends an intake as a signal would."""


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes reading any message that mentions a text end the process."""

    def set_up(text: str) -> None:
        read = understanding.envelopes.read

        def read_or_die(content: bytes, *rest: Any) -> Any:
            if text.encode() in content:
                raise Killed
            return read(content, *rest)

        monkeypatch.setattr(understanding.envelopes, "read", read_or_die)

    return set_up


def test_a_message_that_kills_intake_is_kept_unread_and_the_others_live(
    open_world: OpenWorld, deadly: Callable[[str], None]
) -> None:
    deadly("RW-66")
    world = open_world()
    world.publish(*(upstream.account(f"RW-{number}") for number in (1, 66, 2)))
    deaths = 0
    for _ in range(5):
        try:
            world.run()
        except Killed:
            deaths += 1
            world = open_world()

    assert deaths == 3  # among the others, once more among them, alone
    [letter] = dead_letters(world)
    assert (letter["reason"], letter["count"]) == ("crashed-intake", 1)
    assert bytes(letter["body"]) == body(upstream.account("RW-66"))
    assert [row["account_id"] for row in world.select("SELECT account_id FROM accounts")] == ["RW-1", "RW-2"]
    assert world.depths() == {}
    assert [notice["reason"] for notice in told(world.read(), "writeoff.dead-letter")] == ["crashed-intake"]


def test_an_exception_inside_one_decision_harms_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocate = payment_received.allocate

    def broken(amount: int, *rest: Any) -> Any:
        if amount == 666:
            raise ZeroDivisionError
        return allocate(amount, *rest)

    monkeypatch.setattr(payment_received, "allocate", broken)
    world.publish(*(upstream.account(f"RW-{number}") for number in range(5)))
    world.run()
    amounts = [100, 200, 666, 300, 400]
    world.publish(*(upstream.payment(f"PAY-{i}", f"RW-{i}", amount) for i, amount in enumerate(amounts)))
    world.run()

    [letter] = dead_letters(world)
    assert letter["reason"] == "crashed-intake"
    assert bytes(letter["body"]) == body(upstream.payment("PAY-2", "RW-2", 666))
    kept = world.select("SELECT payment_id FROM payments ORDER BY payment_id")
    assert [row["payment_id"] for row in kept] == ["PAY-0", "PAY-1", "PAY-3", "PAY-4"]
    assert world.count("inbox", "type = 'pulse.payment-received.v1'") == 4
    assert world.depths() == {}


def test_messages_beyond_one_set_are_all_taken(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MESSAGES_A_SET", 7)
    embedded.publish(*(upstream.account(f"RW-{number}") for number in range(30)))
    embedded.run()
    assert embedded.count("accounts") == 30
    assert embedded.depths() == {}


HOSTILE = {
    "a NUL in the content type": {"content_type": "application/cloudevents+json; a=\0"},
    "half a surrogate pair in the content type": {"content_type": "application/cloudevents+json; a=\ud800"},
    "a NUL in a header": {"headers": {"x-a": "\0", "x-b\0": 1}},
    "half a surrogate pair in a header": {"headers": {"x-a": "\udfff", "x-b": {"\ud800": ["\ud800"]}}},
}


@pytest.mark.parametrize("options", HOSTILE.values(), ids=HOSTILE)
def test_headers_and_properties_that_no_database_takes_stop_nothing(
    world: World, options: dict[str, Any]
) -> None:
    with Connection(world.parts.broker_url) as connection:
        producer = connection.Producer()
        for queue, content in (
            (ACCOUNTS, body(upstream.account("RW-1"))),
            (PAYMENTS, body(upstream.payment("PAY-1", "RW-2", 500))),
            (PAYMENTS, b"poison"),
        ):
            given = {"content_type": "application/cloudevents+json", **options}
            producer.publish(content, routing_key=queue, content_encoding="binary", **given)
    world.run()
    world.publish(upstream.account("RW-2"))
    world.run()
    assert [(each["reason"], each["queue"]) for each in dead_letters(world)] == [
        ("unreadable-body", PAYMENTS)
    ]
    assert world.count("accounts", "version = 1") == 2
    assert world.count("payments") == 1
    assert world.depths() == {}
