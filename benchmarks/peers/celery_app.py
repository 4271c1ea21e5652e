"""The Celery peer: a task a step, acknowledged when it is done."""

import os
from functools import cache
from typing import Any

from celery import Celery, Task

from benchmarks.peers.flow import Flow, Step, connect

app = Celery("peer", broker=os.environ["PEER_TASKS_URL"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    broker_connection_retry_on_startup=True,
    # Of many short tasks more may be fetched ahead than the usual four a process (Celery, "Optimizing").
    worker_prefetch_multiplier=16,
    worker_disable_rate_limits=True,
)


@cache
def flow() -> Flow:
    """Connect once a process, after the fork."""
    return connect(os.environ["PEER_DATABASE_URL"], os.environ["PEER_BROKER_URL"])


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def take(body: str) -> None:
    """Take a request."""
    send(flow().take(body))


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def decide(opco: str, request_id: str, ordinal: int) -> None:
    """Decide an account of a bulk request."""
    send(flow().decide(opco, request_id, ordinal))


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def answer(opco: str, request_id: str) -> None:
    """Answer a bulk request."""
    send(flow().answer(opco, request_id))


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def run_event(process_id: str, sequence: int) -> None:
    """Run an event."""
    send(flow().run_event(process_id, sequence))


TASKS: dict[str, Task] = {"take": take, "decide": decide, "answer": answer, "run_event": run_event}


def send(steps: list[Step]) -> None:
    """Send the tasks that follow."""
    for name, arguments in steps:
        TASKS[name].delay(*arguments)


def submit(body: Any) -> None:
    """Send what the consumer has received."""
    take.delay(body)
