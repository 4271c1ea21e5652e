"""Channels on a fresh, declared topology."""

from collections.abc import Callable, Iterator

import pytest

from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.integration.brokers.samples import TOPOLOGY
from workers.brokers import InboundChannel, OutboundChannel, connect_inbound, connect_outbound, declare

OpenInbound = Callable[..., InboundChannel]


@pytest.fixture
def url(broker_url: str) -> str:
    declare(broker_url, TOPOLOGY)
    return broker_url


@pytest.fixture
def inbound(url: str) -> Iterator[OpenInbound]:
    """Opens channels, and closes them at the end."""
    opened: list[InboundChannel] = []

    def open_inbound(*queues: str) -> InboundChannel:
        opened.append(connect_inbound(url, queues))
        return opened[-1]

    yield open_inbound
    for channel in opened:
        channel.close()


@pytest.fixture
def outbound(url: str) -> Iterator[OutboundChannel]:
    channel = connect_outbound(url, TOPOLOGY)
    yield channel
    channel.close()


@pytest.fixture(params=["rabbitmq", "valkey"])
def own_broker(request: pytest.FixtureRequest) -> RabbitMQ | Valkey:
    """A broker that the test may kill: once each."""
    server: RabbitMQ | Valkey = request.getfixturevalue(f"own_{request.param}")
    return server
