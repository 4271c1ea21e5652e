"""Publishing again: what would be listed, and the order with its sets."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from messages.inbound.operations.replay_outbox import ReplayOutbox
from operations.actor import Operator
from operations.database import opened, reading, take_time
from operations.failures import NotFound, Unusable
from operations.orders import opcos_named, order
from operations.views.view import View
from store.traffic import outbox, replaying
from store.traffic.publications import written_from
from store.traffic.replaying import Scope
from workers.scheduling.upkeep import REPLAY_A_SET
from workers.settings import Settings


class Destination(View, frozen=True, kw_only=True):
    """Messages to a destination that a replay lists; `unconfirmed` are listed anyway."""

    destination: str
    messages: int
    unconfirmed: int


class Replay(View, frozen=True, kw_only=True):
    """What a replay lists, or has listed; `written_from` is when the oldest of it may have been written."""

    since: datetime
    written_from: datetime
    dry_run: bool
    messages: int
    destinations: list[Destination]


def moment(text: str) -> datetime:
    """Return WHEN as a moment; raises `Unusable` for what is none, or has no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(f"--since {text!r} is no time such as 2026-11-03T09:00:00Z.") from None
    if found.tzinfo is None:
        if len(text) > len("2026-11-03"):
            raise Unusable(f"--since {text!r} has no offset: end it with Z, or with +02:00.")
        found = found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def look(settings: Settings, since: datetime, destination: str | None) -> Replay:
    """Return what a replay would list now. Raises `NotFound` for a destination that never had a message."""
    names = opcos_named(settings, None)
    with reading(settings) as tx:
        take_time(tx)
        known = {each.destination for each in outbox.backlog(tx)}
        if destination is not None and destination not in known:
            raise NotFound(
                f"Nothing was ever sent to {destination!r}; there are: {', '.join(sorted(known))}."
            )
        begin = written_from(tx, since, destination)
        scopes = [
            Scope(
                opco=name,
                since=begin,
                until=tx.now,
                destination=destination,
                without_opco=name == names[0],
            )
            for name in names
        ]
        found = [
            Destination(destination=each.destination, messages=each.messages, unconfirmed=each.unconfirmed)
            for each in replaying.would_list(tx, scopes)
        ]
    return Replay(
        since=since,
        written_from=begin,
        dry_run=True,
        messages=sum(each.messages - each.unconfirmed for each in found),
        destinations=found,
    )


def replay(
    settings: Settings,
    who: Operator,
    since: datetime,
    destination: str | None,
    watch: Callable[[int], None],
) -> Replay:
    """Order a replay for every opco, list its sets, and return what was listed.

    The order is journaled first: if this process ends half-way, the scheduler goes on with the sets.
    """
    planned = look(settings, since, destination)
    names = opcos_named(settings, None)
    data = {
        name: ReplayOutbox(since=since, destination=destination, without_opco=name == names[0])
        for name in names
    }
    outcomes = order(settings, who, data)
    listed = _list_all(settings, [fact.cause.at for outcome in outcomes for fact in outcome.facts], watch)
    return Replay(
        since=since,
        written_from=planned.written_from,
        dry_run=False,
        messages=listed,
        destinations=planned.destinations,
    )


def _list_all(settings: Settings, ordered: Sequence[datetime], watch: Callable[[int], None]) -> int:
    with opened(settings) as database:
        while True:
            with database.begin() as tx:
                if replaying.go_on(tx, REPLAY_A_SET) is None:
                    break
            with database.read() as tx:
                watch(sum(each.listed for each in replaying.all_since(tx, min(ordered))))
        with database.read() as tx:
            return sum(each.listed for each in replaying.all_since(tx, min(ordered)))
