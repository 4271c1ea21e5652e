"""To-dos: texts filled from the policy's to-do types, ids from their cause."""

import msgspec

from handlers.wording.texts import placeholders
from writeoff import identity
from writeoff.case import Case
from writeoff.facts import TodoCreated
from writeoff.policy.model import TodoPurpose
from writeoff.policy.texts import fill
from writeoff.process import Cause


def todo(
    case: Case,
    *,
    todo_type: str,
    key: tuple[object, ...],
    amount: int | None = None,
    sequence: int | None = None,
    role: str | None = None,
    priority: int | None = None,
    detail: str = "",
    currency: str | None = None,
) -> TodoCreated:
    """Return a to-do of a type; `key` is what makes it one beside its cause (R12).

    Amount in minor units of `currency`, by default the policy's.
    """
    configured = case.policy.todo_types[todo_type]
    currency = currency or case.policy.currency
    values = placeholders(case, amount, detail, currency)
    cause = case.cause
    return TodoCreated(
        cause=cause,
        todo_id=todo_id(cause, *key),
        event_sequence=sequence,
        todo_type=todo_type,
        role=role or configured.role,
        priority=priority if priority is not None else configured.priority,
        subject=fill(configured.subject, values),
        message=fill(configured.message, values),
        amount=amount,
        currency=currency if amount is not None else None,
    )


def todo_id(cause: Cause, *key: object) -> str:
    """Return the id of the to-do of a cause; for those of `todo_for` the key begins with the purpose."""
    return identity.derive("todo", cause.opco, cause.process_id or cause.causation_id, *key)


def todo_for(
    case: Case,
    purpose: TodoPurpose,
    *key: object,
    amount: int | None = None,
    sequence: int | None = None,
    detail: str = "",
    currency: str | None = None,
) -> TodoCreated:
    """Return the to-do that the policy wants on one of the worker's own occasions.

    A process's policy version may be older than the occasion; then the current one says.
    """
    if purpose not in case.policy.todo_for:
        case = msgspec.structs.replace(case, policy=case.current)
    return todo(
        case,
        todo_type=case.policy.todo_for[purpose],
        key=(purpose, *key),
        amount=amount,
        sequence=sequence,
        detail=detail,
        currency=currency,
    )
