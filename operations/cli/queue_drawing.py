"""What there is to do, as people read it: what is wrong first."""

from collections.abc import Sequence

from rich.console import Console

from operations.cli.printing import age, heading, table
from operations.views.backlog import Backlog
from operations.views.queues import Broker, Queue, Tasks


def draw(to: Console, backlog: Backlog, broker: Broker, tasks: Tasks) -> None:
    """Print everything; what is empty and always there is one line."""
    _trouble(to, backlog)
    _queues(to, "Broker, to this worker", broker.inbound, broker.problem)
    _queues(to, "Broker, to consumers", broker.outbound, broker.problem)
    _destinations(to, backlog)
    due = [(each.opco, each.kind, each.events, each.oldest) for each in backlog.due]
    table(to, ["Opco", "Kind", "Events>", "Due since!"], due, "Due events")
    timers = [
        (each.opco, each.kind, each.timers, each.due, each.next_on or each.next_at) for each in backlog.timers
    ]
    table(to, ["Opco", "Timer", "Set>", "Due>", "Next!"], timers, "Timers")
    waiting = [
        (each.opco, each.type, each.messages, age(each.oldest, backlog.now)) for each in backlog.waiting
    ]
    table(to, ["Opco", "Type", "Messages>", "Oldest>"], waiting, "Messages that wait for a snapshot")
    requests = [(each.opco, each.request_id, each.pending, each.waiting) for each in backlog.requests]
    table(to, ["Opco", "Request", "To decide>", "Waiting>"], requests, "Requests in progress")
    running = [
        (each.kind, each.events, each.worker, age(each.started_at, backlog.now)) for each in backlog.running
    ]
    table(to, ["Kind", "Events>", "Worker", "For>"], running, "Sets that run")
    _queues(to, "Hints to workers", [each for each in tasks.queues if each.ready], tasks.problem)
    leases = [(each.name, each.holder, each.expires_at) for each in backlog.leases]
    table(to, ["Lease", "Holder", "Until!"], leases, "Leases")


def _trouble(to: Console, backlog: Backlog) -> None:
    if backlog.paused:
        paused = [
            (each.kind, each.reason, each.actor, age(each.paused_at, backlog.now)) for each in backlog.paused
        ]
        table(to, ["Kind", "Why", "By", "Since>"], paused, "Paused")
    if backlog.failed:
        failed = [(each.opco, each.kind, each.events) for each in backlog.failed]
        table(to, ["Opco", "Kind", "Events>"], failed, "Failed events (writeoff process failed)")
    if backlog.dead_letters:
        heading(to, f"{backlog.dead_letters} dead letters (writeoff dead-letter list)")


def _queues(to: Console, title: str, queues: Sequence[Queue], problem: str | None) -> None:
    if problem is not None:
        heading(to, title)
        to.print(f"  {problem}", markup=False)
        return
    rows = [
        (each.name, "not there" if each.ready is None else each.ready, each.unacknowledged) for each in queues
    ]
    table(to, ["Queue", "Ready>", "In hand>"], rows, title)


def _destinations(to: Console, backlog: Backlog) -> None:
    rows = [
        (each.destination, each.messages, age(each.oldest, backlog.now), each.failures or None, each.retry_at)
        for each in backlog.destinations
    ]
    table(to, ["Destination", "Unpublished>", "Oldest>", "Refused>", "Again at!"], rows, "Outbox")
    for each in backlog.destinations:
        if each.last_error:
            to.print(f"  {each.destination}: {each.last_error}", markup=False)
