"""A vhost that somebody made beforehand for this: must be empty, and is left empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from kombu.connection import Connection

from proving.places.keeping import Keep, never
from proving.places.naming import is_a_name
from proving.places.refusal import PlaceRefused
from proving.places.vhost import reachable
from workers.brokers import Topology, queue_depths


@contextmanager
def named_vhost(broker_url: str, name: str, topology: Topology, *, keep: Keep = never) -> Iterator[str]:
    """Give the URL of a vhost in which none of a topology exists, and delete what of it exists afterwards.

    Raises `PlaceRefused` where the vhost is not there or has queues of this product.
    """
    if not is_a_name(name):
        raise PlaceRefused(f"the vhost {name} is not named bench-N or prove-N: it may be somebody's own")
    url = urlsplit(broker_url)._replace(path=f"/{quote(name, safe='')}").geturl()
    if not reachable(url):
        raise PlaceRefused(f"the vhost {name} is not there, or does not let this user in")
    depths = queue_depths(url, [queue.name for queue in topology.queues])
    if taken := sorted(queue for queue, depth in depths.items() if depth.ready is not None):
        raise PlaceRefused(f"the vhost {name} is not empty: it has the queue {taken[0]}")
    try:
        yield url
    finally:
        if not keep():
            _clear(url, topology)


def _clear(url: str, topology: Topology) -> None:
    with Connection(url) as connection:
        channel = connection.channel()
        for queue in topology.queues:
            channel.queue_delete(queue.name)
        for exchange in topology.exchanges:
            channel.exchange_delete(exchange.name)
