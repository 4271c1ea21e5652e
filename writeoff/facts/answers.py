"""What a command was answered."""

from typing import Literal

from writeoff.facts.fact import Fact
from writeoff.value import Value

RequestStatus = Literal["accepted", "accepted-in-part", "refused", "awaiting-approval"]


class Refusal(Value, frozen=True, kw_only=True):
    """Why one account of a request was refused, with a plain sentence (R2)."""

    account_id: str
    reason: str
    message: str


class Difference(Value, frozen=True, kw_only=True):
    """A figure of an account that is no longer as it was planned; None where there is none (R4)."""

    account_id: str
    field: str
    planned: str | None
    present: str | None


class RequestAnswered(Fact, frozen=True, kw_only=True):
    """A command was answered, in one or more parts (at most 1,000 refusals each)."""

    answers_message_id: str
    request_id: str
    command: str
    revision: int
    status: RequestStatus
    refusal: str | None
    message: str | None
    accepted: int
    refused: int
    totals: tuple[tuple[str, int], ...]
    refusals: tuple[Refusal, ...]
    part: int = 1
    parts: int = 1
    differences: tuple[Difference, ...] = ()
    plan_digest: str | None = None
    #: Given together with the request, which was opened with this revision: there is none to remember.
    at_once: bool = False
