"""One order about many things: a command each, in sets, so that it can be broken off and given again.

What a set has done is committed with its commands. What is left still matches whatever it was chosen by: the
same order goes on there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import structlog

from messages.inbound.data import InboundData
from operations.actor import Operator
from operations.database import refuse_other_schema
from operations.failures import Unusable
from store.engine.database import Database
from workers.intake.operators import Command, CommandUnusable, Outcome, Written, rehearse, submit
from workers.sets.shelf import PolicyShelf
from writeoff.errors import WriteoffError

log = structlog.get_logger()

#: Commands a transaction: their accounts are locked while it lasts, and messages about them wait.
COMMANDS_A_SET = 100
#: Bytes a transaction of what they are about, so that a few large ones do not fill memory.
BYTES_A_SET = 32 * 1024 * 1024

T = TypeVar("T")
#: Makes the commands of a set: opco and data of each thing.
Make = Callable[[Sequence[T]], Sequence[tuple[str, InboundData]]]
Done = tuple[Sequence[Outcome], Written | None]


def sets(things: Sequence[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Divide things into sets, in their order."""
    found: list[T] = []
    held = 0
    for each in things:
        if found and (len(found) == COMMANDS_A_SET or held + size(each) > BYTES_A_SET):
            yield found
            found, held = [], 0
        found.append(each)
        held += size(each)
    if found:
        yield found


class Orders(Generic[T]):
    """An order about many things of one kind: each set is committed, or with `dry_run` rolled back, alone.

    `make` gives the commands of some things; `size` is the bytes a thing is about, `name` what it is called
    in `submit`'s `broken`.
    """

    def __init__(
        self,
        database: Database,
        who: Operator,
        make: Make[T],
        *,
        size: Callable[[T], int] = lambda _: 0,
        name: Callable[[T], str] = str,
        dry_run: bool = False,
    ) -> None:
        self._database = database
        self._who = who
        self._make = make
        self._size = size
        self._name = name
        self._dry_run = dry_run
        self._shelf = PolicyShelf()
        self._at = datetime.now(UTC)

    def submit(self, things: Sequence[T]) -> Iterator[Done]:
        """Yield what came of each set as soon as it is committed.

        What cannot be a command is refused as `unusable`; where it is the only one, `Unusable` is raised.
        """
        with self._database.read() as tx:
            refuse_other_schema(tx)
        for some in sets(things, self._size):
            yield from self._in_halves(some, alone=len(things) == 1)

    def _in_halves(self, some: Sequence[T], *, alone: bool) -> Iterator[Done]:
        """Submit a set; what cannot be a command, or breaks the code, is found by halves: others go on."""
        try:
            done = self._attempt(some)
        except CommandUnusable as error:
            if alone:
                raise Unusable(str(error)) from error
            if len(some) > 1:
                yield from self._halves(some)
                return
            [command] = self._commands(some)
            done = (Outcome(command=command, refusal="unusable", message=str(error)),), None
        except WriteoffError:
            raise  # a server is away, which is the fault of none of them
        except Exception:
            log.exception("writeoff.operator.broken", commands=len(some))
            if len(some) > 1:
                yield from self._halves(some)
                return
            done = self._attempt(some, frozenset(map(self._name, some)))
        yield done

    def _halves(self, some: Sequence[T]) -> Iterator[Done]:
        half = len(some) // 2
        yield from self._in_halves(some[:half], alone=False)
        yield from self._in_halves(some[half:], alone=False)

    def _commands(self, some: Sequence[T]) -> list[Command]:
        who = self._who
        return [
            Command(user=who.user, publisher=who.system_user, opco=opco, data=data, at=self._at)
            for opco, data in self._make(some)
        ]

    def _attempt(self, some: Sequence[T], broken: frozenset[str] = frozenset()) -> Done:
        commands = self._commands(some)
        if self._dry_run:
            return rehearse(self._database, self._shelf, commands, broken)
        return submit(self._database, self._shelf, commands, broken), None
