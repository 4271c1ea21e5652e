"""RabbitMQ: queues that are not the contract's, a user that may do too much, a broker without confirms."""

import configparser
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from kombu.connection import Connection

from messages.destinations import DEAD_LETTER_QUEUE, DEAD_LETTERS, INBOUND
from proving.servers.rabbitmq import RabbitMQ
from tests.integration.doctor.conftest import TOPOLOGY, Examine, only
from workers import brokers
from workers.doctor.areas import rabbitmq as area

DEPLOYED = Path(__file__).parents[3] / "deploy" / "rabbitmq.conf"
INBOX = INBOUND[0].name
#: Of every installation here: publishers are believed.
OPEN = {"settings.auth-open"}


@pytest.fixture
def narrow_url(rabbitmq: RabbitMQ, amqp_url: str) -> str:
    """A vhost, as a user with the rights that docker-compose.yml gives."""
    conf = configparser.ConfigParser()
    conf.read_string("[node]\n" + DEPLOYED.read_text())
    configure, write, read = (
        conf["node"][f"default_permissions.{what}"].replace("\\", "\\\\")
        for what in ("configure", "write", "read")
    )
    assert conf["node"]["default_user_tags.administrator"] == "false"
    vhost = urlsplit(amqp_url).path[1:]
    rabbitmq.evaluate(
        f'rabbit_auth_backend_internal:add_user(<<"{vhost}">>, <<"secret">>, <<"tests">>), '
        f'rabbit_auth_backend_internal:set_permissions(<<"{vhost}">>, <<"{vhost}">>, '
        f'<<"{configure}">>, <<"{write}">>, <<"{read}">>, <<"tests">>).'
    )
    return amqp_url.replace("guest:guest", f"{vhost}:secret")


def declared(
    url: str, name: str, *, without: tuple[str, ...] = (), durable: bool = True, **given: Any
) -> None:
    """Somebody else was first, and declared a queue otherwise."""
    [queue] = only(name).queues
    arguments = {key: value for key, value in queue.arguments.items() if key not in without}
    arguments |= {f"x-{key.replace('_', '-')}": value for key, value in given.items()}
    with Connection(url.replace("amqp://", "pyamqp://")) as connection:
        connection.default_channel.queue_declare(
            name, durable=durable, auto_delete=False, arguments=arguments
        )


def test_what_a_role_has_declared_as_a_narrow_user_is_silent(narrow_url: str, examined: Examine) -> None:
    brokers.declare(narrow_url, TOPOLOGY)
    assert examined(broker_url=narrow_url).keys() == OPEN


def test_a_user_that_may_do_anything_is_found(amqp_url: str, examined: Examine) -> None:
    brokers.declare(amqp_url, TOPOLOGY)
    found = examined(broker_url=amqp_url)
    assert found.keys() == OPEN | {"rabbitmq.user-rights"}
    assert "guest:***@" in found["rabbitmq.user-rights"].where


@pytest.mark.parametrize(
    ("name", "otherwise", "check", "loses"),
    [
        (
            INBOX,
            {"without": ("x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy")},
            "rabbitmq.dead-letter-exchange",
            True,
        ),
        (INBOX, {"dead_letter_routing_key": "elsewhere"}, "rabbitmq.dead-letter-elsewhere", False),
        (INBOX, {"expires": 3_600_000}, "rabbitmq.expires", True),
        (
            INBOX,
            {"durable": False, "queue_type": "classic", "without": ("x-dead-letter-strategy",)},
            "rabbitmq.durable",
            True,
        ),
        (
            INBOX,
            {"queue_type": "classic", "without": ("x-dead-letter-strategy",)},
            "rabbitmq.queue-type",
            False,
        ),
        ("gl", {"without": ("x-overflow", "x-dead-letter-strategy")}, "rabbitmq.overflow", False),
        ("gl", {"message_ttl": 60_000}, "rabbitmq.limits", False),
        (DEAD_LETTER_QUEUE, {"without": ("x-max-length",)}, "rabbitmq.max-length", False),
    ],
)
def test_a_queue_that_is_declared_otherwise_is_found(
    *, amqp_url: str, examined: Examine, name: str, otherwise: dict[str, Any], check: str, loses: bool
) -> None:
    declared(amqp_url, name, **otherwise)
    brokers.declare(amqp_url, TOPOLOGY)  # stays as it is, and is bound
    found = examined(broker_url=amqp_url, topology=only(name))
    assert check in found
    assert found[check].loses == loses
    assert f"Queue {name} " in found[check].what
    assert {each for each, finding in found.items() if finding.loses} == ({check} if loses else set())


def test_everything_that_is_wrong_with_a_queue_is_found_at_once(amqp_url: str, examined: Examine) -> None:
    with Connection(amqp_url.replace("amqp://", "pyamqp://")) as connection:
        connection.default_channel.queue_declare(INBOX, durable=True, auto_delete=False)
    found = examined(broker_url=amqp_url, topology=only(INBOX))
    assert found.keys() >= {"rabbitmq.dead-letter-exchange", "rabbitmq.overflow", "rabbitmq.queue-type"}
    assert "classic queue instead of a quorum one" in found["rabbitmq.queue-type"].what


def test_a_queue_that_is_gone_and_an_old_version_are_found(
    amqp_url: str, examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area, "OLDEST", (99, 0))
    found = examined(broker_url=amqp_url, topology=only(DEAD_LETTERS.name))
    assert found.keys() == OPEN | {"rabbitmq.queue-missing", "rabbitmq.version", "rabbitmq.user-rights"}
    assert brokers.queue_depths(amqp_url, [DEAD_LETTERS.name])[DEAD_LETTERS.name].ready is None


@pytest.fixture
def without_confirms(amqp_url: str) -> Iterator[str]:
    """RabbitMQ behind a proxy that takes publisher confirms out of what it says it can do."""
    parts = urlsplit(amqp_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, parts.port), daemon=True).start()
        yield amqp_url.replace(f":{parts.port}/", f":{listener.getsockname()[1]}/")


def _serve(listener: socket.socket, port: int | None) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", port))
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    told, silent = (b"publisher_confirmst" + bytes([flag]) for flag in (1, 0))
    try:
        while data := one.recv(65_536):
            other.sendall(data.replace(told, silent))
        other.shutdown(socket.SHUT_WR)
    except OSError:
        other.close()


def test_a_broker_without_confirms_is_refused(without_confirms: str, examined: Examine) -> None:
    found = examined(broker_url=without_confirms, topology=only(INBOX))
    assert found["rabbitmq.confirms"].loses
