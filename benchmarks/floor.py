"""`python -m benchmarks.floor QUEUE`: one consume, one commit, one confirmed publish a message, and no more.

What latency cannot be below on these servers. The letter that comes out has a body of the usual size.
"""

import os
import signal
import sys

import psycopg

from messages.outbound import CONTENT_TYPE
from workers.brokers import Outgoing, connect_inbound, connect_outbound, contract_topology

#: About what a letter's body has.
BODY = b"x" * 900


def main(queue: str) -> None:
    """Work until ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url = os.environ["WRITEOFF_BROKER_URL"]
    inbound, outbound = connect_inbound(url, [queue]), connect_outbound(url, contract_topology(()))
    with psycopg.connect(os.environ["WRITEOFF_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, body bytea)")
        connection.commit()
        while True:
            for delivery in inbound.take(1, len(BODY), 1.0):
                connection.execute("INSERT INTO floor (body) VALUES (%s)", [delivery.body])
                connection.commit()
                outbound.publish([_letter(str(delivery.properties.get("message_id")))])
                inbound.acknowledge([delivery])
            inbound.heartbeat()
            outbound.heartbeat()


def _letter(message_id: str) -> Outgoing:
    return Outgoing(
        id=message_id,
        exchange="writeoff",
        routing_key="letter.requested",
        body=BODY,
        content_type=CONTENT_TYPE,
        message_id=message_id,
        type="writeoff.letter-requested.v1",
        timestamp=0,
    )


if __name__ == "__main__":
    main(sys.argv[1])
