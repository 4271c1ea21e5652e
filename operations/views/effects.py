"""What a process did beside money and referrals: demerits, contacts, to-dos, goods, messages."""

from datetime import date, datetime

from operations.views.view import View


class Demerit(View, frozen=True, kw_only=True):
    """What was recorded against the customer's rating."""

    demerit_id: str
    event_sequence: int
    credit_rating_points: int
    cash_only_points: int
    effective_from: date
    effective_to: date
    ended_on: date | None


class Contact(View, frozen=True, kw_only=True):
    """That a person was written to; who that is, is in Pulse."""

    contact_id: str
    event_sequence: int
    person_id: str
    contact_class: str
    contact_type: str
    contacted_on: date
    letter: bool
    corrects_contact_id: str | None


class Todo(View, frozen=True, kw_only=True):
    """A task that the process made for somebody."""

    todo_id: str
    event_sequence: int | None
    todo_type: str
    role: str
    priority: int
    status: str
    closed_on: date | None
    closed_because: str | None
    subject: str
    message: str
    created_at: datetime


class Goods(View, frozen=True, kw_only=True):
    """What became of goods."""

    sa_id: str
    product_id: str
    returned: int
    lost: int
    restored: int


class Message(View, frozen=True, kw_only=True):
    """A message that the process caused; `published` once its broker has confirmed it."""

    message_id: str
    type: str
    destination: str
    created_at: datetime
    published: bool
