"""Answers to commands: figures of the whole command so far, refusals in parts (`request-answered`)."""

from collections.abc import Sequence

from writeoff.facts import Difference, Refusal, RequestAnswered, RequestStatus
from writeoff.process import Cause
from writeoff.value import Value

#: Refusals a part, so that one answer stays a small message.
REFUSALS_A_PART = 1_000


def command_name(type_name: str) -> str:
    """Return `write-off-requested` for `pulse.write-off-requested.v1`."""
    return type_name.removeprefix("pulse.").removesuffix(".v1")


class Figures(Value, frozen=True, kw_only=True):
    """What has been decided of a command so far; amounts in minor units by currency."""

    accepted: int
    refused: int
    waiting: int
    totals: tuple[tuple[str, int], ...]
    refusals: tuple[Refusal, ...]
    #: Accounts that await approval (R5).
    awaiting: int = 0
    #: The command was carried out, and is about no accounts of its own.
    taken: bool = False

    @property
    def status(self) -> RequestStatus:
        """`accepted` and `refused` only when that is true of every account, also of those that wait."""
        if self.taken:
            return "accepted"
        if self.awaiting:
            return "awaiting-approval"
        if self.waiting or (self.accepted and self.refused):
            return "accepted-in-part"
        return "accepted" if self.accepted else "refused"


def answer(
    cause: Cause,
    *,
    answers_message_id: str,
    request_id: str,
    command: str,
    revision: int,
    figures: Figures,
    plan_digest: str | None = None,
    at_once: bool = False,
) -> tuple[RequestAnswered, ...]:
    """Return the answer to a command that was decided account by account, in as many parts as it takes.

    `at_once`: the request is opened with this revision in the same transaction.
    """
    pages: list[Sequence[Refusal]] = [
        figures.refusals[start : start + REFUSALS_A_PART]
        for start in range(0, max(len(figures.refusals), 1), REFUSALS_A_PART)
    ]
    return tuple(
        RequestAnswered(
            cause=cause,
            answers_message_id=answers_message_id,
            request_id=request_id,
            command=command,
            revision=revision,
            status=figures.status,
            refusal=None,
            message=None,
            accepted=figures.accepted,
            refused=figures.refused,
            totals=figures.totals,
            refusals=tuple(page),
            part=part,
            parts=len(pages),
            plan_digest=plan_digest,
            at_once=at_once,
        )
        for part, page in enumerate(pages, start=1)
    )


def refuse(
    cause: Cause,
    *,
    answers_message_id: str,
    request_id: str,
    command: str,
    refusal: str,
    message: str,
    revision: int = 1,
    differences: tuple[Difference, ...] = (),
    plan_digest: str | None = None,
) -> RequestAnswered:
    """Return the answer to a command that failed as such."""
    return RequestAnswered(
        cause=cause,
        answers_message_id=answers_message_id,
        request_id=request_id,
        command=command,
        revision=revision,
        status="refused",
        refusal=refusal,
        message=message,
        accepted=0,
        refused=0,
        totals=(),
        refusals=(),
        differences=differences,
        plan_digest=plan_digest,
    )
