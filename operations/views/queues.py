"""Depths of the brokers' queues: the contract's, in and out, and Dramatiq's."""

from collections.abc import Iterable

from messages.destinations import INBOUND, UNDELIVERED, outbound
from operations.views.view import View
from workers import brokers
from workers.brokers import BrokerUnavailable
from workers.hints.task_queues import depths
from workers.hints.tasks import TasksUnavailable


class Queue(View, frozen=True, kw_only=True):
    """A queue; `ready` is null where it does not exist, `unacknowledged` where the broker cannot say."""

    name: str
    ready: int | None
    unacknowledged: int | None = None


class Broker(View, frozen=True, kw_only=True):
    """A broker's queues; none where no URL is set, or it does not answer, with the `problem`."""

    problem: str | None
    inbound: list[Queue]
    outbound: list[Queue]


class Tasks(View, frozen=True, kw_only=True):
    """Dramatiq's queues, as those of a broker. They hold hints: what is due is in the database."""

    problem: str | None
    queues: list[Queue]


def broker_queues(url: str | None, agencies: Iterable[str]) -> Broker:
    """Return the depths of the contract's queues."""
    inbound = [queue.name for queue in (*INBOUND, UNDELIVERED)]
    to_consumers = [queue.name for queue in outbound(sorted(set(agencies)))]
    if url is None:
        return Broker(problem=None, inbound=[], outbound=[])
    try:
        found = brokers.queue_depths(url, [*inbound, *to_consumers])
    except BrokerUnavailable as error:
        return Broker(problem=f"The broker does not answer: {error}", inbound=[], outbound=[])
    queues = {
        name: Queue(name=name, ready=each.ready, unacknowledged=each.unacknowledged)
        for name, each in found.items()
    }
    return Broker(
        problem=None,
        inbound=[queues[name] for name in inbound],
        outbound=[queues[name] for name in to_consumers],
    )


def task_queues(url: str | None) -> Tasks:
    """Return the depths of Dramatiq's queues."""
    if url is None:
        return Tasks(problem=None, queues=[])
    try:
        found = depths(url)
    except TasksUnavailable as error:
        return Tasks(problem=f"The tasks' broker does not answer: {error}", queues=[])
    return Tasks(
        problem=None, queues=[Queue(name=name, ready=count) for name, count in sorted(found.items())]
    )
