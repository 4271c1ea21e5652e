"""Encrypted, and with nobody but the server that the URL names."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import free_port
from proving.servers.valkey import Valkey
from tests.integration.brokers.samples import TOPOLOGY, numbers, outgoing, take_until
from tests.support.tls_door import tls_door
from workers.brokers import (
    BrokerUnavailable,
    UnusableBrokerUrl,
    connect_inbound,
    connect_outbound,
    declare,
)


@dataclass(kw_only=True)
class TlsRabbitMQ(RabbitMQ):
    tls_port: int = field(default_factory=free_port)

    def prepare(self) -> None:
        certificate(self.folder)
        self.settings = {
            "listeners.ssl.1": f"127.0.0.1:{self.tls_port}",
            "ssl_options.cacertfile": f"{self.folder}/cert.pem",
            "ssl_options.certfile": f"{self.folder}/cert.pem",
            "ssl_options.keyfile": f"{self.folder}/key.pem",
        }
        super().prepare()

    def tls_url(self, host: str = "127.0.0.1") -> str:
        return f"amqps://guest:guest@{host}:{self.tls_port}/%2F"


@dataclass(kw_only=True)
class TlsValkey(Valkey):
    tls_port: int = 0

    def prepare(self) -> None:
        certificate(self.folder)
        super().prepare()

    def tls_url(self, host: str = "127.0.0.1") -> str:
        return f"rediss://{host}:{self.tls_port}/0"


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1, and for no host by name, that is its own authority."""
    subject = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    key = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(["openssl", "req", *key, *subject, *files], check=True, capture_output=True)


@pytest.fixture(params=[TlsRabbitMQ, TlsValkey], ids=lambda kind: kind.name)
def tls_broker(request: pytest.FixtureRequest) -> Iterator[TlsRabbitMQ | TlsValkey]:
    with request.param() as server, ExitStack() as stack:
        if isinstance(server, TlsValkey):
            files = (server.folder / "cert.pem", server.folder / "key.pem")
            server.tls_port = stack.enter_context(tls_door(*files, server.port))
        yield server


def test_a_server_that_is_verified_is_used_and_no_other(tls_broker: TlsRabbitMQ | TlsValkey) -> None:
    trusted = f"?ssl_ca_certs={tls_broker.folder}/cert.pem"
    url = tls_broker.tls_url() + trusted

    declare(url, TOPOLOGY)
    publisher, consumer = connect_outbound(url, TOPOLOGY), connect_inbound(url, ["orders"])
    batch = [outgoing(number, body=b"." * number * 100) for number in range(1_500)]
    assert len(publisher.publish(batch).confirmed) == 1_500
    taken = take_until(consumer, 1_000)
    consumer.acknowledge(taken)
    taken += take_until(consumer, 500)
    consumer.heartbeat()
    consumer.close()
    publisher.close()

    assert numbers(taken) == list(range(1_500))
    with pytest.raises(BrokerUnavailable, match="certificate verify failed"):
        connect_outbound(tls_broker.tls_url(), TOPOLOGY)
    with pytest.raises(BrokerUnavailable, match="certificate"):
        connect_outbound(tls_broker.tls_url("localhost") + trusted, TOPOLOGY)


@pytest.mark.parametrize(
    "url", ["amqps://host/?ssl_cert_reqs=none", "rediss://host/0?ssl_check_hostname=false"]
)
def test_verification_cannot_be_switched_off(url: str) -> None:
    with pytest.raises(UnusableBrokerUrl, match="always verified"):
        connect_outbound(url, TOPOLOGY)
