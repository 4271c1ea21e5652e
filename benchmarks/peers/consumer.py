"""`python -m benchmarks.peers.consumer celery|dramatiq`: requests from RabbitMQ, each handed to a task."""

import os
import signal
import sys
from importlib import import_module
from typing import Any

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Consumer

QUEUE = "writeoff.write-off-requested"
#: Messages that RabbitMQ may send ahead.
PREFETCH = 100


def main(peer: str) -> None:
    """Consume until ended."""
    submit = import_module(f"benchmarks.peers.{peer}_app").submit
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    def on_message(message: Any) -> None:
        submit(bytes(message.body).decode())
        message.ack()

    with Connection(os.environ["PEER_BROKER_URL"]) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_size=0, prefetch_count=PREFETCH, a_global=False)
        with Consumer(channel, [Queue(QUEUE, no_declare=True)], on_message=on_message, auto_declare=False):
            while True:
                connection.drain_events()


if __name__ == "__main__":
    main(sys.argv[1])
