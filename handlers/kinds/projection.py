"""What a consumer is told of a fact: messages with their destination."""

from collections.abc import Callable, Mapping
from typing import Any

from messages.outbound import Message, compose
from messages.outbound.data import OutboundData, ServiceAgreementAmount
from writeoff import identity
from writeoff.facts import Fact
from writeoff.money import render
from writeoff.process import Agreement
from writeoff.value import Value


class Addressed(Value, frozen=True, kw_only=True):
    """A message for one destination, with what the outbox keeps beside the body."""

    destination: str
    message: Message
    account_id: str | None
    process_id: str | None


Projection = Callable[[Any], tuple[Addressed, ...]]


class Consumer(Value, frozen=True, kw_only=True):
    """One consumer: how it is told of the facts that concern it."""

    name: str
    projections: Mapping[type[Fact], Projection]


def addressed(
    fact: Fact, destination: str, data: OutboundData, *key: object, subject: str | None = None
) -> Addressed:
    """Put data into its envelope. Its id derives from type and `key`: made again, it is the same (R12)."""
    cause = fact.cause
    return Addressed(
        destination=destination,
        message=compose(
            data,
            id=identity.message_id(data.type_name, cause.opco, *key),
            opco=cause.opco,
            subject=subject or cause.account_id or cause.request_id or cause.causation_id,
            time=cause.at,
            correlationid=cause.correlation_id,
            causationid=cause.causation_id,
            traceparent=cause.traceparent,
            tracestate=cause.tracestate,
        ),
        account_id=cause.account_id,
        process_id=cause.process_id,
    )


def caused(fact: Fact) -> dict[str, Any]:
    """Return the fields that every message of a process carries."""
    cause = fact.cause
    return {
        "process_id": cause.process_id,
        "request_id": cause.request_id,
        "origin": cause.origin,
        "bulk": cause.bulk,
        "account_id": cause.account_id,
    }


def amounts(agreements: tuple[Agreement, ...], currency: str) -> tuple[ServiceAgreementAmount, ...]:
    """Return agreements with their amounts as decimal strings."""
    return tuple(
        ServiceAgreementAmount(sa_id=each.sa_id, sa_type=each.sa_type, amount=render(each.amount, currency))
        for each in agreements
    )
