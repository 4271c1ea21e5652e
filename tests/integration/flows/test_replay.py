"""A broker has lost its data, a database comes from a backup: the same messages are published again."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from messages.destinations import outbound
from messages.inbound.operations.replay_outbox import ReplayOutbox
from operations.cli.app import execute
from operations.failures import Unusable
from operations.replaying import moment
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from store.tables import messages_out, outbox, publications
from store.traffic import replaying
from tests.support import upstream
from tests.support.outcome import by_id, said
from tests.support.upstream import Event
from tests.support.world import World
from workers import brokers
from workers.intake.operators import Command, Outcome, submit
from workers.sets.shelf import PolicyShelf

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NAMES = ("RW-1", "RW-2", "RW-3")


def story() -> list[Event]:
    return [
        *(upstream.account(name) for name in NAMES),
        upstream.request("WR-1", "RW-1"),
        upstream.request("WR-2", "RW-2", "RW-3"),
    ]


def replay(world: World, since: datetime = LONG_AGO, destination: str | None = None) -> Outcome:
    data = ReplayOutbox(since=since, destination=destination, without_opco=True)
    at = datetime.now(UTC)
    command = Command(user="grace", publisher="root", opco="RW", data=data, at=at)
    [outcome] = submit(world.database, PolicyShelf(), [command])
    return outcome


def list_all(world: World, a_set: int = 7) -> list[int]:
    """List a replay's sets, each in a transaction of its own."""
    sizes: list[int] = []
    while True:
        with world.database.begin() as tx:
            size = replaying.go_on(tx, a_set)
        if size is None:
            return sizes
        sizes.append(size)


def written(world: World) -> dict[str, Any]:
    rows = world.select("SELECT message_id, body FROM messages_out")
    return {str(row["message_id"]): json.loads(row["body"]) for row in rows}


