"""What is written is listed until it is confirmed; one relay at a time has a destination."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.engine.database import Database
from store.tables import destinations, messages_out
from store.tables import outbox as unconfirmed
from store.traffic import outbox, relaying
from store.traffic.outbox import NewMessage
from store.traffic.relaying import PendingMessage
from tests.integration.store.rows import uuid

ONE, TWO = uuid("relay one"), uuid("relay two")


def message(name: str, destination: str = "gl", **values: Any) -> NewMessage:
    return NewMessage(
        **{
            "message_id": uuid(name),
            "destination": destination,
            "type": "writeoff.journal-posted.v1",
            "body": f'{{"id": "{name}"}}'.encode(),
            "opco": "RW",
            "account_id": "RW-1",
            "process_id": uuid("process"),
            "correlation_id": "c",
            "causation_id": "m",
        }
        | values
    )


def add(database: Database, *messages: NewMessage) -> None:
    with database.begin() as tx:
        outbox.add(tx, messages)


def pending(database: Database, destination: str = "gl", limit: int = 100) -> list[PendingMessage]:
    with database.read() as tx:
        return relaying.pending(tx, [destination], limit)[destination]


def lease(database: Database, token: str, destination: str = "gl", seconds: float = 60) -> bool:
    with database.begin() as tx:
        return destination in relaying.lease(tx, token, seconds)


def waiting(database: Database, token: str = TWO) -> list[str]:
    """Return what a relay could lease now."""
    with database.begin() as tx:
        found = relaying.lease(tx, token, 60)
        tx.connection.rollback()
    return found


def confirm(database: Database, token: str, positions: list[int], destination: str = "gl") -> bool:
    with database.begin() as tx:
        return relaying.confirmed(tx, token, {destination: positions}) == {destination}


def release(database: Database, token: str) -> None:
    with database.begin() as tx:
        relaying.release(tx, token, ["gl", "letter"])


def back_off(database: Database, token: str, longest: float = 300) -> float:
    """Refuse once; return for how long the destination waits."""
    with database.begin() as tx:
        relaying.back_off(tx, "gl", token, "queue is full", longest)
        until = tx.execute(select(destinations.c.retry_at).where(destinations.c.destination == "gl"))
        return float((until.scalar_one() - tx.now).total_seconds())


def its_time_has_come(database: Database) -> None:
    with database.begin() as tx:
        tx.update(destinations, ("destination",), ("retry_at",), [("gl", tx.now - timedelta(seconds=1))])


def test_who_writes_waits_for_no_relay(postgresql_database: Database) -> None:
    add(postgresql_database, message("first"))

    with postgresql_database.begin() as relay:
        assert relaying.lease(relay, ONE, 60) == ["gl"]
        add(postgresql_database, message("second"))

    assert [each.message_id for each in pending(postgresql_database)] == [uuid("first"), uuid("second")]


def test_messages_are_pending_in_the_order_they_were_written(database: Database) -> None:
    add(database, message("b"), message("a"), message("x", "letter"))
    add(database, message("c"))
    found = pending(database)
    assert [each.message_id for each in found] == [uuid(name) for name in "bac"]
    assert [each.body for each in found] == [message(name).body for name in "bac"]
    assert [each.position for each in found] == sorted(each.position for each in found)
    assert [each.message_id for each in pending(database, limit=2)] == [uuid("b"), uuid("a")]
    assert [each.message_id for each in pending(database, "letter")] == [uuid("x")]


def test_what_is_rolled_back_is_never_sent(database: Database) -> None:
    def fail() -> None:
        with database.begin() as tx:
            outbox.add(tx, [message("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert waiting(database) == []


def test_a_destination_waits_while_it_has_messages(database: Database) -> None:
    add(database, message("a"), message("x", "letter"))
    assert waiting(database) == ["gl", "letter"]
    assert lease(database, ONE)
    assert waiting(database) == []
    confirm(database, ONE, [each.position for each in pending(database)])
    release(database, ONE)
    assert waiting(database) == ["letter"]
    add(database, message("b"))
    assert waiting(database) == ["gl", "letter"]


def test_a_destination_is_leased_to_one_relay(database: Database) -> None:
    add(database, message("a"))
    assert lease(database, ONE)
    assert not lease(database, TWO)
    assert lease(database, ONE)
    release(database, TWO)
    assert not lease(database, TWO)
    release(database, ONE)
    assert lease(database, TWO)


def test_a_lease_that_ran_out_is_taken_over(database: Database) -> None:
    add(database, message("a"))
    assert lease(database, ONE, seconds=-1)
    assert waiting(database) == ["gl"]
    assert lease(database, TWO)
    assert not confirm(database, ONE, [each.position for each in pending(database)])
    assert len(pending(database)) == 1


def test_a_lease_that_ran_out_and_nobody_took_still_confirms(database: Database) -> None:
    add(database, message("a"))
    assert lease(database, ONE, seconds=-1)
    confirm(database, ONE, [each.position for each in pending(database)])
    assert pending(database) == []


def test_a_destination_that_is_not_known_cannot_be_leased(database: Database) -> None:
    assert not lease(database, ONE, "nowhere")


def test_what_is_confirmed_leaves_the_list_and_stays_for_ever(database: Database) -> None:
    add(database, *(message(str(number)) for number in range(5)))
    assert lease(database, ONE)
    confirm(database, ONE, [each.position for each in pending(database)[:3]])
    assert [each.message_id for each in pending(database)] == [uuid("3"), uuid("4")]
    with database.read() as tx:
        assert len(tx.execute(select(messages_out.c.message_id)).all()) == 5
        assert len(tx.execute(select(unconfirmed.c.position)).all()) == 2


def test_a_destination_that_refuses_waits_twice_as_long_each_time(database: Database) -> None:
    add(database, message("a"))
    waits = []
    for _ in range(5):
        its_time_has_come(database)
        assert lease(database, ONE)
        confirm(database, ONE, [])  # as a relay does that was refused everything
        waits.append(back_off(database, ONE, longest=10))
    assert waits == [1, 2, 4, 8, 10]
    assert waiting(database) == []


def test_one_confirmed_message_ends_the_back_off(database: Database) -> None:
    add(database, message("a"), message("b"))
    for _ in range(3):
        lease(database, ONE)
        back_off(database, ONE)
        its_time_has_come(database)
    lease(database, ONE)
    confirm(database, ONE, [pending(database)[0].position])
    assert back_off(database, ONE) == 1


def test_who_lost_the_lease_cannot_let_the_destination_wait(database: Database) -> None:
    add(database, message("a"))
    lease(database, ONE, seconds=-1)
    lease(database, TWO)
    with database.begin() as tx:
        relaying.back_off(tx, "gl", ONE, "late", 300)
        row = tx.execute(select(destinations.c.retry_at, destinations.c.token)).one()
    assert tuple(row) == (None, TWO)


def test_a_destination_is_tried_again_when_its_time_has_come(database: Database) -> None:
    add(database, message("a"))
    lease(database, ONE)
    back_off(database, ONE)
    assert waiting(database) == []
    its_time_has_come(database)
    assert waiting(database) == ["gl"]


def test_the_backlog_names_every_destination(database: Database) -> None:
    add(database, message("a"), message("b"), message("x", "letter"))
    lease(database, ONE, "letter")
    confirm(database, ONE, [each.position for each in pending(database, "letter")], "letter")
    lease(database, ONE)
    back_off(database, ONE)
    with database.read() as tx:
        found = {each.destination: (each.messages, each.last_error) for each in outbox.backlog(tx)}
    assert found == {"gl": (2, "queue is full"), "letter": (0, None)}


def test_a_relay_goes_on_at_once_with_what_it_could_not_give_back(database: Database) -> None:
    """The database went away between the lease and the confirmation."""
    add(database, message("a"))
    assert lease(database, ONE)
    assert waiting(database, ONE) == ["gl"]
    assert waiting(database, TWO) == []
    assert lease(database, ONE)


def test_what_is_confirmed_and_given_back_is_free_at_once(database: Database) -> None:
    add(database, message("a"), message("b"))
    assert lease(database, ONE)
    first = pending(database)[0].position
    with database.begin() as tx:
        assert relaying.confirmed(tx, ONE, {"gl": [first]}, release=True) == {"gl"}
    assert [each.message_id for each in pending(database)] == [uuid("b")]
    assert lease(database, TWO)
