"""Each test gets empty places of its own."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import redis
import sqlalchemy
from kombu.connection import Connection

from proving.servers.rabbitmq import RabbitMQ


@pytest.mark.parametrize("_", range(2))
def test_a_fresh_database_is_empty(postgresql_url: str, _: int) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE ledger (entry bigint)")


@pytest.mark.parametrize("_", range(2))
def test_a_fresh_redis_database_is_empty(redis_url: str, _: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("key", "value")


@pytest.mark.parametrize("_", range(2))
def test_a_fresh_broker_has_no_messages(broker_url: str, _: int) -> None:
    with Connection(broker_url) as connection, connection.SimpleQueue("letter") as queue:
        queue.put({"letter": 1})
        queue.put({"letter": 2})
        assert queue.get(timeout=5).payload == {"letter": 1}


def test_both_databases_answer_through_sqlalchemy(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_many_may_ask_at_once(rabbitmq: RabbitMQ) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(rabbitmq.evaluate, ["1 + 1."] * 40)) == {"{ok, 2}"}
