"""A consumer that keeps everything: on the disk first, acknowledged afterwards, so that nothing is missed."""

import hashlib
import json
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from workers import brokers
from workers.brokers import BrokerUnavailable, Delivery, InboundChannel

#: Messages and bytes that are taken at a time.
SET_MESSAGES = 500
SET_BYTES = 16 << 20
#: How long one look waits for a message; also how long a stop may take.
WAIT_SECONDS = 0.5
#: After an outage of the broker.
TROUBLE_SECONDS = 0.3


def file_of(folder: Path, queue: str) -> Path:
    """Return where a queue's messages are written."""
    return folder / f"received-{queue}.jsonl"


def run(url: str, folder: Path, queues: Sequence[str]) -> None:
    """Take, write, acknowledge, until SIGTERM; outages of the broker are waited out."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    files = {queue: _opened(file_of(folder, queue)) for queue in queues}
    channel: InboundChannel | None = None
    while not stop.is_set():
        try:
            channel = channel or brokers.connect_inbound(url, queues)
            deliveries = channel.take(SET_MESSAGES, SET_BYTES, WAIT_SECONDS)
            _record(deliveries, files)
            channel.acknowledge(deliveries)
        except BrokerUnavailable:
            if channel is not None:
                channel.close()
            channel = None
            stop.wait(TROUBLE_SECONDS)
    if channel is not None:
        channel.close()


def _opened(path: Path) -> int:
    """Open for appending; a line that a kill cut short is ended, and is then no message to a reader."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
    return descriptor


def _record(deliveries: Sequence[Delivery], files: dict[str, int]) -> None:
    lines: dict[str, list[bytes]] = {}
    for each in deliveries:
        line = {
            "sha256": hashlib.sha256(each.body).hexdigest(),
            "message_id": each.properties.get("message_id"),
            "body": each.body.decode("utf-8", "backslashreplace"),
        }
        lines.setdefault(each.queue, []).append(json.dumps(line).encode() + b"\n")
    for queue, written in lines.items():
        data = b"".join(written)
        while data:
            data = data[os.write(files[queue], data) :]
        os.fsync(files[queue])
