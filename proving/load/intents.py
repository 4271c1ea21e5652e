"""The diary of the load: every message before it is published, and every acknowledgement after it."""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from messages.destinations import INBOUND
from proving.load.wording import Event
from workers.brokers import Outgoing
from writeoff.value import Value

STRUCTURED = "application/cloudevents+json"

#: What must become of a message that the broker has taken: decided (done or refused), or a dead letter.
Expect = Literal["decided", "dead"]

_EXCHANGES = {binding.routing_key: binding.exchange.name for queue in INBOUND for binding in queue.bindings}


class Intent(Value, frozen=True, kw_only=True):
    """One message that is going to be published, perhaps several times. `body` is exact.

    `reason` is what a dead letter of it must say, where that is foreseen. `sort` names what is tried with it.
    """

    number: int
    story: str
    sort: str
    expect: Expect
    reason: str | None
    type: str
    opco: str
    source: str
    id: str
    content_type: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Of the exact body."""
        return hashlib.sha256(self.body).hexdigest()

    def outgoing(self) -> Outgoing:
        """Return it as it is published."""
        return Outgoing(
            id=str(self.number),
            exchange=_EXCHANGES[self.type],
            routing_key=self.type,
            body=self.body,
            content_type=self.content_type,
            message_id=self.id,
            type=self.type,
            timestamp=0,
        )


class Diary:
    """The file of intents, append-only. What `intend` has returned from is on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.intents: dict[int, Intent] = {}
        self.acknowledged: dict[int, int] = {}
        self._file = path.open("ab")
        self._lock = Lock()

    def intend(self, intents: Sequence[Intent]) -> None:
        """Write messages down before they are published."""
        self.intents.update((each.number, each) for each in intents)
        self._write({"intent": _plain(each)} for each in intents)

    def confirmed(self, numbers: Iterable[int]) -> None:
        """Write down what the broker has taken; once more for what was published once more."""
        confirmed = sorted(numbers)
        for number in confirmed:
            self.acknowledged[number] = self.acknowledged.get(number, 0) + 1
        if confirmed:
            self._write([{"acknowledged": confirmed}])

    def note(self, line: dict[str, Any]) -> None:
        """Write down anything else."""
        self._write([line])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, lines: Iterable[dict[str, Any]]) -> None:
        with self._lock:
            for line in lines:
                self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


def of_event(number: int, story: str, message: Event, sort: str = "plain", **fields: Any) -> Intent:
    """Return the intent to say a well-formed message."""
    body = json.dumps(message).encode()
    return of_bytes(number, story, body, message, sort, **fields)


def of_bytes(
    number: int,
    story: str,
    body: bytes,
    message: Event,
    sort: str,
    *,
    expect: Expect = "decided",
    reason: str | None = None,
    content_type: str = STRUCTURED,
) -> Intent:
    """Return the intent to publish exact bytes as if they were a message."""
    return Intent(
        number=number,
        story=story,
        sort=sort,
        expect=expect,
        reason=reason,
        type=str(message["type"]),
        opco=str(message["opco"]),
        source=str(message["source"]),
        id=str(message["id"]),
        content_type=content_type,
        body=body,
    )


def _plain(intent: Intent) -> dict[str, Any]:
    return {
        "number": intent.number,
        "story": intent.story,
        "sort": intent.sort,
        "expect": intent.expect,
        "reason": intent.reason,
        "type": intent.type,
        "opco": intent.opco,
        "source": intent.source,
        "id": intent.id,
        "sha256": intent.sha256,
        "body": base64.b64encode(intent.body).decode(),
    }
