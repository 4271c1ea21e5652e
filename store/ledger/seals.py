"""Appending to the chains of seals, a set at a time, under a lease: no worker ever waits for it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import and_, func, select

from messages.outbound import JournalPosted
from store.engine import leases
from store.engine.leases import Lease
from store.engine.transaction import Transaction
from store.tables import messages_out, seals, unsealed
from writeoff import identity
from writeoff.accounting.seals import BEGINNING, Seal


def append(tx: Transaction, lease: Lease, limit: int) -> tuple[int, dict[str, Seal]]:
    """Seal at most `limit` journals, if the lease is ours; return how many, and the last seal of each chain.

    A journal is listed in the transaction that posts it, so that one which commits late is sealed later and
    none is missed: positions say in which order journals were seen, and nothing else.
    """
    if not tx.execute(select(unsealed.c.journal_id).limit(1)).first():
        return 0, {}
    # Two who seal at once would both take the next position: the row of the lease is locked until the commit.
    if not leases.take_as(tx, lease):
        return 0, {}
    listed = {
        message_id(row.opco, row.journal_id): row for row in tx.execute(select(unsealed).limit(limit)).all()
    }
    if not listed:
        return 0, {}
    columns = [messages_out.c.created_on, messages_out.c.message_id]
    rows = tx.rows("wanted", columns, sorted((row.message_on, id_) for id_, row in listed.items()))
    written = select(messages_out.c.message_id, messages_out.c.digest).join(
        rows,
        and_(
            messages_out.c.created_on == rows.c.created_on,
            messages_out.c.message_id == rows.c.message_id,
        ),
    )
    digests = {row.message_id: row.digest for row in tx.execute(written).all()}
    last = heads(tx, {row.opco for row in listed.values()})
    grown: dict[str, Seal] = {}
    new: list[tuple[object, ...]] = []
    for id_, row in sorted(listed.items(), key=lambda each: (each[1].opco, each[1].journal_id)):
        if id_ not in digests:
            continue  # somebody took the message away: the audit says so
        position, previous = last.get(row.opco, (0, BEGINNING))
        link = Seal(
            opco=row.opco,
            position=position + 1,
            journal_id=row.journal_id,
            digest=bytes(digests[id_]),
            previous=previous,
        )
        last[row.opco] = (link.position, link.seal)
        grown[row.opco] = link
        new.append(
            (
                link.opco,
                link.position,
                link.journal_id,
                id_,
                row.message_on,
                link.digest,
                link.previous,
                link.seal,
                tx.now,
            )
        )
    tx.insert(
        seals,
        (
            "opco",
            "position",
            "journal_id",
            "message_id",
            "message_on",
            "digest",
            "previous",
            "seal",
            "sealed_at",
        ),
        new,
    )
    tx.delete(unsealed, ("journal_id",), [(row[2],) for row in new])
    return len(new), grown


def heads(tx: Transaction, names: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Return position and seal of the last link of the opcos' chains, where there is one."""
    found: dict[str, tuple[int, bytes]] = {}
    for opco in sorted(set(names)):
        last = select(seals.c.position, seals.c.seal).where(seals.c.opco == opco)
        for row in tx.execute(last.order_by(seals.c.position.desc()).limit(1)).all():
            found[opco] = (row.position, bytes(row.seal))
    return found


def unsealed_count(tx: Transaction) -> Mapping[str, int]:
    """Return how many journals of each opco wait for their seal."""
    statement = select(unsealed.c.opco, func.count()).group_by(unsealed.c.opco)
    return {row[0]: row[1] for row in tx.execute(statement).all()}


def message_id(opco: str, journal_id: str) -> str:
    """Return the id of the message that tells the general ledger of a journal."""
    return identity.message_id(JournalPosted.type_name, opco, journal_id)
