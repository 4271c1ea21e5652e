"""To-do entries: work for a person in a role."""

from datetime import date
from typing import ClassVar, Literal

from messages.fields import Amount, Currency
from messages.outbound.data import OutboundData
from messages.words import Origin


class TodoCreated(OutboundData, frozen=True, kw_only=True):
    """There is something to do. Null where it does not apply: process, event, account, amount."""

    type_name: ClassVar[str] = "writeoff.todo-created.v1"

    process_id: str | None
    request_id: str | None
    origin: Origin | None
    bulk: bool
    account_id: str | None
    todo_id: str
    event_sequence: int | None
    todo_type: str
    role: str
    priority: int
    status: Literal["open"] = "open"
    subject: str
    message: str
    amount: Amount | None
    currency: Currency | None


class TodoClosed(OutboundData, frozen=True, kw_only=True):
    """What was to do no longer is."""

    type_name: ClassVar[str] = "writeoff.todo-closed.v1"

    process_id: str | None
    request_id: str | None
    origin: Origin | None
    bulk: bool
    account_id: str | None
    todo_id: str
    status: Literal["closed"] = "closed"
    reason: str
    closed_on: date
