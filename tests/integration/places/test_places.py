"""A place of one's own: made empty, used alone, dropped whatever happens; what is live stays as it was."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from proving.places import Given, Name, PlaceRefused, own_place, place
from proving.places import number as numbers
from proving.places.named_vhost import named_vhost
from proving.places.number import number
from proving.places.schema import schema
from proving.places.vhost import vhost
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from store.engine.migrating import current, upgrade
from workers.brokers import contract_topology, declare, queue_depths

NAME = Name.of("bench", os.getpid() % 10**9)
TOPOLOGY = contract_topology(())


class Evaluating:
    """Vhosts through the test's own way into RabbitMQ: rabbitmqctl takes seconds."""

    def __init__(self, server: RabbitMQ) -> None:
        self.server = server

    def exists(self, vhost: str) -> bool:
        return "true" in self.server.evaluate(f'rabbit_vhost:exists(<<"{vhost}">>).')

    def make(self, vhost: str, user: str) -> None:
        assert user == "guest"
        self.server.create_database(vhost)

    def drop(self, vhost: str) -> None:
        self.server.drop_database(vhost)


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT nspname FROM pg_namespace")}


def tables(url: str) -> dict[str, int]:
    """Return the number of rows of every table of `public`."""
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM public."{name}"').fetchone()[0]  # type: ignore[index]
            for (name,) in names
        }


def test_a_schema_holds_all_that_is_made_in_it_and_goes_with_it(postgresql_url: str) -> None:
    upgrade(postgresql_url)
    before = tables(postgresql_url)
    with schema(postgresql_url, NAME) as url:
        assert current(url) is None  # what is in `public` is not seen
        upgrade(url)
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO paused_kinds VALUES ('LETTER', 'x', 'y', now())")
            assert connection.execute("SELECT current_schemas(false)").fetchone() == ([str(NAME)],)
        assert tables(postgresql_url) == before
    assert str(NAME) not in schemas(postgresql_url)
    assert tables(postgresql_url) == before


def test_a_schema_that_exists_is_refused_and_left_as_it_is(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(f'CREATE SCHEMA "{NAME}"')
        connection.execute(f'CREATE TABLE "{NAME}".precious ()')
    with pytest.raises(PlaceRefused, match="exists already"), schema(postgresql_url, NAME):
        pass
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute(f"SELECT to_regclass('\"{NAME}\".precious')").fetchone() != (None,)


def test_a_missing_right_is_named(postgresql_url: str, postgresql: PostgreSQL) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE modest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
        )
    modest = postgresql_url.replace("writeoff@", "modest@")
    with (
        pytest.raises(PlaceRefused, match=r'GRANT CREATE ON DATABASE ".*" TO "modest"'),
        schema(modest, NAME),
    ):
        pass


def test_a_vhost_is_empty_and_goes_even_after_an_error(amqp_url: str, rabbitmq: RabbitMQ) -> None:
    means = Evaluating(rabbitmq)
    with pytest.raises(ZeroDivisionError), vhost(amqp_url, str(NAME), means):
        _ = 1 / 0
    assert not means.exists(str(NAME))


def test_a_vhost_that_exists_is_refused_and_left(amqp_url: str, rabbitmq: RabbitMQ) -> None:
    means = Evaluating(rabbitmq)
    taken = rabbitmq.create_database(str(NAME))
    declare(taken, TOPOLOGY)
    try:
        with pytest.raises(PlaceRefused, match="exists already"), vhost(amqp_url, str(NAME), means):
            pass
        assert queue_depths(taken, ["gl"])["gl"].ready == 0
        with (
            pytest.raises(PlaceRefused, match="not empty"),
            named_vhost(amqp_url, str(NAME), TOPOLOGY),
        ):
            pass
    finally:
        rabbitmq.drop_database(str(NAME))


def test_without_a_way_to_make_one_it_says_what_to_do(amqp_url: str) -> None:
    with pytest.raises(PlaceRefused, match="rabbitmqctl set_permissions"), vhost(amqp_url, str(NAME), None):
        pass


def test_a_vhost_made_beforehand_is_left_empty(amqp_url: str, rabbitmq: RabbitMQ) -> None:
    url = rabbitmq.create_database(str(NAME))
    try:
        with named_vhost(amqp_url, str(NAME), TOPOLOGY) as inside:
            declare(inside, TOPOLOGY)
        assert queue_depths(url, ["gl"])["gl"].ready is None
    finally:
        rabbitmq.drop_database(str(NAME))


def test_a_vhost_of_another_name_is_never_touched(amqp_url: str) -> None:
    name = urlsplit(amqp_url).path.lstrip("/")
    with pytest.raises(PlaceRefused, match="not named"), named_vhost(amqp_url, name, TOPOLOGY):
        pass


def test_a_number_is_taken_where_nothing_is(redis_url: str) -> None:
    with number(redis_url, "bench-1") as first, number(redis_url, "bench-2") as second:
        assert len({redis_url, first, second}) == 3
        with redis.Redis.from_url(first) as client:
            client.set("theirs", "x")
    with redis.Redis.from_url(first) as client:
        assert client.dbsize() == 0


def test_where_every_number_is_used_it_is_refused(
    own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 4  # a private server of ours has hundreds
    monkeypatch.setattr(numbers, "_count", lambda _: count)
    for each in range(1, count):
        with redis.Redis(port=own_valkey.port, db=each) as client:
            client.set("theirs", each)
    with (
        pytest.raises(PlaceRefused, match="no database of Redis is empty"),
        number(own_valkey.url(), "bench-1"),
    ):
        pass
    with redis.Redis(port=own_valkey.port, db=count - 1) as client:
        assert client.get("theirs") == str(count - 1).encode()


@contextmanager
def whole(
    urls: tuple[str, str, str], rabbitmq: RabbitMQ, patch: pytest.MonkeyPatch, *, keep: bool = False
) -> Iterator[place.Place]:
    patch.setattr(place, "means_for", lambda *_: Evaluating(rabbitmq))
    given = Given(database_url=urls[0], broker_url=urls[1], tasks_url=urls[2], topology=TOPOLOGY)
    with own_place(given, NAME, keep=keep) as found:
        yield found


def test_a_part_that_is_refused_leaves_nothing_of_the_others(
    postgresql_url: str, amqp_url: str, redis_url: str, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    rabbitmq.create_database(str(NAME))
    try:
        urls = (postgresql_url, amqp_url, redis_url)
        with pytest.raises(PlaceRefused), whole(urls, rabbitmq, monkeypatch, keep=True):
            pass
        assert str(NAME) not in schemas(postgresql_url)
    finally:
        rabbitmq.drop_database(str(NAME))


def test_a_place_that_is_kept_stays(
    postgresql_url: str, amqp_url: str, redis_url: str, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    with whole((postgresql_url, amqp_url, redis_url), rabbitmq, monkeypatch, keep=True) as found:
        assert found.opco == str(NAME).upper()
    assert str(NAME) in schemas(postgresql_url)
    assert Evaluating(rabbitmq).exists(str(NAME))
    rabbitmq.drop_database(str(NAME))
    with redis.Redis.from_url(found.tasks_url) as client:
        assert client.dbsize() == 1
        client.flushdb()
