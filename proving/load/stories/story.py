"""One story while it is told: what it says next, what it waits to hear, and what must come of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from random import Random
from typing import Any

from proving.load.hearing import Ear, Heard
from proving.load.intents import Expect
from proving.load.wording import Event
from writeoff.value import Value


class Said(Value, frozen=True, kw_only=True):
    """A message that a story wants published, and what must become of it."""

    message: Event
    sort: str = "plain"
    expect: Expect = "decided"
    reason: str | None = None


class Journal(Value, frozen=True, kw_only=True):
    """A journal that must have been posted: what it comes to by GL account, in minor units."""

    account_id: str
    kind: str
    debits: Mapping[str, int]
    credits: Mapping[str, int]
    payment_id: str | None = None


#: A story waits until this is so.
Until = Callable[[], bool]
Telling = Callable[["Story"], Iterator[Until]]


class Story:
    """A story about accounts and requests that no other story names. It is exact unless it says it is wild.

    `told` yields what to wait for; between, it says messages, which are published in the order in which they
    are said. All chance comes from `random`.
    """

    def __init__(self, name: str, sort: str, random: Random, ear: Ear, today: Callable[[], date]) -> None:
        self.name = name
        self.sort = sort
        self.random = random
        self.exact = True
        self.accounts: list[str] = []
        self.requests: list[str] = []
        #: (queue, kind) -> how many; every agency's queue is called `agency`.
        self.expected: Counter[tuple[str, str]] = Counter()
        self.journals: list[Journal] = []
        self.waits_for = ""
        #: The business date must not go beyond it while the story is told.
        self.not_beyond: date | None = None
        self._ear = ear
        self._today = today
        self._said: list[Said] = []

    @property
    def today(self) -> date:
        """The business date."""
        return self._today()

    def take_said(self) -> list[Said]:
        """Return what was said since the last time."""
        said, self._said = self._said, []
        return said

    def account(self, opco: str = "RW") -> str:
        """Return the id of one more account of this story."""
        self.accounts.append(f"{opco}-{self.name}-{len(self.accounts) + 1}")
        return self.accounts[-1]

    def request(self, what: str = "WR") -> str:
        """Return the id of one more request."""
        self.requests.append(f"{what}-{self.name}-{len(self.requests) + 1}")
        return self.requests[-1]

    def say(self, message: Event, **how: Any) -> None:
        """Say a message; `how` are the fields of `Said`."""
        self._said.append(Said(message=message, **how))

    def expect(self, queue: str, *kinds: str, times: int = 1) -> None:
        """Note messages that must have been received in the end."""
        for kind in kinds:
            self.expected[queue, kind] += times

    def heard(self, kind: str, key: str) -> list[Heard]:
        """Return the messages of a kind about an account or request."""
        return self._ear.of(kind, key)

    def everything_heard(self) -> list[tuple[str, Heard]]:
        """Return every message so far, of all stories, with its queue."""
        return self._ear.messages

    def until(self, kind: str, key: str, times: int = 1) -> Until:
        """Return what is so once so many messages of a kind have been heard."""

        def met() -> bool:
            return len(self.heard(kind, key)) >= times

        self.waits_for = f"{times} x {kind} of {key}"
        return met
