"""What there is to do, as people read it: what is wrong first, what is empty in one line at the end."""

from collections.abc import Iterable, Sequence

from rich.console import Console

from operations.cli.printing import age, grouped, heading, note, table
from operations.views.backlog import Backlog, Destination
from operations.views.queues import Broker, Queue, Tasks


def draw(to: Console, backlog: Backlog, broker: Broker, tasks: Tasks) -> None:
    """Print everything."""
    _trouble(to, backlog)
    _inbound(to, broker)
    _outbound(to, backlog, broker)
    empty = [
        title
        for title, headings, rows in _sections(backlog, tasks)
        if not _section(to, title, headings, rows)
    ]
    if tasks.problem is not None:
        heading(to, "Hints to workers")
        note(to, tasks.problem)
    if empty:
        to.print()
        note(to, f"Nothing under: {', '.join(empty)}.")


Rows = list[tuple[object, ...]]


def _sections(backlog: Backlog, tasks: Tasks) -> Iterable[tuple[str, list[str], Rows]]:
    now = backlog.now
    yield (
        "Due events",
        ["Opco", "Kind", "Events>", "Due since!"],
        [(each.opco, each.kind, each.events, each.oldest) for each in backlog.due],
    )
    yield (
        "Timers",
        ["Opco", "Timer", "Set>", "Due>", "Next!"],
        [
            (each.opco, each.kind, each.timers, each.due, each.next_on or each.next_at)
            for each in backlog.timers
        ],
    )
    yield (
        "Messages that wait",
        ["Opco", "Type", "Messages>", "Oldest>"],
        [(each.opco, each.type, each.messages, age(each.oldest, now)) for each in backlog.waiting],
    )
    yield (
        "Requests in progress",
        ["Opco", "Request", "To decide>", "Waiting>"],
        [(each.opco, each.request_id, each.pending, each.waiting) for each in backlog.requests],
    )
    yield (
        "Requests that await approval",
        ["Opco", "Request", "By", "Total>", "Asked by", "Waits>"],
        [
            (
                each.opco,
                each.request_id,
                " or ".join(each.roles),
                f"{each.currency} {grouped(each.total)}",
                each.requested_by,
                age(each.received_at, now),
            )
            for each in backlog.awaiting
        ],
    )
    yield (
        "Sets that run",
        ["Kind", "Events>", "Worker", "For>"],
        [(each.kind, each.events, each.worker, age(each.started_at, now)) for each in backlog.running],
    )
    yield (
        "Hints to workers",
        ["Queue", "Ready>"],
        [(each.name, each.ready) for each in tasks.queues if each.ready],
    )
    yield (
        "Leases",
        ["Lease", "Holder", "Until!"],
        [(each.name, each.holder, each.expires_at) for each in backlog.leases],
    )


def _section(to: Console, title: str, headings: Sequence[str], rows: Rows) -> bool:
    if rows:
        table(to, headings, rows, title)
    return bool(rows)


def _trouble(to: Console, backlog: Backlog) -> None:
    paused: Rows = [
        (each.kind, each.reason, each.actor, age(each.paused_at, backlog.now)) for each in backlog.paused
    ]
    _section(to, "Paused", ["Kind", "Why", "By", "Since>"], paused)
    stopped: Rows = [
        (each.request_id, each.opco, each.reason, each.actor, age(each.paused_at, backlog.now))
        for each in backlog.paused_requests
    ]
    _section(
        to, "Paused requests (writeoff bulk resume)", ["Request", "Opco", "Why", "By", "Since>"], stopped
    )
    failed: Rows = [(each.opco, each.kind, each.events) for each in backlog.failed]
    _section(to, "Failed events (writeoff process failed)", ["Opco", "Kind", "Events>"], failed)
    if backlog.dead_letters:
        heading(to, "Dead letters (writeoff dead-letter list)")
        to.print(f"{backlog.dead_letters:,}")


def _inbound(to: Console, broker: Broker) -> None:
    heading(to, "From Pulse and the consumers")
    if not broker.inbound:
        note(to, broker.problem or "WRITEOFF_BROKER_URL is not set.")
        return
    table(to, ["Queue", "Ready>", "In hand>"], [(each.name, *_depth(each)) for each in broker.inbound])


def _outbound(to: Console, backlog: Backlog, broker: Broker) -> None:
    """Put what the outbox holds beside what waits in the destination's queue."""
    heading(to, "To the consumers")
    depths = {each.name.removeprefix("writeoff."): each for each in broker.outbound}
    rows: Rows = [
        (
            each.destination,
            each.messages,
            age(each.oldest, backlog.now),
            each.failures or None,
            each.retry_at,
            *_depth(depths.pop(each.destination, None)),
        )
        for each in backlog.destinations
    ]
    rows += [(name, 0, None, None, None, *_depth(each)) for name, each in depths.items()]
    headings = ["Destination", "Unpublished>", "Oldest>", "Refused>", "Again at!", "In queue>", "In hand>"]
    table(to, headings, sorted(rows, key=lambda row: str(row[0])))
    for each in backlog.destinations:
        if each.last_error:
            note(to, _refusal(each))


def _refusal(destination: Destination) -> str:
    return f"{destination.destination}: {destination.last_error}"


def _depth(queue: Queue | None) -> tuple[object, object]:
    if queue is None:
        return None, None
    return "not there" if queue.ready is None else queue.ready, queue.unacknowledged
