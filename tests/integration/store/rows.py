"""Valid rows of every table, made from the columns; a test says only what matters to it."""

import itertools
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table

from store.engine.transaction import Transaction
from store.tables import metadata
from store.tables.types import Id, Timestamp

TODAY = date(2026, 11, 3)
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)

#: What constraints and decoders want other than the first thing of a column's type.
WANTED: dict[str, dict[str, Any]] = {
    "accounts": {"state": "defaulted", "currency": "RWF", "standing": "{}"},
    "acknowledgements": {"consumer": "gl", "status": "accepted"},
    "approvals": {"state": "checking"},
    "buckets": {"held_minor": 1, "claimed_minor": 0},
    "dead_letters": {"state": "open", "revision": 0, "acted_count": 0},
    "events": {"status": "pending", "after": "[]"},
    "goods": {"restored": 0},
    "inbox": {"state": "done"},
    "journal_lines": {"side": "debit"},
    "journals": {"kind": "write-off", "reverses_journal_id": None},
    "messages_out": {"body": "{}"},
    "payments": {"allocations": "{}"},
    "processes": {"status": "active", "agreements": "[]", "returned": "[]", "currency": "RWF"},
    "referral_replies": {"reply": "accepted"},
    "referrals": {"active": True},
    "request_items": {"state": "pending"},
    "requests": {"currency": "RWF"},
    "retired": {"next_first": date(2026, 12, 1)},
    "running": {"event_ids": "[]"},
    "timers": {"due_on": TODAY},
    "todos": {"status": "open"},
}

VALUES: dict[type[Any], Any] = {
    Timestamp: NOW,
    Date: TODAY,
    Boolean: False,
    LargeBinary: b"body",
    Integer: 1,
}

_numbers = itertools.count(1)


def uuid(name: object) -> str:
    """The same id for the same name."""
    return str(uuid5(NAMESPACE_OID, str(name)))


def row(table: Table, **values: Any) -> dict[str, Any]:
    """Columns that may be null are left out, keys are new, `opco` is RW."""
    made = {
        column.name: _value(column)
        for column in table.columns
        if not column.nullable and column.identity is None
    }
    if "opco" in made:
        made["opco"] = "RW"
    return made | WANTED.get(table.name, {}) | values


def put(tx: Transaction, table: Table, **values: Any) -> dict[str, Any]:
    """Insert one row and return it."""
    made = row(table, **values)
    tx.execute(table.insert().values(**made))
    return made


def _value(column: Column[Any]) -> Any:
    number = next(_numbers)
    if isinstance(column.type, Id):
        return uuid(number)
    for kind, value in VALUES.items():
        if isinstance(column.type, kind):
            return number if kind is Integer and column.primary_key else value
    return f"{column.name}-{number}" if column.primary_key else column.name


def table(name: str) -> Table:
    return metadata.tables[name]