def told(messages: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What consumers that deduplicate have seen, all destinations together."""
    return {key: each for found in by_id(messages).values() for key, each in found.items()}


@pytest.fixture(params=["redis", "amqp", "amqp-node"])
def losing(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[], None]]]:
    """A broker, and what deletes all that it has: its files, or its vhost with queues and messages."""
    if request.param == "amqp-node":
        node: RabbitMQ = request.getfixturevalue("own_rabbitmq")

        def lose_node() -> None:
            node.stop()
            shutil.rmtree(node.folder / "data")
            node.start()

        yield node.url(), lose_node
        return
    if request.param == "redis":
        valkey: Valkey = request.getfixturevalue("own_valkey")

        def lose_files() -> None:
            valkey.stop()
            shutil.rmtree(valkey.folder / "appendonlydir")
            valkey.start()

        yield valkey.url(), lose_files
        return
    rabbitmq: RabbitMQ = request.getfixturevalue("rabbitmq")
    name = f"lost_{os.getpid()}"

    def lose_vhost() -> None:
        rabbitmq.drop_database(name)
        rabbitmq.create_database(name)

    yield rabbitmq.create_database(name), lose_vhost
    rabbitmq.drop_database(name)


def test_a_broker_that_lost_everything_is_filled_again(
    losing: tuple[str, Callable[[], None]], sqlite_url: str
) -> None:
    """Some messages were read, some lay in queues, some were not published yet when the data were deleted."""
    broker_url, lose = losing
    world = World(sqlite_url, broker_url)
    [*accounts, first, second] = story()
    world.publish(*accounts, first)
    world.run()
    read = world.read()
    world.publish(second)
    world.run()
    world.publish(upstream.payment("PAY-1", "RW-1", 500))
    world.take()
    assert world.count("outbox") > 0
    world.intake.close()
    world.relay.close()
    lose()

    assert replay(world).refusal is None
    list_all(world)
    assert world.count("outbox") == world.count("messages_out")
    restarted = World(sqlite_url, broker_url)
    restarted.run()
    after = restarted.read()

    assert world.count("outbox") == 0
    seen = told({name: [*read[name], *after[name]] for name in after})
    assert seen == written(world)
    assert seen.keys() == told(after).keys()
    assert len(seen) > 15
    world.close()
    restarted.close()


@pytest.mark.parametrize(
    ("database", "broker"), [("sqlite", "redis"), ("postgresql", "redis"), ("postgresql", "amqp")]
)
def test_a_backup_makes_the_same_messages_again(
    database: str, broker: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A database of an hour ago, the broker of today: what came in since comes in again."""
    url: str = request.getfixturevalue(f"{database}_url")
    broker_url: str = request.getfixturevalue(f"{broker}_url")
    world = World(url, broker_url)
    [*accounts, first, second] = story()
    world.publish(*accounts, first)
    world.run()
    world.close()
    backup = taken(request, url, tmp_path)
    world = World(url, broker_url)
    since = [second, upstream.payment("PAY-1", "RW-1", 500), upstream.bounce("PAY-1", "RW-1")]
    for event in since:
        world.publish(event)
        world.run()
    world.set_date(date(2026, 11, 17))
    world.run()
    before, ids = world.read(), written(world).keys()
    world.close()

    restored = World(backup, broker_url, business_date=None)
    for event in since:
        restored.publish(event)
        restored.run()
    restored.set_date(date(2026, 11, 17))
    restored.run()
    replay(restored)
    list_all(restored)
    restored.run()
    after = restored.read()

    assert written(restored).keys() == ids
    assert said(after) == said(before)
    restored.close()


def taken(request: pytest.FixtureRequest, url: str, folder: Path) -> str:
    """Return the URL of a copy of a database as it is now."""
    if url.startswith("sqlite"):
        copy = folder / "backup.sqlite"
        with (
            closing(sqlite3.connect(make_url(url).database or "")) as now,
            closing(sqlite3.connect(copy)) as to,
        ):
            now.backup(to)
        return f"sqlite:///{copy}"
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    name = make_url(url).database or ""
    request.addfinalizer(lambda: postgresql.drop_database(f"{name}_backup"))
    return postgresql.create_database(f"{name}_backup", name)


def test_the_bytes_are_the_same(world: World) -> None:
    world.publish(*story())
    world.run()
    before = raw(world)
    replay(world)
    list_all(world)
    world.run()
    after = raw(world)
    assert before == after
    assert len(after) == world.count("messages_out") > 10


def raw(world: World) -> dict[str, bytes]:
    """Read every consumer's queue: exact bytes by id, each once."""
    agencies = sorted({code for policy in world.parts.policies for code in policy.agencies})
    channel = brokers.connect_inbound(world.parts.broker_url, [queue.name for queue in outbound(agencies)])
    found: dict[str, bytes] = {}
    try:
        while deliveries := channel.take(1000, 64 << 20, world.patience):
            for each in deliveries:
                message_id = json.loads(each.body)["id"]
                assert message_id not in found
                found[message_id] = each.body
            channel.acknowledge(deliveries)
    finally:
        channel.close()
    return found


def test_a_replay_goes_on_where_it_was_left(world: World) -> None:
    world.publish(*story())
    world.run()
    everything = world.count("messages_out")
    replay(world)
    with world.database.begin() as tx:
        assert replaying.go_on(tx, 5) == 5
    assert world.count("outbox") == 5
    with suppress(InterruptedError), world.database.begin() as tx:
        replaying.go_on(tx, 5)
        raise InterruptedError
    assert world.count("outbox") == 5

    world.settle()  # the scheduler goes on
    assert world.count("outbox") == everything
    [row] = world.select("SELECT listed, finished_at, actor FROM replays")
    assert (row["listed"], row["actor"], row["finished_at"] is None) == (
        everything,
        "/operations/grace",
        False,
    )
    assert list_all(world) == []


def test_two_who_list_at_once_list_each_once(world: World) -> None:
    world.publish(*story())
    world.run()
    replay(world)
    replay(world, destination="letter")
    list_all(world, 4)
    assert world.count("outbox") == world.count("messages_out")


def test_what_waited_for_the_broker_counts_from_when_it_was_published(world: World) -> None:
    """The broker was away for two days, came back and published all of it, and then lost it."""
    world.publish(*story())
    world.run()
    since = datetime.now(UTC) - timedelta(minutes=1)
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    with world.database.begin() as tx:
        tx.execute(outbox.delete())
        tx.execute(
            messages_out.update()
            .where(messages_out.c.destination == "letter")
            .values(created_at=two_days_ago, created_on=two_days_ago.date())
        )
        rows = tx.execute(select(messages_out).where(messages_out.c.destination == "letter")).all()
        listed = [(row.destination, row.message_id, row.created_on) for row in rows]
        tx.insert(outbox, ("destination", "message_id", "created_on"), listed)
    while world.relay.step().done:
        pass

    replay(world, since, "letter")
    assert sum(list_all(world)) == len(listed) > 0
    assert world.count("outbox") == len(listed)
    with world.database.begin() as tx:
        tx.execute(publications.delete())
        tx.execute(outbox.delete())
    replay(world, since, "letter")
    assert sum(list_all(world)) == 0
    assert replay(world, since + timedelta(days=1)).refusal == "since-in-future"


def test_when_is_a_moment() -> None:
    assert moment("2026-11-03") == datetime(2026, 11, 3, tzinfo=UTC)
    assert moment("2026-11-03T09:00:00+02:00") == datetime(2026, 11, 3, 7, tzinfo=UTC)
    for text in ("yesterday", "2026-11-03T09:00:00", ""):
        with pytest.raises(Unusable):
            moment(text)


def test_the_command_counts_first_and_then_lists(
    embedded: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded.publish(*story())
    embedded.send("writeoff.commands", b"nonsense")
    embedded.run()
    monkeypatch.chdir(tmp_path)
    url = embedded.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", url)
    everything = embedded.count("messages_out")
    assert everything > embedded.count("messages_out", "opco IS NOT NULL")
    command = ["outbox", "replay", "--since", "2026-01-01", "--as", "grace", "--json"]
    capsys.readouterr()

    assert execute([*command, "--dry-run"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["dry_run"], planned["messages"]) == (True, everything)
    assert (embedded.count("outbox"), embedded.count("replays")) == (0, 0)

    assert execute([*command, "--destination", "letter"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["messages"] == embedded.count("outbox") > 0
    assert [each["destination"] for each in told["destinations"]] == ["letter"]
    assert execute(command[:-1]) == 0
    assert "messages were listed again" in capsys.readouterr().out
    assert embedded.count("outbox") == everything
    assert embedded.count("inbox", "type = 'writeoff.operations.replay-outbox.v1'") == 6
    assert execute([*command, "--destination", "nobody"]) == 3
    assert execute(["outbox", "replay", "--since", "then"]) == 2
    assert execute(["outbox", "replay", "--since", "2999-01-01"]) == 1
