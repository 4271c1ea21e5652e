"""The inbox: identities claimed once, exact bytes kept, dead letters (R12)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update

from store.engine.transaction import Transaction
from store.tables import dead_letters, inbox, inbox_body
from writeoff import identity
from writeoff.value import Value

Identity = tuple[str, str]


class Received(Value, frozen=True, kw_only=True):
    """A delivery as it came: exact bytes, and headers and properties as JSON."""

    queue: str
    body: bytes
    sha256: str
    content_type: str
    headers: str
    properties: str


class Arrival(Value, frozen=True, kw_only=True):
    """A valid message that wants its identity."""

    source: str
    id: str
    opco: str
    type: str
    account_id: str | None
    publisher: str | None
    verdict: str
    policy_digest: str | None
    traceparent: str | None
    tracestate: str | None
    received: Received

    @property
    def identity(self) -> Identity:
        """(source, id)."""
        return self.source, self.id


class StoredMessage(Value, frozen=True, kw_only=True):
    """A message of the journal, as it came."""

    source: str
    id: str
    type: str
    state: str
    refusal: str | None
    digest: str
    queue: str
    received_at: datetime
    body: bytes
    content_type: str
    headers: str


class DeadLetter(Value, frozen=True, kw_only=True):
    """Why a delivery is dead: reason, path of the field, a plain sentence.

    `type` and `opco` are what it says of itself, as far as that can be read.
    """

    received: Received
    reason: str
    path: str | None
    problem: str
    type: str | None = None
    opco: str | None = None


def journal(tx: Transaction, arrivals: Sequence[Arrival]) -> set[Identity]:
    """Claim identities and keep the bytes; return those that are new."""
    now = tx.now
    today = now.date()
    new = tx.insert_new(
        inbox,
        (
            "source",
            "id",
            "opco",
            "type",
            "digest",
            "state",
            "queue",
            "account_id",
            "received_on",
            "received_at",
            "decided_at",
            "publisher",
            "verdict",
            "policy_digest",
            "traceparent",
            "tracestate",
        ),
        [
            (
                each.source,
                each.id,
                each.opco,
                each.type,
                each.received.sha256,
                "done",
                each.received.queue,
                each.account_id,
                today,
                now,
                now,
                each.publisher,
                each.verdict,
                each.policy_digest,
                each.traceparent,
                each.tracestate,
            )
            for each in arrivals
        ],
        ("source", "id"),
    )
    first = {each.identity: each for each in reversed(arrivals)}
    tx.insert(
        inbox_body,
        ("received_on", "source", "id", "body", "content_type", "headers", "properties"),
        [
            (
                today,
                *key,
                first[key].received.body,
                first[key].received.content_type,
                first[key].received.headers,
                first[key].received.properties,
            )
            for key in sorted(new)
        ],
    )
    return new


def forget(tx: Transaction, identities: Iterable[Identity]) -> None:
    """Give identities back that were claimed in this very transaction by messages that turned out dead."""
    for source, message_id in sorted(identities):
        for table in (inbox, inbox_body):
            # The day leads the key of the bodies, and names their partition.
            here = (table.c.received_on == tx.now.date()) & (table.c.source == source)
            tx.execute(delete(table).where(here, table.c.id == message_id))


def stored(tx: Transaction, identities: Iterable[Identity]) -> dict[Identity, StoredMessage]:
    """Return journaled messages with their bytes."""
    wanted = sorted(set(identities))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [inbox.c.source, inbox.c.id], wanted)
    statement = (
        select(
            inbox.c.source,
            inbox.c.id,
            inbox.c.type,
            inbox.c.state,
            inbox.c.refusal,
            inbox.c.digest,
            inbox.c.queue,
            inbox.c.received_at,
            inbox_body.c.body,
            inbox_body.c.content_type,
            inbox_body.c.headers,
        )
        .join(rows, (inbox.c.source == rows.c.source) & (inbox.c.id == rows.c.id))
        .join(
            inbox_body,
            (inbox_body.c.received_on == inbox.c.received_on)
            & (inbox_body.c.source == inbox.c.source)
            & (inbox_body.c.id == inbox.c.id),
        )
    )
    return {
        (row.source, row.id): StoredMessage(
            source=row.source,
            id=row.id,
            type=row.type,
            state=row.state,
            refusal=row.refusal,
            digest=row.digest,
            queue=row.queue,
            received_at=row.received_at,
            body=row.body,
            content_type=row.content_type or "",
            headers=row.headers,
        )
        for row in tx.execute(statement).all()
    }


def waiting(tx: Transaction, accounts: Iterable[tuple[str, str]]) -> list[Identity]:
    """Return the messages that wait for a snapshot of these accounts, oldest first."""
    wanted = sorted(set(accounts))
    if not wanted:
        return []
    rows = tx.rows("wanted", [inbox.c.opco, inbox.c.account_id], wanted)
    found = select(inbox.c.source, inbox.c.id, inbox.c.received_at).where(
        inbox.c.opco == rows.c.opco, inbox.c.account_id == rows.c.account_id, inbox.c.state == "waiting"
    )
    oldest_first = sorted(
        tx.execute(tx.of_each(rows, found)).all(), key=lambda row: (row.received_at, row.source, row.id)
    )
    return [(row.source, row.id) for row in oldest_first]


def set_state(
    tx: Transaction, identities: Iterable[Identity], state: str, refusal: str | None = None
) -> None:
    """Write down that messages are now done, waiting or refused."""
    tx.update(
        inbox,
        ("source", "id"),
        ("state", "refusal", "decided_at"),
        [
            (*identity_, state, refusal, tx.now if state != "waiting" else None)
            for identity_ in sorted(identities)
        ],
    )


def bury(tx: Transaction, letters: Sequence[DeadLetter]) -> list[tuple[str, DeadLetter]]:
    """Keep dead letters, by (queue, SHA-256) with a count; return id and letter of those seen first."""
    first = {(each.received.queue, each.received.sha256): each for each in reversed(letters)}
    times = Counter((each.received.queue, each.received.sha256) for each in letters)
    ids = {key: identity.derive("dead-letter", *key) for key in first}
    now = tx.now
    new = tx.insert_new(
        dead_letters,
        (
            "queue",
            "sha256",
            "dead_letter_id",
            "reason",
            "path",
            "problem",
            "size",
            "body",
            "content_type",
            "headers",
            "properties",
            "first_seen",
            "last_seen",
            "count",
            "type",
            "opco",
        ),
        [
            (
                *key,
                ids[key],
                letter.reason,
                letter.path,
                letter.problem,
                len(letter.received.body),
                letter.received.body,
                letter.received.content_type,
                letter.received.headers,
                letter.received.properties,
                now,
                now,
                times[key],
                letter.type,
                letter.opco,
            )
            for key, letter in first.items()
        ],
        ("queue", "sha256"),
    )
    for queue, sha256 in sorted(set(first) - new):
        here = and_(dead_letters.c.queue == queue, dead_letters.c.sha256 == sha256)
        again = {"count": dead_letters.c.count + times[queue, sha256], "last_seen": now}
        size, kept = tx.execute(
            update(dead_letters)
            .where(here)
            .values(again)
            .returning(dead_letters.c.size, func.length(dead_letters.c.body))
        ).one()
        if kept < size:  # its bytes were cleaned up after years
            received = first[queue, sha256].received
            back = {name: getattr(received, name) for name in ("body", "headers", "properties")}
            tx.execute(update(dead_letters).where(here).values(back))
    return [(ids[queue, sha256], first[queue, sha256]) for queue, sha256 in sorted(new)]
