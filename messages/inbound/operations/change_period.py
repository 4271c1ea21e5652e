"""The commands to close an accounting period, and to open it again (R22)."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from messages.fields import ReasonText
from messages.inbound.operations.data import OperatorData

#: The years are those that a date may have in messages.
PERIOD: Final = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$(?!\n)"
Period = Annotated[str, Meta(pattern=PERIOD, description="an accounting period, such as 2026-11")]


class ClosePeriod(OperatorData, frozen=True, kw_only=True):
    """The period takes no more postings."""

    type_name: ClassVar[str] = "writeoff.operations.close-period.v1"

    period: Period
    reason: ReasonText | None = None


class OpenPeriod(OperatorData, frozen=True, kw_only=True):
    """The period takes postings again, because of `reason`."""

    type_name: ClassVar[str] = "writeoff.operations.open-period.v1"

    period: Period
    reason: ReasonText
