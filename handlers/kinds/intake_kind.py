"""What the handler of an inbound message type is, and what it makes of a message before any lock is taken."""

from collections.abc import Callable
from typing import Any

from messages.envelope import Envelope
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.policy.model import Policy
from writeoff.process import Origin
from writeoff.value import Value


class AwaitSnapshot(Value, frozen=True, kw_only=True):
    """The message overtook its account's snapshot, or its payment: it waits in the journal (R16)."""


IntakeDecision = Apply | Refuse | AwaitSnapshot


class Prepared(Value, frozen=True, kw_only=True):
    """A message made ready: its command in domain values, and the keys under which it is decided.

    `account_id` is the lock it takes, if one; `process_id` the process of that account that it is about, when
    that need not be the active one. `business_key` (kind, key) is unique per opco (R12).
    With `key_refers` it only refers to what the key names, which may be decided once (R12). `decides` is the
    request that it decides about (R5).
    `referral_id` leads to both where the message names a referral instead (R26). `message_id` is the outgoing
    message that it acknowledges (R27).
    `plan_digest` is the plan of that account that it holds to (R4).
    `actor` is who is behind it, for the audit trail. `request_id`, `origin` and `bulk` mark its effects (R3).
    """

    command: Any
    actor: str
    account_id: str | None = None
    process_id: str | None = None
    referral_id: str | None = None
    message_id: str | None = None
    business_key: tuple[str, str] | None = None
    key_refers: bool = False
    decides: str | None = None
    needs: Part = Part.NONE
    plan_digest: str | None = None
    request_id: str | None = None
    origin: Origin | None = None
    bulk: bool = False


class IntakeKind(Value, frozen=True, kw_only=True):
    """One inbound type.

    `prepare(envelope, data, policy)` turns wire into domain values, raising `Malformed` with the path of what
    is wrong. `decide(command, case, final)` decides; with `final` there is no more waiting for a snapshot.
    What `refers` to other messages' work is decided after those that came with it: queues have no order.
    What `awaits_payment` is looked at again when a payment of its account has come, not a snapshot alone.
    """

    type_name: str
    prepare: Callable[[Envelope, Any, Policy], Prepared]
    decide: Callable[[Any, Case, bool], IntakeDecision]
    refers: bool = False
    awaits_payment: bool = False


def missing_snapshot(case: Case, account_version: int | None) -> bool:
    """Tell whether a message names an account that is not known yet, or a version that is not (R16)."""
    return case.account is None or (account_version or 0) > case.account.version
