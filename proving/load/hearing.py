"""What upstream has heard so far: it reads on in the consumers' files, and reacts as Pulse would."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

Heard = dict[str, Any]


class Ear:
    """Knows every message that a consumer has written down, by type and by account or request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = defaultdict(int)
        self._by_key: dict[tuple[str, str], dict[str, Heard]] = defaultdict(dict)
        #: In the order in which they were heard, each once; with the queue it came from.
        self.messages: list[tuple[str, Heard]] = []

    def listen(self) -> None:
        """Read what has been written since."""
        for path in sorted(self._folder.glob("received-*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._offsets[path])
                data = file.read()
            whole, newline, _ = data.rpartition(b"\n")
            self._offsets[path] += len(whole) + len(newline)
            queue = path.stem.removeprefix("received-")
            for line in whole.splitlines():
                self._hear(queue, line)

    def of(self, kind: str, key: str) -> list[Heard]:
        """Return the messages of a kind, as `process-ended`, about an account or a request; each id once."""
        return list(self._by_key[kind, key].values())

    def _hear(self, queue: str, line: bytes) -> None:
        try:
            message = json.loads(json.loads(line)["body"])
            kind = str(message["type"]).removeprefix("writeoff.").removesuffix(".v1")
            data = message["data"]
        except (ValueError, TypeError, KeyError):  # a line that a kill cut short, or no message at all
            return
        new = False
        for key in {data.get("account_id"), data.get("request_id")} - {None}:
            known = self._by_key[kind, str(key)]
            new = new or message["id"] not in known
            known.setdefault(message["id"], message)
        if new:
            self.messages.append((queue, message))
