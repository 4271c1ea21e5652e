"""What consumers got: exactly the messages that were caused, each with one body."""

from collections.abc import Iterator

from proving.checker.evidence import Evidence
from proving.checker.findings import Tally

#: Destination of dead letters' notices -> their queue.
QUEUES = {"dead-letter": "writeoff.dead-letter"}


def checks(evidence: Evidence) -> Iterator[Tally]:
    """Compare consumers' files with what the database says was written for them."""
    yield _complete(evidence)
    yield _same_bytes(evidence)


def _complete(evidence: Evidence) -> Tally:
    tally = Tally(
        name="received exactly what was caused",
        promise="Each consumer got each message that was written for it, and no other",
    )
    written = {
        (QUEUES.get(row["destination"], row["destination"]), row["message_id"])
        for row in evidence["messages_out"]
    }
    received = {(each.queue, each.id) for each in evidence.messages}
    for queue, message_id in sorted(written | received):
        where = (queue, message_id)
        found = "received but never written" if where not in written else "written but never received"
        ok = where in written and where in received
        tally.look(f"message {message_id} to {queue}", "written and received", found, ok=ok)
    return tally


def _same_bytes(evidence: Evidence) -> Tally:
    tally = Tally(
        name="one body for each id",
        promise="A message that comes again is the same to the byte, and as it was written",
    )
    bodies = {row["message_id"]: row["body"] for row in evidence["messages_out"]}
    for received in evidence.deliveries.values():
        for each in received:
            ok = bodies.get(each.id) == each.body
            tally.look(f"message {each.id} to {each.queue}", "the body that was written", each.body, ok=ok)
    return tally
