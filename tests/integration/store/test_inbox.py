"""An identity is claimed once, bytes are kept, business keys have one holder, dead letters are counted."""

from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from store.engine.database import Database
from store.tables import business_keys as key_rows
from store.tables import dead_letters, inbox_body
from store.tables import inbox as messages
from store.traffic import business_keys, inbox
from store.traffic.inbox import Arrival, DeadLetter, Received
from tests.integration.store.concurrency import Started, at_once

BODY = b'{"specversion": "1.0"} \xff\x00'


def received(body: bytes = BODY, queue: str = "writeoff.payments") -> Received:
    return Received(
        queue=queue,
        body=body,
        sha256=sha256(body).hexdigest(),
        content_type="application/cloudevents+json",
        headers='{"a": 1}',
        properties="{}",
    )


def arrival(name: str, body: bytes = BODY, **values: Any) -> Arrival:
    return Arrival(
        **{
            "source": "/pulse/rw",
            "id": name,
            "opco": "RW",
            "type": "pulse.payment-received.v1",
            "account_id": "RW-1",
            "publisher": None,
            "verdict": "open",
            "policy_digest": None,
            "traceparent": "00-trace",
            "tracestate": None,
            "received": received(body),
        }
        | values
    )


def letter(
    body: bytes = BODY, queue: str = "writeoff.payments", reason: str = "malformed-field"
) -> DeadLetter:
    return DeadLetter(received=received(body, queue), reason=reason, path="data.amount", problem="No amount.")


def count(database: Database, table: Any) -> int:
    with database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def test_an_identity_is_new_once(database: Database) -> None:
    first, second = arrival("1"), arrival("2")
    with database.begin() as tx:
        assert inbox.journal(tx, [first]) == {first.identity}
    with database.begin() as tx:
        assert inbox.journal(tx, [first, second]) == {second.identity}
        assert inbox.journal(tx, [first, second]) == set()
    assert count(database, messages) == count(database, inbox_body) == 2


def test_the_same_id_of_another_source_is_another_message(database: Database) -> None:
    with database.begin() as tx:
        assert len(inbox.journal(tx, [arrival("1"), arrival("1", source="/pulse/ke")])) == 2


def test_of_two_with_one_identity_in_a_set_the_first_is_kept(database: Database) -> None:
    with database.begin() as tx:
        assert len(inbox.journal(tx, [arrival("1", b"first"), arrival("1", b"second")])) == 1
    with database.read() as tx:
        stored = inbox.stored(tx, [("/pulse/rw", "1")])["/pulse/rw", "1"]
    assert (stored.body, stored.digest) == (b"first", sha256(b"first").hexdigest())


def test_bytes_and_headers_are_kept_as_they_came(database: Database) -> None:
    with database.begin() as tx:
        inbox.journal(tx, [arrival("1")])
    with database.read() as tx:
        stored = inbox.stored(tx, [("/pulse/rw", "1"), ("/pulse/rw", "unknown")])
    assert [each.body for each in stored.values()] == [BODY]
    message = stored["/pulse/rw", "1"]
    assert (message.state, message.queue, message.headers, message.content_type) == (
        "done",
        "writeoff.payments",
        '{"a": 1}',
        "application/cloudevents+json",
    )


def test_nothing_is_no_message(database: Database) -> None:
    with database.begin() as tx:
        assert inbox.journal(tx, []) == set()
        assert inbox.stored(tx, []) == {}
        assert business_keys.claim(tx, []) == {}
        assert inbox.waiting(tx, []) == []
        assert inbox.bury(tx, []) == []
        inbox.forget(tx, [])
        inbox.set_state(tx, [], "done")


def test_one_of_many_intakes_gets_an_identity(database: Database) -> None:
    arrivals = [arrival(str(number)) for number in range(50)]

    def take(order: int) -> int:
        with database.begin() as tx:
            return len(inbox.journal(tx, arrivals if order else arrivals[::-1]))

    assert sum(at_once(lambda: take(0), lambda: take(1), lambda: take(0))) == 50
    assert count(database, messages) == 50


def test_an_intake_that_comes_second_waits_for_the_first(database: Database) -> None:
    def take() -> int:
        with database.begin() as tx:
            return len(inbox.journal(tx, [arrival("1")]))

    with database.begin() as tx:
        inbox.journal(tx, [arrival("1")])
        second = Started(take)
        assert second.waits()
    assert second.result() == 0


