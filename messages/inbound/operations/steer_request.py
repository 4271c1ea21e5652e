"""The commands to pause a request, to let it go on, and to cancel what is left of it (R3)."""

from typing import ClassVar

from messages.fields import Id, ReasonText
from messages.inbound.operations.data import OperatorData


class PauseRequest(OperatorData, frozen=True, kw_only=True):
    """None of its accounts shall be decided and none of its events run, because of `reason`."""

    type_name: ClassVar[str] = "writeoff.operations.pause-request.v1"

    request_id: Id
    reason: ReasonText


class ResumeRequest(OperatorData, frozen=True, kw_only=True):
    """The request shall go on."""

    type_name: ClassVar[str] = "writeoff.operations.resume-request.v1"

    request_id: Id


class CancelRequest(OperatorData, frozen=True, kw_only=True):
    """Whatever of the request has not been decided shall be refused, because of `reason`."""

    type_name: ClassVar[str] = "writeoff.operations.cancel-request.v1"

    request_id: Id
    reason: ReasonText
