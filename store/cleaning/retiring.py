"""How bodies go: a month's partition at once on PostgreSQL, row by row in sets where there is none."""

from typing import Any

from sqlalchemy import and_, delete, exists, select, text, tuple_, update

from store.crash_points import reached
from store.engine.partitions import PARTITIONED, Month
from store.engine.transaction import Transaction
from store.tables import inbox_body, messages_out, outbox

#: How long a partition's swap may wait for those who read the table: everybody who writes waits behind it.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
#: A month of tens of millions is counted in peace; the watchdog of a role has more patience still.
_PATIENCE = "SET LOCAL statement_timeout = '2min'"
_COLUMNS = [column.name for column in messages_out.c if column.name != "body"]


def bodies_in(tx: Transaction, month: Month, limit: int) -> tuple[int, bool]:
    """Delete what came in a month; return how many rows went in this set, and whether none is left."""
    day = inbox_body.c.received_on
    if _is_partition(tx, month.name):
        tx.execute(text(_PATIENCE))
        rows = int(tx.execute(text(f"SELECT count(*) FROM {month.name}")).scalar_one())
        tx.execute(text(_LOCK_TIMEOUT))
        tx.execute(text(f"DROP TABLE {month.name}"))
        # What had come before there was a partition for it lies in the default one.
        left = exists().where(day >= month.first, day < month.next_first)
        return rows, not tx.execute(select(left)).scalar_one()
    key = (inbox_body.c.received_on, inbox_body.c.source, inbox_body.c.id)
    some = select(*key).where(day >= month.first, day < month.next_first).limit(limit)
    gone = tx.execute(delete(inbox_body).where(tuple_(*key).in_(some))).rowcount
    return gone, gone < limit


def texts_out(tx: Transaction, month: Month, limit: int, kept_whole: str) -> tuple[int, bool]:
    """Take the texts of what went out in a month, but for those to `kept_whole`; rows and digests stay."""
    if _is_partition(tx, month.name) and not _is_thin(tx, month.name, kept_whole):
        return _thin(tx, month, limit, kept_whole), False
    key = (messages_out.c.created_on, messages_out.c.message_id)
    listed = exists().where(
        outbox.c.created_on == messages_out.c.created_on, outbox.c.message_id == messages_out.c.message_id
    )
    fat = and_(
        messages_out.c.created_on >= month.first,
        messages_out.c.created_on < month.next_first,
        messages_out.c.destination != kept_whole,
        messages_out.c.body.is_not(None),
        ~listed,
    )
    some = select(*key).where(fat).limit(limit)
    rows = tx.execute(update(messages_out).where(tuple_(*key).in_(some)).values(body=None)).rowcount
    return rows, rows < limit


def _thin(tx: Transaction, month: Month, limit: int, kept_whole: str) -> int:
    """Copy the next rows of a partition without their texts; with the last, put the copy in its place.

    Rows are never changed and an old month gets no more, so the copy's last key says how far it is. Texts are
    counted when they go: with the swap.
    """
    thin = f"{month.name}_thin"
    tx.execute(text(_PATIENCE))
    if tx.execute(text("SELECT to_regclass(:name)"), {"name": thin}).scalar_one() is None:
        tx.execute(text(f"CREATE TABLE {thin} (LIKE {month.table} INCLUDING ALL)"))
    last = tx.execute(
        text(f"SELECT created_on, message_id FROM {thin} ORDER BY created_on DESC, message_id DESC LIMIT 1")
    ).first()
    behind = "WHERE (created_on, message_id) > (:day, CAST(:id AS uuid))" if last else ""
    names = ", ".join(_COLUMNS)
    given: dict[str, Any] = {"kept": kept_whole, "limit": limit}
    if last is not None:
        given |= {"day": last[0], "id": last[1]}
    copied = tx.execute(
        text(
            f"INSERT INTO {thin} ({names}, body) "
            f"SELECT {names}, CASE WHEN destination = :kept THEN body END FROM {month.name} {behind} "
            "ORDER BY created_on, message_id LIMIT :limit"
        ),
        given,
    ).rowcount
    return _swap(tx, month, thin) if copied < limit else 0


def _swap(tx: Transaction, month: Month, thin: str) -> int:
    """Put the copy in the place of the month; return how many texts went. Nobody sees it half done."""
    column = PARTITIONED[month.table]
    bounds = f"{column} >= '{month.first}' AND {column} < '{month.next_first}'"
    tx.execute(text(f"ALTER TABLE {thin} ADD CONSTRAINT {thin}_month CHECK ({bounds})"))
    rows, texts = tx.execute(text(f"SELECT count(*), count(body) FROM {month.name}")).one()
    copied, kept = tx.execute(text(f"SELECT count(*), count(body) FROM {thin}")).one()
    tx.execute(text(_LOCK_TIMEOUT))
    tx.execute(text(f"LOCK TABLE {month.table} IN ACCESS EXCLUSIVE MODE"))
    listed = f"SELECT EXISTS (SELECT FROM outbox WHERE {bounds})"
    if copied != rows or tx.execute(text(listed)).scalar_one():
        # Listed again meanwhile, or not what it was: begin anew when it is to go.
        tx.execute(text(f"DROP TABLE {thin}"))
        return 0
    tx.execute(text(f"ALTER TABLE {month.table} DETACH PARTITION {month.name}"))
    tx.execute(text(f"DROP TABLE {month.name}"))
    reached("retention.swapped")
    tx.execute(text(f"ALTER TABLE {thin} RENAME TO {month.name}"))
    values = f"FROM ('{month.first}') TO ('{month.next_first}')"
    tx.execute(text(f"ALTER TABLE {month.table} ATTACH PARTITION {month.name} FOR VALUES {values}"))
    return int(texts - kept)


def _is_partition(tx: Transaction, name: str) -> bool:
    if not tx.postgresql:
        return False
    there = text("SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(:name))")
    return bool(tx.execute(there, {"name": name}).scalar_one())


def _is_thin(tx: Transaction, name: str, kept_whole: str) -> bool:
    fat = text(f"SELECT EXISTS (SELECT FROM {name} WHERE body IS NOT NULL AND destination <> :kept)")
    return not tx.execute(fat, {"kept": kept_whole}).scalar_one()