def test_an_identity_given_back_may_be_claimed_again(database: Database) -> None:
    with database.begin() as tx:
        inbox.journal(tx, [arrival("1"), arrival("2")])
        inbox.forget(tx, [arrival("1").identity])
    assert count(database, messages) == count(database, inbox_body) == 1
    with database.begin() as tx:
        assert inbox.journal(tx, [arrival("1"), arrival("2")]) == {arrival("1").identity}


def test_a_business_key_belongs_to_whom_it_came_first(database: Database) -> None:
    key, other = ("RW", "payment", "P-1"), ("RW", "payment", "P-2")
    first, second = ("/pulse/rw", "1"), ("/pulse/rw", "2")
    with database.begin() as tx:
        assert business_keys.claim(tx, [(key, first), (key, second)]) == {key: first}
    with database.begin() as tx:
        assert business_keys.claim(tx, [(key, second), (other, second)]) == {key: first, other: second}
        kenya, attempt = ("KE", "payment", "P-1"), ("RW", "attempt", "P-1")
        assert business_keys.claim(tx, [(kenya, second), (attempt, second)]) == {
            kenya: second,
            attempt: second,
        }
    assert count(database, key_rows) == 4


def test_one_of_many_intakes_gets_a_business_key(database: Database) -> None:
    key = ("RW", "payment", "P-1")

    def claim(name: str) -> tuple[str, str]:
        with database.begin() as tx:
            return business_keys.claim(tx, [(key, ("/pulse/rw", name))])[key]

    assert len(set(at_once(lambda: claim("1"), lambda: claim("2"), lambda: claim("3")))) == 1


def test_what_waits_for_an_account_is_found_oldest_first(database: Database) -> None:
    with database.begin() as tx:
        inbox.journal(tx, [arrival("2"), arrival("3", account_id="RW-2"), arrival("4", opco="KE")])
    with database.begin() as tx:
        inbox.journal(tx, [arrival("1"), arrival("5")])
        waiting = [("/pulse/rw", name) for name in "1234"]
        inbox.set_state(tx, waiting, "waiting")
    with database.begin() as tx:
        assert inbox.waiting(tx, [("RW", "RW-1")]) == [("/pulse/rw", "2"), ("/pulse/rw", "1")]
        inbox.set_state(tx, waiting[1:2], "refused", "account-not-found")
        assert inbox.waiting(tx, [("RW", "RW-1"), ("RW", "RW-2")]) == [waiting[2], waiting[0]]
        found = select(messages.c.refusal, messages.c.decided_at).where(messages.c.id == "2")
        assert tuple(tx.execute(found).one()) == ("account-not-found", tx.now)


def test_a_dead_letter_is_new_once_and_counted_each_time(database: Database) -> None:
    with database.begin() as tx:
        [(first_id, first)] = inbox.bury(tx, [letter(), letter()])
        assert first == letter()
    with database.begin() as tx:
        assert [found for found, _ in inbox.bury(tx, [letter(), letter(b"other")])] != [first_id]
    with database.read() as tx:
        rows = tx.execute(select(dead_letters.c.dead_letter_id, dead_letters.c.count, dead_letters.c.body))
        assert {row[2]: (row[0] == first_id, row[1]) for row in rows} == {
            BODY: (True, 3),
            b"other": (False, 1),
        }


def test_the_same_bytes_from_another_queue_are_another_dead_letter(database: Database) -> None:
    with database.begin() as tx:
        fresh = inbox.bury(tx, [letter(), letter(queue="writeoff.commands")])
    assert len({found for found, _ in fresh}) == 2


def test_the_first_reason_of_a_dead_letter_stands(database: Database) -> None:
    with database.begin() as tx:
        inbox.bury(tx, [letter(), letter(reason="unknown-type")])
        inbox.bury(tx, [letter(reason="unknown-type")])
    with database.read() as tx:
        row = tx.execute(select(dead_letters.c.reason, dead_letters.c.count)).one()
    assert tuple(row) == ("malformed-field", 3)


def test_intakes_that_bury_the_same_at_once_count_it_together(database: Database) -> None:
    letters = [letter(bytes([number])) for number in range(10)]

    def bury(backwards: bool) -> int:  # noqa: FBT001 - one of two orders
        with database.begin() as tx:
            return len(inbox.bury(tx, letters[::-1] if backwards else letters))

    assert sum(at_once(lambda: bury(True), lambda: bury(False), lambda: bury(True))) == 10  # noqa: FBT003
    with database.read() as tx:
        assert set(tx.execute(select(dead_letters.c.count)).scalars()) == {3}
