"""Dead letters: why they are dead, how often they came; the bytes of one."""

from collections.abc import Sequence
from datetime import datetime

from operations.views.view import View, of_row
from store.queries import dead_letters
from store.transaction import Transaction


class DeadLetter(View, frozen=True, kw_only=True):
    """Why a delivery is dead: reason, path of the field, a sentence; how often it came, and from where."""

    dead_letter_id: str
    queue: str
    reason: str
    path: str | None
    problem: str
    count: int
    size: int
    sha256: str
    content_type: str | None
    first_seen: datetime
    last_seen: datetime


class Page(View, frozen=True, kw_only=True):
    """Some dead letters; `next` is what `--after` takes for those that follow."""

    dead_letters: list[DeadLetter]
    next: str | None


class Opened(DeadLetter, frozen=True, kw_only=True):
    """A dead letter with headers and properties as JSON text, and its exact bytes."""

    headers: str
    properties: str
    body: bytes


def page_of(tx: Transaction, *, queue: str | None, reason: str | None, after: str | None, limit: int) -> Page:
    """Return the newest dead letters first."""
    rows: Sequence[DeadLetter] = [
        of_row(DeadLetter, row)
        for row in dead_letters.page(tx, queue=queue, reason=reason, after=after, limit=limit + 1)
    ]
    more = len(rows) > limit
    shown = list(rows[:limit])
    return Page(dead_letters=shown, next=shown[-1].dead_letter_id if more else None)


def opened(tx: Transaction, dead_letter_id: str) -> Opened | None:
    """Return one dead letter."""
    row = dead_letters.find(tx, dead_letter_id)
    return None if row is None else of_row(Opened, row)
