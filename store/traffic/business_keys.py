"""Business keys: the first message that carried each, unless it was refused (R12)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from store.engine.lookup import Lookup
from store.engine.transaction import Transaction
from store.tables import business_keys
from store.traffic.inbox import Identity

#: opco, kind, key
BusinessKey = tuple[str, str, str]

_KEY = [business_keys.c.opco, business_keys.c.kind, business_keys.c.key]
_HOLDERS = Lookup(
    _KEY,
    lambda wanted: select(*_KEY, business_keys.c.source, business_keys.c.id).join(
        wanted,
        (business_keys.c.opco == wanted.c.opco)
        & (business_keys.c.kind == wanted.c.kind)
        & (business_keys.c.key == wanted.c.key),
    ),
)


def claim(
    tx: Transaction, keys: Sequence[tuple[BusinessKey, Identity]]
) -> dict[BusinessKey, Identity | None]:
    """Claim business keys; return who holds each one now, this message or an earlier one.

    None holds a key that was claimed before under the identity of a message that claims it now as new: the
    one that came first is no longer kept.
    """
    claimed = tx.insert_new(
        business_keys,
        ("opco", "kind", "key", "source", "id"),
        [(*key, *identity_) for key, identity_ in keys],
        ("opco", "kind", "key"),
    )
    held: dict[BusinessKey, Identity | None] = {}
    for key, identity_ in keys:
        if key in claimed:
            held.setdefault(key, identity_)  # of several that claim one, the first has it
    wanted = sorted({key for key, _ in keys} - held.keys())
    now = {identity_ for _, identity_ in keys}
    for opco, kind, key_, source, id_ in _HOLDERS.tuples(tx, wanted):
        holder = (source, id_)
        held[opco, kind, key_] = None if holder in now else holder
    return held


def release(tx: Transaction, keys: Iterable[tuple[BusinessKey, Identity]]) -> None:
    """Give business keys back whose messages were refused: nothing came of them, so they may come again."""
    rows = [(*key, *identity_) for key, identity_ in keys]
    tx.delete(business_keys, ("opco", "kind", "key", "source", "id"), rows)
