"""What replies and acknowledgements are about: referrals with their accounts, messages that were sent."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import msgspec
from msgspec.structs import replace
from sqlalchemy import case, func, select

from store.engine.locking import AccountKey
from store.engine.transaction import AnyRow, Transaction
from store.tables import acknowledgements, messages_out, processes, referrals
from writeoff.sent import SentMessage

#: Most acknowledgements come within two days, nearly all within eight; older days are looked at one by one.
RECENT_DAYS = (2, 8)

TODO_CREATED = "writeoff.todo-created.v1"


class _TodoData(msgspec.Struct):
    todo_type: str


class _Todo(msgspec.Struct):
    data: _TodoData


_todos = msgspec.json.Decoder(_Todo)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def is_id(text: str) -> bool:
    """Tell whether a text can be one of our identifiers: PostgreSQL takes nothing else for a UUID."""
    return _UUID.fullmatch(text) is not None


def referred(tx: Transaction, referral_ids: Iterable[str]) -> dict[str, tuple[AccountKey, str]]:
    """Return account and process of the referrals that there are."""
    wanted = sorted({each for each in referral_ids if is_id(each)})
    if not wanted:
        return {}
    rows = tx.rows("wanted", [referrals.c.referral_id], [(each,) for each in wanted])
    columns = [referrals.c[name] for name in ("referral_id", "opco", "account_id", "process_id")]
    statement = select(*columns).join(rows, referrals.c.referral_id == rows.c.referral_id)
    return {
        referral_id: ((opco, account_id), process_id)
        for referral_id, opco, account_id, process_id in tx.execute(statement).all()
    }


def sent(tx: Transaction, opco_of: Mapping[str, str]) -> dict[str, SentMessage]:
    """Return the messages of these ids that went out for the opco which is given for each.

    What their consumers have said of them is locked, so that the next word comes after it.
    """
    left = {message_id for message_id in opco_of if is_id(message_id)}
    found: dict[str, SentMessage] = {}
    for days in _windows(tx) if left else ():
        for message in _sent_on(tx, days, left):
            left.discard(message.message_id)
            if message.opco == opco_of[message.message_id]:
                found[message.message_id] = SentMessage(
                    message_id=message.message_id,
                    type=message.type,
                    destination=message.destination,
                    account_id=message.account_id,
                    process_id=message.process_id,
                    request_id=message.request_id,
                    origin=message.origin,
                    bulk=bool(message.bulk),
                    todo_type=_todos.decode(message.todo).data.todo_type if message.todo else None,
                )
        if not left:
            break
    return _with_acknowledgements(tx, found)


def _windows(tx: Transaction) -> Iterator[list[date]]:
    """Yield the days on which a message may have been written, the last ones together, the others alone.

    The day leads the key of `messages_out`; an index on the id alone would cost every message that goes out.
    """
    today = tx.now.date()
    for begin, end in pairwise((0, *RECENT_DAYS)):
        yield [today - timedelta(days=back) for back in range(begin, end)]
    oldest = tx.execute(select(func.min(messages_out.c.created_on))).scalar_one_or_none()
    if oldest is not None:
        for back in range(RECENT_DAYS[-1], (today - oldest).days + 1):
            yield [today - timedelta(days=back)]


def _sent_on(tx: Transaction, days: list[date], ids: Iterable[str]) -> Sequence[AnyRow]:
    key = [messages_out.c.created_on, messages_out.c.message_id]
    wanted = tx.rows("wanted", key, [(day, each) for day in days for each in sorted(ids)])
    columns = [messages_out.c[name] for name in ("message_id", "opco", "type", "destination", "account_id")]
    statement = (
        select(
            *columns,
            messages_out.c.process_id,
            processes.c.request_id,
            processes.c.origin,
            processes.c.bulk,
            case((messages_out.c.type == TODO_CREATED, messages_out.c.body)).label("todo"),
        )
        .join(
            wanted,
            (messages_out.c.created_on == wanted.c.created_on)
            & (messages_out.c.message_id == wanted.c.message_id),
        )
        .outerjoin(processes, processes.c.process_id == messages_out.c.process_id)
    )
    return tx.execute(statement).all()


def _with_acknowledgements(tx: Transaction, found: Mapping[str, SentMessage]) -> dict[str, SentMessage]:
    if not found:
        return {}
    rows = tx.rows("wanted", [acknowledgements.c.message_id], [(each,) for each in sorted(found)])
    columns = [acknowledgements.c[name] for name in ("message_id", "status", "acknowledged_at")]
    statement = (
        select(*columns)
        .join(rows, acknowledgements.c.message_id == rows.c.message_id)
        .order_by(acknowledgements.c.message_id)
    )
    if tx.postgresql:
        statement = statement.with_for_update(of=acknowledgements)
    said = {row.message_id: row for row in tx.execute(statement).all()}
    return {
        message_id: replace(message, status=row.status, acknowledged_at=row.acknowledged_at)
        if (row := said.get(message_id)) is not None
        else message
        for message_id, message in found.items()
    }
