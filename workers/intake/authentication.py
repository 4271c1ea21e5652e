"""Who is behind a message: the seam for `signed` and `broker`, and the `open` mode of today."""

from typing import Protocol

from messages.envelope import Envelope
from workers.brokers import Delivery
from writeoff.value import Value


class Verdict(Value, frozen=True, kw_only=True):
    """What is known of the publisher; kept with the message for the audit."""

    publisher: str | None
    verdict: str


class NotAuthenticated(Value, frozen=True, kw_only=True):
    """Why a message is not believed: it is dead-lettered as `not-authenticated`."""

    detail: str


class Authenticator(Protocol):
    """Says whether a message may be believed. Looks at nothing but the message and its own keys."""

    def check(self, delivery: Delivery, envelope: Envelope) -> Verdict | NotAuthenticated:
        """Judge one message."""
        ...


class OpenAuthenticator:
    """Believes everybody: for the embedded mode and tests. Start-up says so."""

    def check(self, delivery: Delivery, _envelope: Envelope) -> Verdict | NotAuthenticated:
        """Note who the broker says it was, if it says so."""
        user_id = delivery.properties.get("user_id")
        return Verdict(publisher=str(user_id) if user_id else None, verdict="open")
