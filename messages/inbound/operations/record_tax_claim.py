"""The command to record that relief of tax on written-off debt was claimed (R24)."""

from typing import ClassVar

from messages.checks import refuse_implausible
from messages.fields import Code, Day, Id
from messages.inbound.operations.data import OperatorData


class RecordTaxClaim(OperatorData, frozen=True, kw_only=True):
    """Relief for one account was claimed on `claimed_on`, under the tax office's `reference`.

    Of one distribution code, or of all; for supplies until a date, or all that may be claimed on that day.
    """

    type_name: ClassVar[str] = "writeoff.operations.record-tax-claim.v1"

    account_id: Id
    reference: Code
    claimed_on: Day
    distribution_code: Code | None = None
    supplied_until: Day | None = None

    def check(self, at: str) -> None:
        """Refuse dates that nobody can have meant."""
        refuse_implausible(self.claimed_on, f"{at}.claimed_on")
        refuse_implausible(self.supplied_until, f"{at}.supplied_until")
