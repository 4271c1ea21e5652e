"""The base of every view, and how one is made of a row."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from store.engine.transaction import AnyRow
from writeoff import money


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value that becomes JSON as it is."""


AnyView = TypeVar("AnyView", bound=View)


def of_row(kind: type[AnyView], row: AnyRow, **more: Any) -> AnyView:
    """Return a view of a row's columns of the same names; `more` are the fields that differ."""
    same = {name: getattr(row, name) for name in kind.__struct_fields__ if name not in more}
    return kind(**same, **more)


def by_process(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    """Return rows by their process, in their order."""
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.process_id].append(row)
    return found


def amount(minor: int, currency: str) -> str:
    """Return minor units as the decimal string that the contract has."""
    return money.render(int(minor), currency)
