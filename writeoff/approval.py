"""Whether a request needs approval, by whom, and whether that still suffices (R5, R10)."""

from typing import Literal

from writeoff.policy.model import ApprovalRule, Policy
from writeoff.process import Cause, Origin
from writeoff.value import Value

#: `checking`: what the accounts owe together is not known yet.
ApprovalState = Literal["checking", "not-needed", "awaiting", "approved", "refused"]
RequestKind = Literal["personal", "bulk"]


class Asked(Value, frozen=True, kw_only=True):
    """A request, as whoever decides about it must know it. `total` in minor units, `roles` may decide.

    `undecided` of its accounts are neither accepted nor refused yet.
    """

    request_id: str
    kind: RequestKind
    origin: Origin
    bulk: bool
    requested_by: str
    command: str
    answers_message_id: str
    revision: int
    correlation_id: str
    causation_id: str
    traceparent: str | None
    tracestate: str | None
    plan_digest: str | None
    approval: ApprovalState | None
    total: int | None
    roles: tuple[str, ...]
    decided_by: str | None
    undecided: int = 0

    def because_of(self, cause: Cause) -> Cause:
        """Return the cause of what happens to the request now: correlated as the request was."""
        return Cause(
            opco=cause.opco,
            account_id=None,
            process_id=None,
            request_id=self.request_id,
            origin=self.origin,
            bulk=self.bulk,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            at=cause.at,
            on=cause.on,
            actor=cause.actor,
            traceparent=self.traceparent,
            tracestate=self.tracestate,
        )


class Approved(Value, frozen=True, kw_only=True):
    """What a process's request was let through with: its total (minor units), and the roles of who approved.

    No roles: no approval was needed.
    """

    total: int
    roles: tuple[str, ...]


def deciders(
    policy: Policy, kind: RequestKind, disposition: str, total: int, *, override_hold: bool = False
) -> tuple[str, ...] | None:
    """Return the roles of which one must approve a request of this total (minor units); None: none need."""
    rule = next((each for each in policy.approvals if _matches(each, kind, disposition, total)), None)
    if rule is not None and rule.needed:
        return rule.roles or policy.roles.decide
    return policy.roles.decide if override_hold else None


def may_need(policy: Policy, kind: RequestKind, disposition: str, *, override_hold: bool = False) -> bool:
    """Tell whether such a request might need approval at some total: then its total must be known first."""
    return override_hold or any(
        rule.needed and rule.kind in {None, kind} and rule.disposition in {None, disposition}
        for rule in policy.approvals
    )


def exceeded(
    policy: Policy, kind: RequestKind, disposition: str, approved: Approved, rise: int
) -> tuple[str, ...] | None:
    """Return the roles whose approval is missing since the debt rose by so much (minor units), or None."""
    if rise <= 0:
        return None
    before = deciders(policy, kind, disposition, approved.total)
    now = deciders(policy, kind, disposition, approved.total + rise)
    if now is None or now == before or set(now) & set(approved.roles):
        return None
    return now


def _matches(rule: ApprovalRule, kind: RequestKind, disposition: str, total: int) -> bool:
    return (
        rule.kind in {None, kind}
        and rule.disposition in {None, disposition}
        and (rule.amount_from is None or total >= rule.amount_from)
        and (rule.amount_below is None or total < rule.amount_below)
    )
