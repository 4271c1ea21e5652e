"""What is left when everything is quiet: nothing that waits, holds or runs."""

from collections.abc import Iterator

from proving.checker.evidence import Evidence
from proving.checker.findings import Tally


def checks(evidence: Evidence) -> Iterator[Tally]:
    """Look at rows that should be gone, and at what the rig has counted."""
    tally = Tally(
        name="no residue", promise="Nothing waits in queues or tables, no lock, handle or process is left"
    )
    tally.look("outbox", 0, len(evidence["outbox"]))
    waiting = [row["id"] for row in evidence["inbox"] if row["state"] == "waiting"]
    tally.look("messages that wait in the journal", [], waiting)
    undecided = [
        f"{row['request_id']}: {row['account_id']}"
        for row in evidence["request_items"]
        if row["state"] in {"pending", "waiting"}
    ]
    tally.look("accounts of requests that are not decided", [], undecided)
    for name, left in sorted(evidence.residue.items()):
        tally.look(name, "nothing", left, ok=not left)
    yield tally
