"""The place as a whole: database, vhost or number, and an opco of its own."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from proving.places.keeping import Keep
from proving.places.named_vhost import named_vhost
from proving.places.naming import Name
from proving.places.number import number
from proving.places.schema import schema
from proving.places.vhost import means_for, vhost
from workers.brokers import Topology
from workers.brokers.address import BrokerAddress, BrokerKind
from writeoff.value import Value


class Given(Value, frozen=True, kw_only=True):
    """The servers of an installation, and what is needed to make a place on them.

    `vhost`: one made beforehand for this. `topology`: what the roles will declare, and must not be there yet.
    """

    database_url: str
    broker_url: str
    tasks_url: str
    management_url: str | None = None
    vhost: str | None = None
    topology: Topology


class Place(Value, frozen=True, kw_only=True):
    """Where a run may do as it likes: URLs of its own on the same servers, and an opco."""

    name: Name
    opco: str
    database_url: str
    broker_url: str
    tasks_url: str


@contextmanager
def own_place(
    given: Given, name: Name, *, keep: bool = False, tell: Callable[[str], None] | None = None
) -> Iterator[Place]:
    """Make a place, and drop it however its use ends; with `keep` it stays.

    Raises `PlaceRefused` where a part of it exists or may not be made: then nothing of it is left. Raises
    `PlaceLeft` where a part could not be dropped; the others are all the same. `tell` hears of each part.
    """
    say = tell or (lambda _: None)
    whole = False

    def stays() -> bool:
        return keep and whole

    with ExitStack() as stack:
        with _undisturbed():
            database_url = stack.enter_context(schema(given.database_url, name, keep=stays))
            say(f"schema {name}")
            broker_url = stack.enter_context(_messages(given, str(name), keep=stays))
            say(_called(broker_url))
            tasks_url = stack.enter_context(_tasks(given, f"{name}-tasks", keep=stays))
            say(f"{_called(tasks_url)} for tasks")
            whole = True
        try:
            yield Place(
                name=name,
                opco=name.opco,
                database_url=database_url,
                broker_url=broker_url,
                tasks_url=tasks_url,
            )
        finally:
            with _undisturbed():
                stack.pop_all().close()


@contextmanager
def _messages(given: Given, name: str, *, keep: Keep) -> Iterator[str]:
    if BrokerAddress.of(given.broker_url).kind is BrokerKind.REDIS:
        with number(given.broker_url, name, keep=keep) as url:
            yield url
    elif given.vhost is not None:
        with named_vhost(given.broker_url, given.vhost, given.topology, keep=keep) as url:
            yield url
    else:
        means = means_for(given.broker_url, given.management_url)
        with vhost(given.broker_url, name, means, keep=keep) as url:
            yield url


@contextmanager
def _tasks(given: Given, name: str, *, keep: Keep) -> Iterator[str]:
    if BrokerAddress.of(given.tasks_url).kind is BrokerKind.REDIS:
        with number(given.tasks_url, name, keep=keep) as url:
            yield url
    else:
        means = means_for(given.tasks_url, given.management_url)
        with vhost(given.tasks_url, name, means, keep=keep) as url:
            yield url


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait: half of a place would be left behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _called(url: str) -> str:
    address = BrokerAddress.of(url)
    kind = "Redis database" if address.kind is BrokerKind.REDIS else "vhost"
    return f"{kind} {str(address).rpartition('/')[2].rpartition('=')[2]}"
