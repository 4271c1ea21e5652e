"""Dramatiq on Redis and on RabbitMQ: hints arrive at once, and a broker that is away holds nobody up."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import dramatiq
import pytest
from dramatiq.errors import ConnectionClosed
from dramatiq.worker import Worker

from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.support.processes import eventually
from workers.brokers import UnusableBrokerUrl
from workers.hints import tasks
from workers.hints.task_brokers import TasksUnavailable
from workers.hints.task_brokers.opening import redis_url
from workers.hints.task_queues import depths
from workers.hints.tasks import SILENT_SECONDS, DramatiqNudger, queue_of

KIND = "send-letter"
#: What Dramatiq's threads would sleep, if nothing woke them.
IDLE_SECONDS = 3.0


@pytest.fixture(params=["amqp", "redis"])
def tasks_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["rabbitmq", "valkey"])
def own_server(request: pytest.FixtureRequest) -> RabbitMQ | Valkey:
    server: RabbitMQ | Valkey = request.getfixturevalue(f"own_{request.param}")
    return server


@contextmanager
def consuming(url: str, act: Callable[[object], None], threads: int = 1) -> Iterator[Worker]:
    """A worker with one actor, which looks by itself every `IDLE_SECONDS` alone."""
    broker = tasks.connect(url, consuming=True)
    dramatiq.actor(actor_name=KIND, queue_name=queue_of(KIND), broker=broker)(act)
    worker = Worker(broker, worker_threads=threads, worker_timeout=int(IDLE_SECONDS * 1000))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(timeout=20_000)
        broker.close()


def nudger_of(url: str) -> DramatiqNudger:
    return DramatiqNudger(tasks.connect(url))


def test_a_hint_wakes_its_consumer(tasks_url: str) -> None:
    arrived: Queue[float] = Queue()
    nudger = nudger_of(tasks_url)
    with consuming(tasks_url, lambda _keys: arrived.put(time.monotonic())):
        nudger.events(KIND, [("warm-up", 1)])
        arrived.get(timeout=20)
        took = []
        for number in range(10):
            time.sleep(0.1)
            sent = time.monotonic()
            nudger.events(KIND, [(str(number), 1)])
            took.append(arrived.get(timeout=20) - sent)
    nudger.close()
    assert sorted(took)[5] < IDLE_SECONDS / 10, took


def test_more_hints_than_a_worker_takes_at_once_are_worked_off_without_a_pause(tasks_url: str) -> None:
    arrived: Queue[object] = Queue()
    nudger = nudger_of(tasks_url)
    for number in range(200):
        nudger.events(KIND, [(str(number), 1)])
    begun = time.monotonic()
    with consuming(tasks_url, arrived.put):
        for _ in range(200):
            arrived.get(timeout=20)
        took = time.monotonic() - begun
    nudger.close()
    assert took < IDLE_SECONDS, took


def test_depths_count_what_waits_and_what_is_given_back_when_a_worker_stops(tasks_url: str) -> None:
    held = threading.Event()
    nudger = nudger_of(tasks_url)
    assert depths(tasks_url)[queue_of(KIND)] == 0
    for number in range(20):
        nudger.events(KIND, [(str(number), 1)])
    eventually(lambda: depths(tasks_url)[queue_of(KIND)] == 20, "20 hints")

    begun = threading.Event()

    def hold(_keys: object) -> None:
        begun.set()
        held.wait(20)

    with consuming(tasks_url, hold) as worker:
        assert begun.wait(20)
        worker.workers[0].stop()
        held.set()
    eventually(lambda: depths(tasks_url)[queue_of(KIND)] == 19, "all but the one that ran given back")
    assert set(depths(tasks_url)) == {queue_of(name) for name in tasks.actor_names()}
    nudger.close()


def test_a_killed_broker_stops_neither_side_for_good(own_server: RabbitMQ | Valkey) -> None:
    url = own_server.create_database("killed")
    arrived: Queue[object] = Queue()
    now = 0.0
    nudger = DramatiqNudger(tasks.connect(url), clock=lambda: now)
    with consuming(url, arrived.put):
        nudger.events(KIND, [("before", 1)])
        arrived.get(timeout=20)
        own_server.kill()

        begun = time.monotonic()
        with pytest.raises(TasksUnavailable):
            nudger.events(KIND, [("during", 1)])
        assert time.monotonic() - begun < 5
        begun = time.monotonic()
        for _ in range(1_000):
            with pytest.raises(TasksUnavailable):
                nudger.events(KIND, [("during", 1)])
        assert time.monotonic() - begun < 1

        own_server.start()
        now = SILENT_SECONDS + 1
        nudger.events(KIND, [("after", 1)])
        eventually(lambda: [["after", 1]] in arrived.queue, "a hint after the restart")
    nudger.close()


def test_a_worker_stops_while_its_broker_is_away(own_server: RabbitMQ | Valkey) -> None:
    url = own_server.create_database("stopped")
    nudger = nudger_of(url)
    begun, held = threading.Event(), threading.Event()

    def hold(_keys: object) -> None:
        begun.set()
        held.wait(20)

    with consuming(url, hold):
        nudger.events(KIND, [("held", 1)])
        assert begun.wait(20)
        own_server.kill()
        held.set()
        stopping = time.monotonic()
    # One of Dramatiq's threads may be in its own pause, of 3 s, or in a wait for a first message.
    assert time.monotonic() - stopping < IDLE_SECONDS + 5
    nudger.close()


def test_a_connection_that_is_gone_before_it_is_used_is_an_outage(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RabbitMQ, restarting, takes it and lets go at once: pika says ValueError to that."""

    def gone(_socket: socket.socket) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr(socket.socket, "getpeername", gone, raising=False)
    broker = tasks.connect(amqp_url, consuming=True)
    with pytest.raises(ConnectionClosed):
        broker.consume(queue_of(KIND))
    broker.close()
    with pytest.raises(TasksUnavailable):
        nudger_of(amqp_url).events(KIND, [("00000000-0000-0000-0000-000000000001", 1)])


@pytest.mark.parametrize("scheme", ["redis://127.0.0.1:{}/0", "amqp://guest:guest@127.0.0.1:{}/"])
def test_a_broker_that_takes_connections_and_says_nothing_is_given_up_soon(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nudger = nudger_of(scheme.format(silent.getsockname()[1]))
        begun = time.monotonic()
        with pytest.raises(TasksUnavailable):
            nudger.events(KIND, [("unheard", 1)])
        assert time.monotonic() - begun < 6
        nudger.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1/"])
def test_depths_of_a_broker_that_is_away_say_so_without_the_password(url: str) -> None:
    with pytest.raises(TasksUnavailable) as caught:
        depths(url)
    assert "guest:guest" not in str(caught.value)


def test_both_brokers_may_be_given_by_the_same_url() -> None:
    assert redis_url("redis+socket:///run/valkey.sock?virtual_host=3") == "unix:///run/valkey.sock?db=3"
    assert redis_url("valkey://:secret@host:6380/2") == "redis://:secret@host:6380/2"
    assert redis_url("rediss://host/0?ssl_ca_certs=%2Fca.pem") == "rediss://host/0?ssl_ca_certs=%2Fca.pem"
    with pytest.raises(UnusableBrokerUrl):
        tasks.connect("kafka://host")
