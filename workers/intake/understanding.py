"""From a delivery to a message that can be decided, or to a dead letter; no database, no side effect."""

import hashlib
from collections.abc import Mapping

import msgspec

from handlers import intake, operations
from handlers.kinds.intake_kind import IntakeKind, Prepared
from messages import codec
from messages import envelope as envelopes
from messages.destinations import UNDELIVERED_QUEUE
from messages.envelope import Envelope
from messages.inbound.operations import SOURCE, operator_types, parse_any
from messages.malformed import Malformed
from store.traffic.business_keys import BusinessKey
from store.traffic.inbox import Arrival, DeadLetter, Identity, Received, StoredMessage
from workers.brokers import Delivery
from workers.intake.authentication import Authenticator, NotAuthenticated
from workers.intake.storable import storable
from writeoff.policy.model import Policy
from writeoff.process import Cause
from writeoff.value import Value

#: The reason of a dead letter that broke intake itself, and was kept unread.
CRASHED = "crashed-intake"

_OPERATORS_ONLY = (
    f"Sources below {SOURCE} and the commands of operators are taken from no queue; send it as yourself."
)


class Understood(Value, frozen=True, kw_only=True):
    """A message that can be decided. `woken`: it was journaled earlier and has waited; `final`: no longer."""

    envelope: Envelope
    kind: IntakeKind
    prepared: Prepared
    arrival: Arrival
    woken: bool = False
    final: bool = False

    @property
    def identity(self) -> Identity:
        """(source, id)."""
        return self.arrival.identity

    @property
    def account(self) -> tuple[str, str] | None:
        """The account whose lock it needs."""
        account_id = self.prepared.account_id
        return (self.envelope.opco, account_id) if account_id is not None else None

    @property
    def business_key(self) -> BusinessKey | None:
        """The business key, if it has one (R12)."""
        key = self.prepared.business_key
        return (self.envelope.opco, *key) if key is not None else None

    @property
    def turn(self) -> tuple[str, str] | None:
        """What no two of one round share: account, message acknowledged, or request decided about."""
        if self.account is not None:
            return self.account
        for what, name in (
            ("", self.prepared.message_id),
            (f"\x1f{self.envelope.opco}", self.prepared.decides),
        ):
            if name is not None:
                return what, name
        return None

    def cause(self, base: Cause) -> Cause:
        """Return what this message's facts descend from; `base` brings the moment and the business date."""
        envelope, prepared = self.envelope, self.prepared
        return Cause(
            opco=envelope.opco,
            account_id=prepared.account_id,
            process_id=None,
            request_id=prepared.request_id,
            origin=prepared.origin,
            bulk=prepared.bulk,
            correlation_id=envelope.correlationid or envelope.id,
            causation_id=envelope.id,
            at=base.at,
            on=base.on,
            actor=prepared.actor,
            traceparent=envelope.traceparent,
            tracestate=envelope.tracestate,
            source=envelope.source,
        )


def received(delivery: Delivery) -> Received:
    """Return the delivery as it is kept: exact bytes, headers and properties as far as they are text."""
    return Received(
        queue=delivery.queue,
        body=delivery.body,
        sha256=hashlib.sha256(delivery.body).hexdigest(),
        content_type=storable(delivery.content_type or ""),
        headers=msgspec.json.encode(storable(dict(delivery.headers))).decode(),
        properties=msgspec.json.encode(storable(dict(delivery.properties))).decode(),
    )


def understand(
    delivery: Delivery, policies: Mapping[str, Policy], authenticator: Authenticator
) -> Understood | DeadLetter:
    """Read one delivery. Whatever the bytes, the answer is one of the two."""
    kept = received(delivery)
    if delivery.queue == UNDELIVERED_QUEUE:
        given_up = "The broker gave this message up: it expired, was rejected, or its queue was full."
        return _dead(delivery, kept, "undelivered", None, given_up)
    try:
        envelope = envelopes.read(delivery.body, delivery.content_type, delivery.headers)
        if envelope.source.startswith(SOURCE) or envelope.type in operator_types():
            return _dead(delivery, kept, "not-authenticated", "source", _OPERATORS_ONLY)
        judged = authenticator.check(delivery, envelope)
        if isinstance(judged, NotAuthenticated):
            return _dead(delivery, kept, "not-authenticated", None, judged.detail)
        prepared = prepare(envelope, policies)
    except Malformed as malformed:
        return _dead(delivery, kept, malformed.reason, malformed.path or None, malformed.problem)
    return _understood(
        envelope, prepared, kept, policies, verdict=judged.verdict, publisher=storable(judged.publisher)
    )


