"""What happened to a request: taken, approved (R5), its accounts decided, paused."""

from typing import Literal

from writeoff.facts.fact import Fact
from writeoff.process import Disposition
from writeoff.value import Value

ItemState = Literal["pending", "waiting", "awaiting", "accepted", "refused"]


class RequestItem(Value, frozen=True, kw_only=True):
    """One account of a request. `body` holds returned goods and an embedded snapshot, as received."""

    ordinal: int
    account_id: str
    account_version: int | None = None
    state: ItemState = "pending"
    refusal: str | None = None
    message: str | None = None
    process_id: str | None = None
    amount: int | None = None
    body: bytes | None = None
    plan_digest: str | None = None


class RequestOpened(Fact, frozen=True, kw_only=True):
    """A write-off request was taken; its accounts are decided now (personal) or by expansion (bulk).

    `plan_digest` is the plan that it holds to; with `plan_checked` its accounts are compared with that first.
    """

    request_id: str
    kind: str
    disposition: Disposition
    reason: str
    comments: str | None
    requested_by: str
    roles: tuple[str, ...]
    command: str
    answers_message_id: str
    currency: str
    policy_digest: str
    revision: int
    items: tuple[RequestItem, ...]
    plan_digest: str | None = None
    plan_checked: int | None = None
    approval: "NeedsApproval | None" = None


class NeedsApproval(Value, frozen=True, kw_only=True):
    """A request that may need approval (R5): `roles` decide once its `total` (minor units) is known."""

    override_hold: bool
    total: int | None = None
    roles: tuple[str, ...] = ()


class ApprovalAwaited(Fact, frozen=True, kw_only=True):
    """The total of a request is known and needs approval by one of these roles; until then no effect (R5)."""

    request_id: str
    total: int
    roles: tuple[str, ...]


class ApprovalSettled(Fact, frozen=True, kw_only=True):
    """A request needs no approval at its `total`, or was approved or refused by somebody (R5).

    What awaited it is decided now, R2 again included, or refused.
    """

    request_id: str
    state: Literal["not-needed", "approved", "refused"]
    total: int | None = None
    decided_by: str | None = None
    roles: tuple[str, ...] = ()
    reason: str | None = None


class ItemDecided(Fact, frozen=True, kw_only=True):
    """An account of a request was accepted into a process or refused; or it waits for its snapshot (R16).

    `awaiting`: it could be written off, its amount is known, and nothing happens before approval (R5).
    """

    request_id: str
    ordinal: int
    state: ItemState
    refusal: str | None = None
    message: str | None = None
    process_id: str | None = None
    amount: int | None = None
    plan_digest: str | None = None


class ItemsCompared(Fact, frozen=True, kw_only=True):
    """Accounts of a request were compared with its plan (R4): the digest of each by ordinal.

    `checked` is the ordinal to go on with; None when the whole is as it was planned.
    """

    request_id: str
    digests: tuple[tuple[int, str], ...]
    checked: int | None


class ItemsRefused(Fact, frozen=True, kw_only=True):
    """Every account of a request that had not been decided was refused at once, for the same reason."""

    request_id: str
    refusal: str
    message: str


class RequestPaused(Fact, frozen=True, kw_only=True):
    """An operator paused a request: none of its accounts is decided, none of its events runs (R3)."""

    request_id: str
    reason: str


class RequestResumed(Fact, frozen=True, kw_only=True):
    """A request is paused no longer."""

    request_id: str
