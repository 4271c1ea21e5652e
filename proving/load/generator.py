"""The generator: tells stories as fast as it is asked to, writes down each message before it says it."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from proving.load import poison, wording
from proving.load.hearing import Ear
from proving.load.intents import Diary, Intent, of_bytes, of_event
from proving.load.stories import STORIES
from proving.load.stories.story import Story, Until
from workers import brokers
from workers.brokers import BrokerUnavailable, OutboundChannel, Topology
from writeoff.value import Value

#: Between two looks at what there is to say.
TICK_SECONDS = 0.1
#: Messages of one batch to the broker.
BATCH = 200
#: Of a hundred messages: said twice at once, said again later, poison besides.
TWICE, AGAIN, POISON = 10, 6, 8
#: Stories that are told at a time.
STORIES_AT_ONCE = 60
#: How far the business date moves at a time, in days, and how often, in seconds.
LONGEST_STEP, DATE_SECONDS = 5, 2.0
#: After an outage of the broker.
TROUBLE_SECONDS = 0.3


class _Told(Value, frozen=True, kw_only=True):
    """A story with where it is."""

    story: Story
    telling: Iterator[Until]
    until: list[Until]


class Generator(threading.Thread):
    """Upstream, in one thread. `finish` begins no more stories; `over` says whether all are told."""

    def __init__(
        self,
        *,
        seed: int,
        folder: Path,
        broker_url: str,
        first_day: date,
        set_date: Callable[[date], bool],
        messages_a_second: float,
        opcos: Mapping[str, str],
    ) -> None:
        """`opcos` is what those of the stories are called in this run."""
        super().__init__(name="load", daemon=True)
        self.seed = seed
        self.diary = Diary(folder / "intents.jsonl")
        self.today = first_day
        self.ear = Ear(folder)
        self.stories: list[Story] = []
        self.failed: BaseException | None = None
        self.published = Counter[str]()
        self._random = Random(seed)  # noqa: S311 - the same load for the same seed, and no secret
        self._broker_url = broker_url
        self._set_date = set_date
        self._rate = messages_a_second
        self._opcos = opcos
        self._told: list[_Told] = []
        self._waiting: deque[Intent] = deque()
        self._again: deque[Intent] = deque(maxlen=2_000)
        self._channel: OutboundChannel | None = None
        self._finishing = threading.Event()
        self._halt = threading.Event()
        self._jump: date | None = None
        self._date_at = time.monotonic() + DATE_SECONDS

    # --- what the rig asks --------------------------------------------------------------------------------

    def finish(self) -> None:
        """Begin no new stories, poison or repetitions; go on with those that have begun."""
        self._finishing.set()

    def jump(self, days: int) -> None:
        """Move the business date so far on, where no story forbids it."""
        self._jump = self.today + timedelta(days=days)

    def over(self) -> bool:
        """Tell whether every story is told and every message acknowledged."""
        return self._finishing.is_set() and not self._told and not self._waiting and self._jump is None

    def busy(self) -> bool:
        """Tell whether there are messages to publish, or a date to set."""
        return bool(self._waiting) or self._jump is not None

    def progress(self) -> tuple[int, int]:
        """Return what changes whenever a story goes on: messages meant, stories told."""
        return self._count, len(self._told)

    def stuck(self) -> list[str]:
        """Return what the stories that are not over wait for."""
        return [f"{told.story.name} ({told.story.sort}): {told.story.waits_for}" for told in self._told]

    def say_again(self, numbers: list[int]) -> None:
        """Publish messages once more that the broker had taken and lost."""
        self._waiting.extend(self.diary.intents[number] for number in numbers)

    def end(self) -> None:
        """Stop, wherever it is. Writes down what each story expects."""
        self._halt.set()
        self.join(60)
        unfinished = {told.story.name for told in self._told}
        for story in self.stories:
            self.diary.note({"story": plain(story, finished=story.name not in unfinished)})
        self.diary.close()

    # --- the thread ---------------------------------------------------------------------------------------

    def run(self) -> None:
        """Tell until halted. An error of the rig itself is kept in `failed`."""
        began, said = time.monotonic(), 0
        try:
            while not self._halt.wait(TICK_SECONDS):
                self.ear.listen()
                self._move_date()
                allowed = (time.monotonic() - began) * self._rate
                if not self._finishing.is_set() and said < allowed and len(self._told) < STORIES_AT_ONCE:
                    self._begin()
                said += self._go_on()
                self._publish()
        except BaseException as error:  # noqa: BLE001 - the rig must say that its load has broken
            self.failed = error
        if self._channel is not None:
            self._channel.close()

    def _begin(self) -> None:
        names = [name for name, (times, _) in STORIES.items() for _ in range(times)]
        sort = self._random.choice(names)
        number = len(self.stories) + 1
        story = Story(f"{number:05}", sort, Random(f"{self.seed}-{number}"), self.ear, lambda: self.today)  # noqa: S311
        self.stories.append(story)
        self._told.append(_Told(story=story, telling=STORIES[sort][1](story), until=[lambda: True]))

    def _go_on(self) -> int:
        """Let every story say what it can; return how many messages there are to publish."""
        intents: list[Intent] = []
        over: list[_Told] = []
        for told in self._told:
            while told.until[0]():
                step = next(told.telling, None)
                intents += self._intents(told.story)
                if step is None:
                    over.append(told)
                    told.story.not_beyond = None
                    break
                told.until[0] = step
        self._told = [told for told in self._told if told not in over]
        if not intents and not self._finishing.is_set():
            return 0
        new = len(intents)
        if not self._finishing.is_set():
            intents += self._poison(new)
        if intents:
            self.diary.intend([each for each in intents if each.number not in self.diary.intents])
            self._waiting.extend(intents)
        return len(intents)

    def _intents(self, story: Story) -> list[Intent]:
        found: list[Intent] = []
        for said in story.take_said():
            intent = of_event(
                self._number(len(found)),
                story.name,
                wording.named(said.message, self._opcos),
                said.sort,
                expect=said.expect,
                reason=said.reason,
            )
            found.append(intent)
        self._count += len(found)
        return found

    _count = 0

    def _number(self, ahead: int) -> int:
        return self._count + ahead + 1

    def _poison(self, new: int) -> list[Intent]:
        found: list[Intent] = []
        for _ in range(new):
            if self._random.randrange(100) < POISON:
                number = self._number(0)
                self._count += 1
                sort, sound, body = poison.poison(self._random, number, self._opcos)
                found.append(of_bytes(number, "", body, sound, f"poison: {sort}", expect="dead"))
            if self._again and self._random.randrange(100) < AGAIN:
                found.append(self._random.choice(self._again))
        return found

    def _publish(self) -> None:
        """Publish what waits, in order; what the broker did not confirm waits on."""
        while self._waiting and not self._halt.is_set():
            batch: dict[int, Intent] = {}
            while self._waiting and len(batch) < BATCH and self._waiting[0].number not in batch:
                intent = self._waiting.popleft()
                batch[intent.number] = intent
            confirmed = self._sent(batch)
            self.diary.confirmed(confirmed)
            self.published.update(batch[number].sort for number in confirmed)
            for number in confirmed:
                if not self._finishing.is_set() and self._random.randrange(100) < TWICE:
                    self._waiting.append(batch[number])
                self._again.append(batch[number])
            rest = [intent for number, intent in batch.items() if number not in confirmed]
            if rest:
                self._waiting.extendleft(reversed(rest))
                self._halt.wait(TROUBLE_SECONDS)
                return

    def _sent(self, batch: dict[int, Intent]) -> set[int]:
        try:
            if self._channel is None:
                self._channel = brokers.connect_outbound(self._broker_url, Topology())
            result = self._channel.publish([intent.outgoing() for intent in batch.values()])
            return {int(name) for name in result.confirmed}
        except BrokerUnavailable as trouble:
            if self._channel is not None:
                self._channel.close()
            self._channel = None
            return {int(name) for name in trouble.confirmed}

    def _move_date(self) -> None:
        now = time.monotonic()
        if self._jump is not None:
            wanted = self._jump
        elif not self._finishing.is_set() and now >= self._date_at:
            self._date_at = now + DATE_SECONDS
            wanted = self.today + timedelta(days=self._random.randint(1, LONGEST_STEP))
        else:
            return
        limits = [told.story.not_beyond for told in self._told if told.story.not_beyond is not None]
        if wanted > min(limits, default=wanted):
            return
        # Where it is not known whether a date was set, the same one is set again.
        self._jump = wanted
        if self._set_date(wanted):
            self.today, self._jump = wanted, None


def plain(story: Story, *, finished: bool) -> dict[str, Any]:
    """Return a story as the diary has it."""
    return {
        "name": story.name,
        "sort": story.sort,
        "exact": story.exact,
        "finished": finished,
        "waits_for": story.waits_for,
        "accounts": story.accounts,
        "requests": story.requests,
        "expected": [
            [queue, kind, times] for (queue, kind), times in sorted(story.expected.items()) if times
        ],
        "journals": [
            {
                "account_id": each.account_id,
                "kind": each.kind,
                "debits": dict(each.debits),
                "credits": dict(each.credits),
                "payment_id": each.payment_id,
            }
            for each in story.journals
        ],
    }
