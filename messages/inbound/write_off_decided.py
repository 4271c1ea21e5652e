"""The command that approves or refuses a request awaiting approval (R5)."""

from typing import ClassVar, Literal

from messages.fields import Id, ReasonText
from messages.inbound.actor import Actor
from messages.inbound.data import InboundData
from messages.malformed import Malformed


class WriteOffDecided(InboundData, frozen=True, kw_only=True):
    """A decision on a request, and by whom. `plan_digest` is the digest of what was looked at (R4)."""

    type_name: ClassVar[str] = "pulse.write-off-decided.v1"

    request_id: Id
    decision: Literal["approved", "refused"]
    decided_by: Actor
    reason: ReasonText
    plan_digest: Id | None = None

    def check(self, at: str) -> None:
        """Refuse a refusal whose reason is blank: somebody will ask for it."""
        if self.decision == "refused" and not self.reason.strip():
            raise Malformed(f"{at}.reason", "A refusal needs a reason; say why the request was refused.")
