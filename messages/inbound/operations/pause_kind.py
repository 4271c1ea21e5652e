"""The commands to pause a kind of write-off event, and to let it run again."""

from typing import ClassVar

from messages.fields import Code, ReasonText
from messages.inbound.operations.data import OperatorData


class PauseKind(OperatorData, frozen=True, kw_only=True):
    """No event of this kind shall run, because of `reason`."""

    type_name: ClassVar[str] = "writeoff.operations.pause-kind.v1"

    kind: Code
    reason: ReasonText


class ResumeKind(OperatorData, frozen=True, kw_only=True):
    """Events of this kind shall run again."""

    type_name: ClassVar[str] = "writeoff.operations.resume-kind.v1"

    kind: Code
