"""What must exist on a broker before messages flow."""

from collections.abc import Iterable
from dataclasses import dataclass

from messages.destinations import EXCHANGES, INBOUND, UNDELIVERED, Exchange, Queue, outbound


@dataclass(frozen=True, kw_only=True, slots=True)
class Topology:
    """Exchanges and queues with their bindings. The queues' arguments are RabbitMQ's."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()


def contract_topology(agencies: Iterable[str]) -> Topology:
    """Everything in the contract, with a queue for each of the policy's agencies and for no other."""
    return Topology(exchanges=EXCHANGES, queues=(*INBOUND, UNDELIVERED, *outbound(agencies)))
