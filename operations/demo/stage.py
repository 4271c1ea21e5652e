"""Plays the acts: sends, moves the business date to every day on which something falls due, and waits."""

import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from sqlalchemy import func, select

from operations.demo.cloud_events import CloudEvent
from operations.demo.portfolio import Act
from operations.demo.stories import DAYS
from store import opcos
from store.tables import events, messages_out, timers
from workers import brokers
from workers.embedded.everything import Embedded

#: Far more than any day of the demonstration takes.
SETTLE_SECONDS = 120.0
#: Between looks at messages that wait for an account by the clock.
LOOK_SECONDS = 0.1


class Audience(Protocol):
    """Who watches: told what begins, what is left of it, and what came of it."""

    def begins(self, on: date, title: str, sent: int) -> None:
        """Something begins; `sent` messages go in."""
        ...

    def goes_on(self, left: int) -> None:
        """So much is left to do, as far as is known."""
        ...

    def ends(self, done: int, published: int) -> None:
        """It is over: so many events are done and so many messages are out because of it."""
        ...


class Stage:
    """A running installation with an audience."""

    def __init__(self, running: Embedded, audience: Audience) -> None:
        self._running = running
        self._database = running.parts.database
        self._audience = audience

    def play(self, acts: Sequence[Act]) -> list[date]:
        """Play the acts on their dates and every date between and after them; return the dates."""
        dates = []
        for today, of_the_day in self._days(acts):
            dates.append(today)
            with self._database.begin() as tx:
                opcos.set_business_date(tx, None, today)
            if not of_the_day or self._anything_due(today):
                self._settle(today, DAYS.get(today.isoformat(), "what falls due"))
            for act in of_the_day:
                self._settle(today, act.title, act.messages)
        self._wait_for_arrivals(dates[-1])
        return dates

    def _days(self, acts: Sequence[Act]) -> Iterator[tuple[date, list[Act]]]:
        """Yield each date in turn; what falls due next is looked up when the day before is done."""
        left = list(acts)
        today = left[0].on
        while True:
            yield today, [act for act in left if act.on == today]
            left = [act for act in left if act.on > today]
            following = [each for each in (self._next_due(today), *(act.on for act in left)) if each]
            if not following:
                return
            today = min(following)

    def _anything_due(self, today: date) -> bool:
        due = select(events.c.sequence).where(events.c.due_on <= today)
        set_for = select(timers.c.subject).where(timers.c.due_on <= today)
        with self._database.read() as tx:
            return any(tx.execute(each.limit(1)).first() for each in (due, set_for))

    def _next_due(self, today: date) -> date | None:
        of_events = select(func.min(events.c.due_on)).where(events.c.due_on > today)
        of_timers = select(func.min(timers.c.due_on)).where(timers.c.due_on > today)
        with self._database.read() as tx:
            found = [tx.execute(each).scalar() for each in (of_events, of_timers)]
        return min((each for each in found if each is not None), default=None)

    def _settle(self, today: date, title: str, messages: Sequence[CloudEvent] = ()) -> None:
        self._audience.begins(today, title, len(messages))
        done, published = self._counts()
        if messages:
            self._send(messages)
        self._running.settle(SETTLE_SECONDS, lambda left: self._audience.goes_on(sum(left.values())))
        now_done, now_published = self._counts()
        self._audience.ends(now_done - done, now_published - published)

    def _send(self, messages: Sequence[CloudEvent]) -> None:
        """Publish as Pulse does, and see every message confirmed."""
        batch = [brokers.inbound_message(each, "structured") for each in messages]
        channel = brokers.connect_outbound(self._running.broker_url, brokers.Topology())
        try:
            refused = channel.publish(batch).refused
        finally:
            channel.close()
        for each in batch:
            if each.id in refused:
                raise brokers.InboundRefused(each.type, refused[each.id])

    def _wait_for_arrivals(self, today: date) -> None:
        """Wait until nothing waits any more for an account that never comes (R16)."""
        self._audience.begins(today, "waiting for accounts that never come", 0)
        done, published = self._counts()
        deadline = time.monotonic() + SETTLE_SECONDS
        while (waiting := self._waiting()) and time.monotonic() < deadline:
            self._audience.goes_on(waiting)
            time.sleep(LOOK_SECONDS)
        self._running.settle(SETTLE_SECONDS)
        now_done, now_published = self._counts()
        self._audience.ends(now_done - done, now_published - published)

    def _waiting(self) -> int:
        with self._database.read() as tx:
            counted = select(func.count()).select_from(timers).where(timers.c.due_at.is_not(None))
            return int(tx.execute(counted).scalar_one())

    def _counts(self) -> tuple[int, int]:
        complete = select(func.count()).select_from(events).where(events.c.status == "complete")
        out = select(func.count()).select_from(messages_out)
        with self._database.read() as tx:
            return int(tx.execute(complete).scalar_one()), int(tx.execute(out).scalar_one())
