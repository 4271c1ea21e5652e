"""What a process has caused, as far as a reversal has to compensate it (R25)."""

from datetime import date

from writeoff.account import Person
from writeoff.journal import Movement, Posted
from writeoff.process import Agreement
from writeoff.value import Value


class Demerit(Value, frozen=True, kw_only=True):
    """A demerit that counts from one date until another."""

    demerit_id: str
    effective_from: date
    effective_to: date


class Letter(Value, frozen=True, kw_only=True):
    """A letter as it was asked for, with the persons as they were then; amounts in minor units."""

    contact_id: str
    event_sequence: int
    person: Person
    recipients: tuple[Person, ...]
    agency: str | None
    agreements: tuple[Agreement, ...]
    amount: int


class Goods(Value, frozen=True, kw_only=True):
    """What became of goods, quantity by quantity (R14)."""

    sa_id: str
    product_id: str
    returned: int
    lost: int


class Reversed(Value, frozen=True, kw_only=True):
    """That the process was reversed, by which command, and what its agreements owed again (minor units)."""

    request_id: str
    reversed_on: date
    amount: int


class Effects(Value, frozen=True, kw_only=True):
    """Everything that a process has caused.

    `written` are the journals of its write-off events, `movements` what recoveries did to their buckets;
    `todos` the ids of the open ones that its events made; `reversal` is set once it was reversed.
    """

    written: tuple[Posted, ...] = ()
    movements: tuple[Movement, ...] = ()
    demerits: tuple[Demerit, ...] = ()
    letters: tuple[Letter, ...] = ()
    todos: tuple[str, ...] = ()
    goods: tuple[Goods, ...] = ()
    reversal: Reversed | None = None
