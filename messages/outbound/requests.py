"""Answers to commands. A refusal is an answer, never a dead letter."""

from typing import Annotated, ClassVar, Literal

from messages.fields import Amount, Currency
from messages.outbound.data import OutboundData
from messages.words import Origin, one_of
from writeoff.value import Value

Answered = Annotated[
    str,
    one_of(
        "write-off-requested write-off-decided write-off-cancel-requested write-off-reversal-requested "
        "repossession-failed"
    ),
]
Status = Literal["accepted", "accepted-in-part", "refused", "awaiting-approval"]
#: Why a command as such failed.
CommandRefusal = Annotated[
    str,
    one_of(
        "not-authorised duplicate-request too-many-accounts plan-changed own-request unknown-request "
        "no-active-process use-reversal not-written-off approval-refused not-cancelable not-supported-yet"
    ),
]
#: Why one account of a command was left out (R2); the last two: it moved after the request had been compared
#: with its plan (R4), or what was left of the request was canceled (R3).
AccountRefusal = Annotated[
    str,
    one_of(
        "duplicate-in-request account-not-found currency-mismatch already-terminated process-active "
        "not-in-default invalid-return no-debt closed-as-small credit-to-apply on-hold "
        "plan-changed request-canceled"
    ),
]


class Total(Value, frozen=True, kw_only=True):
    """What was accepted, in one currency."""

    currency: Currency
    amount: Amount


class Refused(Value, frozen=True, kw_only=True):
    """An account that was left out, and why."""

    account_id: str
    reason: AccountRefusal
    message: str


class Difference(Value, frozen=True, kw_only=True):
    """What is no longer as it was planned (R4)."""

    account_id: str
    field: str
    planned: str | None
    present: str | None


class RequestAnswered(OutboundData, frozen=True, kw_only=True):
    """What became of a command so far; a higher `revision` replaces a lower one.

    `refusal` and `message` are set only when the command as such failed. `part` of `parts`: each part
    has up to 1,000 of the `refusals`, and the figures of the whole.
    """

    type_name: ClassVar[str] = "writeoff.request-answered.v1"

    answers_message_id: str
    request_id: str
    command: Answered
    origin: Origin | None
    bulk: bool
    process_id: str | None
    revision: int
    status: Status
    refusal: CommandRefusal | None
    message: str | None
    accepted: int
    refused: int
    totals: tuple[Total, ...]
    refusals: tuple[Refused, ...]
    differences: tuple[Difference, ...]
    plan_digest: str | None
    part: int
    parts: int
