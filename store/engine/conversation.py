"""How a transaction talks to PostgreSQL: what nobody waits for goes together with what is asked next."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Connection
from sqlalchemy.sql import Executable

#: Statements that are made once, as the driver takes them: text, and the parameters that stay the same.
_TEXTS: WeakKeyDictionary[Any, tuple[str, dict[str, Any]]] = WeakKeyDictionary()


class Answer:
    """What PostgreSQL will have answered to one statement."""

    def __init__(self, conversation: "Conversation", text: str, parameters: Mapping[str, Any]) -> None:
        self._conversation = conversation
        self.text = text
        self.parameters = parameters
        self.cursor: psycopg.Cursor[Any] | None = None

    def rows(self) -> Sequence[tuple[Any, ...]]:
        """Return the rows; waits for them where nobody has."""
        return self._heard().fetchall()

    def count(self) -> int:
        """Return how many rows the statement met; waits for it where nobody has."""
        return self._heard().rowcount

    def _heard(self) -> psycopg.Cursor[Any]:
        if self.cursor is None:
            self._conversation.send()
        if self.cursor is None:
            raise LookupError("a statement was forgotten")
        return self.cursor


class Conversation:
    """One transaction's statements, in their order, with one wait for all that are sent together.

    An error is raised by whatever sends, for the first statement that failed: none after it had any effect.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        driver: Any = connection.connection.driver_connection
        self._driver: psycopg.Connection[Any] = driver
        self._unsent: list[Answer] = []
        #: By statement and parameters: what is asked for before it is needed.
        self._foreseen: dict[tuple[Any, ...], Answer] = {}
        #: The driver opens a transaction with a statement of its own: one wait more where it goes alone.
        self._open = False

    def ask(self, statement: Executable, parameters: Mapping[str, Any]) -> Answer:
        """Ask, unless it was foreseen; what is asked for may change rows and return them."""
        if not statement.is_select:
            return self.say(statement, parameters)
        foreseen = self._foreseen.pop((statement, *parameters.values()), None) if self._foreseen else None
        return foreseen or self._added(statement, parameters)

    def foresee(self, statement: Executable, parameters: Mapping[str, Any]) -> None:
        """Have a question that is asked soon sent with what is sent next; what is written makes it void."""
        key = (statement, *parameters.values())
        if key not in self._foreseen:
            self._foreseen[key] = self._added(statement, parameters)

    def forget(self) -> None:
        """Answer from nothing that was foreseen."""
        self._foreseen.clear()

    def say(self, statement: Executable, parameters: Mapping[str, Any]) -> Answer:
        """Have a statement that is made once sent with what is sent next."""
        if not statement.is_select:
            self._foreseen.clear()
        return self._added(statement, parameters)

    def _added(self, statement: Executable, parameters: Mapping[str, Any]) -> Answer:
        answer = Answer(self, *self._worded(statement, parameters))
        self._unsent.append(answer)
        return answer

    def leave(self) -> None:
        """Send what was said before somebody else speaks on this connection."""
        self._foreseen.clear()
        self.send()

    def send(self) -> None:
        """Send what was said, and wait until all of it is answered."""
        if not self._unsent:
            return
        unsent, self._unsent = self._unsent, []
        if self._open and len(unsent) == 1:
            unsent[0].cursor = self._driver.execute(unsent[0].text, unsent[0].parameters)
            return
        with self._driver.pipeline():
            self._execute(unsent)
        self._open = True

    @contextmanager
    def copying(self, text: str) -> Iterator[psycopg.Copy]:
        """Send what was said, then the rows of a COPY."""
        self.leave()
        with self._driver.cursor() as cursor, cursor.copy(text) as copy:
            yield copy
        self._open = True

    def commit(self) -> None:
        """Send what was said and the commit behind it, and wait for both."""
        if not self._unsent:
            self._connection.commit()
            return
        with self._driver.pipeline():
            self._execute(self._unsent)
            self._connection.commit()

    def _execute(self, answers: Sequence[Answer]) -> None:
        for each in answers:
            each.cursor = self._driver.execute(each.text, each.parameters)

    def _worded(self, statement: Executable, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Give the statement's text to the driver itself: SQLAlchemy takes as long again to pass it on."""
        made = _TEXTS.get(statement)
        if made is None:
            made_of: Any = statement
            state = made_of.compile(dialect=self._connection.dialect).construct_expanded_state(parameters)
            # No value that is given is kept: it would stand in for one that a later call forgets.
            same = {name: value for name, value in state.parameters.items() if name not in parameters}
            made = _TEXTS[statement] = state.statement, same
        text, fixed = made
        return text, {**fixed, **parameters}
