"""Dead letters: why they are dead, how often they came, what was done about them; the bytes of one."""

from collections.abc import Sequence
from datetime import datetime

from operations.views.view import View, of_row
from store.engine.transaction import Transaction
from store.queries import dead_letters
from store.queries.dead_letters import Filter
from writeoff.dead_letter import DeadLetterState


class DeadLetter(View, frozen=True, kw_only=True):
    """Why a delivery is dead: reason, path of the field, a sentence; how often it came, and from where.

    `acted_*` is the last that was done about it, by whom, in which command and when; `since` how often it
    came after that. `became_*` is the identity of the message that it is now.
    """

    dead_letter_id: str
    queue: str
    reason: str
    path: str | None
    problem: str
    count: int
    size: int
    sha256: str
    content_type: str | None
    type: str | None
    opco: str | None
    first_seen: datetime
    last_seen: datetime
    state: DeadLetterState
    revision: int
    acted_by: str | None
    acted_id: str | None
    acted_at: datetime | None
    note: str | None
    since: int
    became_source: str | None
    became_id: str | None


class Page(View, frozen=True, kw_only=True):
    """Some dead letters; `next` is what `--after` takes for those that follow."""

    dead_letters: list[DeadLetter]
    next: str | None


class Group(View, frozen=True, kw_only=True):
    """Dead letters of one reason, queue and type. `open` are those to look at."""

    reason: str
    queue: str
    type: str | None
    letters: int
    open: int
    deliveries: int
    first_seen: datetime
    last_seen: datetime


class Groups(View, frozen=True, kw_only=True):
    """All groups; those with the most to look at come first."""

    groups: list[Group]


class Opened(DeadLetter, frozen=True, kw_only=True):
    """A dead letter with headers and properties as JSON text, and its exact bytes."""

    headers: str
    properties: str
    body: bytes


def page_of(tx: Transaction, which: Filter, *, after: str | None, limit: int) -> Page:
    """Return the newest dead letters first."""
    rows: Sequence[DeadLetter] = [
        of_row(DeadLetter, row) for row in dead_letters.page(tx, which, after=after, limit=limit + 1)
    ]
    more = len(rows) > limit
    shown = list(rows[:limit])
    return Page(dead_letters=shown, next=shown[-1].dead_letter_id if more else None)


def groups_of(tx: Transaction, which: Filter) -> Groups:
    """Return the groups of those that match."""
    return Groups(
        groups=[
            of_row(Group, row, letters=int(row.letters), open=int(row.open), deliveries=int(row.deliveries))
            for row in dead_letters.groups(tx, which)
        ]
    )


def opened(tx: Transaction, dead_letter_id: str) -> Opened | None:
    """Return one dead letter."""
    row = dead_letters.find(tx, dead_letter_id)
    return None if row is None else of_row(Opened, row)
