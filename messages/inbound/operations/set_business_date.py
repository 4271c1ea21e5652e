"""The command to set an opco's business date, or to let the calendar count again."""

from typing import ClassVar

from messages.checks import refuse_implausible
from messages.fields import Day
from messages.inbound.operations.data import OperatorData


class SetBusinessDate(OperatorData, frozen=True, kw_only=True):
    """The opco's business date from now on; null for today in its time zone."""

    type_name: ClassVar[str] = "writeoff.operations.set-business-date.v1"

    business_date: Day | None

    def check(self, at: str) -> None:
        """Refuse a date that nobody can have meant."""
        refuse_implausible(self.business_date, f"{at}.business_date")