def _dead(delivery: Delivery, kept: Received, reason: str, path: str | None, problem: str) -> DeadLetter:
    type_name, opco = envelopes.stated(delivery.body, delivery.content_type, delivery.headers)
    return DeadLetter(
        received=kept,
        reason=reason,
        path=path,
        problem=problem,
        type=storable(type_name),
        opco=storable(opco),
    )


def understand_operator(kept: Received, user: str, policies: Mapping[str, Policy]) -> Understood:
    """Read what an operator ordered on this machine, as `user` of its system; raises `Malformed`.

    What refers to something that was decided before is told so, instead of being a conflict with that (R12).
    """
    envelope = envelopes.read(kept.body, kept.content_type, {})
    kind, ready = prepare(envelope, policies)
    prepared = kind, msgspec.structs.replace(ready, business_key=None) if ready.key_refers else ready
    read = _understood(envelope, prepared, kept, policies, verdict="operator", publisher=user)
    return msgspec.structs.replace(read, final=True)  # who waits for the answer waits for no snapshot


def _understood(
    envelope: Envelope,
    kind_and_prepared: tuple[IntakeKind, Prepared],
    kept: Received,
    policies: Mapping[str, Policy],
    *,
    verdict: str,
    publisher: str | None,
) -> Understood:
    kind, prepared = kind_and_prepared
    return Understood(
        envelope=envelope,
        kind=kind,
        prepared=prepared,
        arrival=Arrival(
            source=envelope.source,
            id=envelope.id,
            opco=envelope.opco,
            type=envelope.type,
            account_id=prepared.account_id,
            publisher=publisher,
            verdict=verdict,
            policy_digest=policies[envelope.opco].digest,
            traceparent=envelope.traceparent,
            tracestate=envelope.tracestate,
            received=kept,
        ),
    )


def prepare(envelope: Envelope, policies: Mapping[str, Policy]) -> tuple[IntakeKind, Prepared]:
    """Turn an envelope into a command in domain values; raises `Malformed`."""
    data = parse_any(envelope)
    policy = policies.get(envelope.opco)
    if policy is None:
        known = ", ".join(sorted(policies))
        raise Malformed("opco", f"The opco is not served here; send one of {known}.")
    kind = intake.kinds().get(envelope.type) or operations.kinds()[envelope.type]
    return kind, kind.prepare(envelope, data, policy)


def understand_again(message: StoredMessage, policies: Mapping[str, Policy], *, final: bool) -> Understood:
    """Read a journaled message once more, to decide it; it was valid when it came."""
    headers = msgspec.json.decode(message.headers)
    envelope = envelopes.read(message.body, message.content_type, headers)
    kind, prepared = prepare(envelope, policies)
    kept = Received(
        queue=message.queue,
        body=message.body,
        sha256=message.digest,
        content_type=message.content_type,
        headers=message.headers,
        properties="{}",
    )
    return Understood(
        envelope=envelope,
        kind=kind,
        prepared=prepared,
        woken=True,
        final=final,
        arrival=Arrival(
            source=message.source,
            id=message.id,
            opco=envelope.opco,
            type=envelope.type,
            account_id=prepared.account_id,
            publisher=None,
            verdict="",
            policy_digest=None,
            traceparent=envelope.traceparent,
            tracestate=envelope.tracestate,
            received=kept,
        ),
    )


def crashed(kept: Received) -> DeadLetter:
    """Return the dead letter of a message that broke intake itself."""
    return DeadLetter(
        received=kept,
        reason=CRASHED,
        path=None,
        problem="This message broke the worker that read it; it is kept unread for an engineer to look at.",
    )


def same_content(envelope: Envelope, message: StoredMessage) -> bool:
    """Tell whether two messages of one identity say the same: type, subject, opco and data, equal as JSON."""
    headers = msgspec.json.decode(message.headers)
    first = envelopes.read(message.body, message.content_type, headers)
    return envelope.canonical_content() == first.canonical_content()


def same_data(envelope: Envelope, message: StoredMessage) -> bool:
    """Tell whether two messages of one business key carry the same data (R12)."""
    headers = msgspec.json.decode(message.headers)
    first = envelopes.read(message.body, message.content_type, headers)
    return envelope.type == first.type and codec.canonical(envelope.data) == codec.canonical(first.data)
