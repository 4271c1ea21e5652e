"""The to-do consumer."""

from handlers.kinds.projection import Addressed, Consumer, addressed, caused
from messages import destinations
from messages.outbound import TodoClosed as ClosedMessage
from messages.outbound import TodoCreated as Message
from writeoff.facts import TodoClosed, TodoCreated
from writeoff.money import render


def todo_created(fact: TodoCreated) -> tuple[Addressed, ...]:
    """Tell of the task."""
    amount, currency = fact.amount, fact.currency
    data = Message(
        **caused(fact),
        todo_id=fact.todo_id,
        event_sequence=fact.event_sequence,
        todo_type=fact.todo_type,
        role=fact.role,
        priority=fact.priority,
        subject=fact.subject,
        message=fact.message,
        amount=render(amount, currency) if amount is not None and currency else None,
        currency=currency if amount is not None else None,
    )
    return (addressed(fact, destinations.TO_DO, data, fact.todo_id),)


def todo_closed(fact: TodoClosed) -> tuple[Addressed, ...]:
    """Tell that nothing is left to do."""
    data = ClosedMessage(**caused(fact), todo_id=fact.todo_id, reason=fact.reason, closed_on=fact.cause.on)
    return (addressed(fact, destinations.TO_DO, data, fact.todo_id),)


CONSUMER = Consumer(name="to-do", projections={TodoCreated: todo_created, TodoClosed: todo_closed})
