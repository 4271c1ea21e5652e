"""One life that goes through everything: all eight kinds, money back and forth, agencies, operators, trouble.

A step is done by the outside world (publishing, a new date, time passing), or it is `watched`: the product at
work, which may be killed and is then started again with the step that it was at.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from messages.inbound.data import InboundData
from messages.inbound.operations.handle_dead_letter import DiscardDeadLetter, EditDeadLetter
from messages.inbound.operations.replay_outbox import ReplayOutbox
from messages.inbound.operations.retry_event import RetryEvent
from tests.support import policies, upstream
from tests.support.ageing import age
from tests.support.plans import holding, make
from tests.support.upstream import Event
from tests.support.world import World
from workers.intake.operators import Command, submit
from workers.sets.shelf import PolicyShelf

FIRST_DAY = date(2026, 11, 3)
AGENCY = "KIGALI-RECOVERY"
#: The step at which the rows are noted as they are before the old ones go.
NOTED = "noted"
#: Older than the ten years that bytes are kept.
LONG_AGO_DAYS = 4_000
#: Longer than a message waits for its account, or a timer that broke for its next look.
WAIT_SECONDS = 91
#: The scheduler looks for what has become old once an hour.
LATER_SECONDS = 4_000.0
#: Of two commands of one operator at one moment, both are done once, however often they are given.
ORDERED_AT = datetime(2026, 11, 3, 12, tzinfo=UTC)

#: The write-off of the template that stands before the back office's: that of goods refused.
_WRITE_OFF = '{ sequence = 50, event_type = "WRITE-OFF", days = 60'
_NEXT = ",\n]\n\n# The back office"
_POLICY = (
    # Which agency is chosen depends on the order, as it should: there is but one.
    ('name = "Volcano Credit"', 'name = "Volcano Credit"\nactive = false'),
    (f"{_WRITE_OFF} }}{_NEXT}", f"{_WRITE_OFF}, recall_wait_hours = 48 }}{_NEXT}"),
)


class Step(NamedTuple):
    """A step of the life. What is not watched is done once, and no product process is killed in it."""

    name: str
    do: Callable[[World], None]
    watched: bool = False


def policy_folder(path: Path) -> Path:
    """Write the policy of this life."""
    return policies.folder(path, *_POLICY)


def steps() -> list[Step]:
    """Return the whole life."""
    return list(_steps())


def _steps() -> Iterator[Step]:
    yield from _day(0)
    yield from _arrive("snapshots", *_snapshots())
    yield from _arrive(
        "requests",
        upstream.request("WR-2", "RW-2"),
        upstream.request("WR-6", "RW-6"),
        upstream.payment("PAY-9", "RW-405", 700),
    )
    yield from _arrive(
        "opt-out", upstream.request("WR-3", "RW-3", disposition="opt_out", reason="moved"), waits=False
    )
    yield Step("plan", _bulk)
    yield Step("bulk", _expand_without_nudges, watched=True)
    yield from _settle("bulk")
    yield Step("edit", lambda world: _order(world, _edit(world)), watched=True)
    yield Step("discard", lambda world: _order(world, _discard(world)), watched=True)
    yield from _settle("dead letters", waits=False)
    yield from _day(10)
    at = {"received_at": "2026-11-13T09:00:00Z"}
    yield from _arrive(
        "payments",
        upstream.payment("PAY-1", "RW-1", 2_001, **at),
        upstream.payment("PAY-2", "RW-2", 1_000, **at),
        waits=False,
    )
    yield from _day(30)
    yield from _settle("month", waits=False)
    yield from _day(60)
    yield from _settle("recall", waits=False)
    yield Step("reply", _reply)
    yield from _settle("reply", waits=False)
    yield from _day(61)
    yield from _arrive("bounce", upstream.bounce("PAY-2", "RW-2"), waits=False)
    yield from _arrive(
        "undone",
        upstream.reversal("WV-1", "WR-2", "RW-2"),
        upstream.reversal("WV-2", "WR-2", "RW-6"),  # refused: it is another request's
    )
    yield from _arrive("alone", upstream.payment("PAY-3", "RW-2", 300, received_at="2027-01-02T09:00:00Z"))
    yield Step("retry", lambda world: _order(world, _retry(world)), watched=True)
    yield from _settle("retried", waits=False)
    yield Step("replay", lambda world: _order(world, _replay()), watched=True)
    yield from _settle("replayed", waits=False)
    yield Step(NOTED, lambda _world: None)
    yield Step("ten years", _grow_old)
    yield Step("cleaned up", _clean_up, watched=True)


def _snapshots() -> Iterator[Event]:
    """What begins: an attempt before its account, a message that nobody can read, one identity twice."""
    yield upstream.attempt("A-1", "RW-1", "refused-to-return")
    yield upstream.account("RW-1", owed=750_000)
    for number in (2, 3, 4, 5, 6):
        yield upstream.account(f"RW-{number}", owed=10_500 + number)
    orphan = upstream.payment("PAY-8", "RW-4", 500)
    yield {**orphan, "opco": "XX"}
    yield upstream.renamed(
        upstream.account("RW-2", owed=999, version=2), upstream.account("RW-3", owed=10_503)["id"]
    )


def _day(number: int) -> Iterator[Step]:
    to = FIRST_DAY + timedelta(days=number)
    yield Step(f"day {number}", lambda world: world.set_date(to))


def _arrive(name: str, *messages: Event, waits: bool = True) -> Iterator[Step]:
    yield Step(f"{name} arrive", lambda world: world.publish(*messages))
    yield from _settle(name, waits=waits)


def _settle(name: str, *, waits: bool = True) -> Iterator[Step]:
    yield Step(name, World.run, watched=True)
    if waits:
        yield Step(f"{name}: a minute and a half", lambda world: world.age(WAIT_SECONDS))
        yield Step(f"{name}: later", World.run, watched=True)


def _bulk(world: World) -> None:
    """Pulse has planned a request, and holds to the plan."""
    request = upstream.request("WR-4", "RW-4", "RW-5", "RW-404")
    _, digest = make(world, request)
    world.publish(holding(request, digest))


def _expand_without_nudges(world: World) -> None:
    """Its nudge is lost: the scheduler finds it."""
    world.take()
    world.nudges.queue.clear()
    world.run()


def _reply(world: World) -> None:
    """The agency has stopped."""
    [referral] = world.select("SELECT referral_id FROM referrals WHERE account_id = 'RW-1'")
    data = {"referral_id": str(referral["referral_id"]), "agency": AGENCY, "reply": "recall-acknowledged"}
    world.publish(upstream.event("agency.referral-replied.v1", data, source=f"/agency/{AGENCY}"))


def _order(world: World, data: InboundData) -> None:
    """An operator gives a command; after a crash, the same command again."""
    command = Command(user="grace", publisher="root", opco="RW", data=data, at=ORDERED_AT)
    submit(world.database, PolicyShelf(), [command])


def _letter(world: World, reason: str) -> tuple[str, bytes]:
    rows = world.select("SELECT dead_letter_id, reason, body FROM dead_letters")
    [found] = [row for row in rows if row["reason"] == reason]
    return str(found["dead_letter_id"]), bytes(found["body"])


def _edit(world: World) -> InboundData:
    letter_id, body = _letter(world, "malformed-field")
    mended = json.dumps({**json.loads(body), "opco": "RW"})
    return EditDeadLetter(dead_letter_id=letter_id, revision=0, body=mended, reason="the opco was wrong")


def _discard(world: World) -> InboundData:
    letter_id, _ = _letter(world, "conflicting-duplicate")
    return DiscardDeadLetter(dead_letter_id=letter_id, reason="sent by mistake")


def _retry(world: World) -> InboundData:
    """What is refused where the event has not failed."""
    [found] = world.select("SELECT process_id FROM processes WHERE account_id = 'RW-3'")
    return RetryEvent(
        account_id="RW-3", process_id=str(found["process_id"]), event_sequence=10, reason="the cause is gone"
    )


def _replay() -> InboundData:
    return ReplayOutbox(since=datetime(2020, 1, 1, tzinfo=UTC), without_opco=True)


def _grow_old(world: World) -> None:
    with world.database.begin() as tx:
        age(tx, LONG_AGO_DAYS)


def _clean_up(world: World) -> None:
    world.clock += LATER_SECONDS
    world.run()


def numbers(world: World) -> dict[str, Any]:
    """Return what the rows of `outcome` do not show: dead letters, and what was cleaned up."""
    letters = world.select("SELECT queue, sha256, reason, state, became_id FROM dead_letters")
    gone = world.select("SELECT table_name, rows, finished_at FROM retired")
    return {
        "dead letters": sorted([str(each) for each in row.values()] for row in letters),
        "cleaned up": sorted(
            [row["table_name"], row["rows"], row["finished_at"] is not None] for row in gone
        ),
        "left": {name: world.count(name) for name in ("outbox", "running", "suspects", "inbox_body")},
    }
