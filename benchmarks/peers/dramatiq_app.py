"""The plain Dramatiq peer: an actor a step, with the retries that Dramatiq brings."""

import os
from functools import cache

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.flow import Flow, Step, connect

dramatiq.set_broker(RedisBroker(url=os.environ["PEER_TASKS_URL"]))


@cache
def flow() -> Flow:
    """Connect once a process, after the fork."""
    return connect(os.environ["PEER_DATABASE_URL"], os.environ["PEER_BROKER_URL"])


@dramatiq.actor
def take(body: str) -> None:
    """Take a request."""
    send(flow().take(body))


@dramatiq.actor
def decide(opco: str, request_id: str, ordinal: int) -> None:
    """Decide an account of a bulk request."""
    send(flow().decide(opco, request_id, ordinal))


@dramatiq.actor
def answer(opco: str, request_id: str) -> None:
    """Answer a bulk request."""
    send(flow().answer(opco, request_id))


@dramatiq.actor
def run_event(process_id: str, sequence: int) -> None:
    """Run an event."""
    send(flow().run_event(process_id, sequence))


ACTORS: dict[str, dramatiq.Actor[..., None]] = {
    "take": take,
    "decide": decide,
    "answer": answer,
    "run_event": run_event,
}


def send(steps: list[Step]) -> None:
    """Send the messages that follow."""
    for name, arguments in steps:
        ACTORS[name].send(*arguments)


def submit(body: str) -> None:
    """Send what the consumer has received."""
    take.send(body)
