"""Cancels every active referral of the process and recalls it from the agency (R11, R26)."""

from handlers.agencies.referrals import close_all
from handlers.kinds.event_kind import EventKind, NoParameters
from writeoff.case import EventCase, Part
from writeoff.decision import Apply


def decide(case: EventCase, _parameters: NoParameters) -> Apply:
    """Close what is active; with nothing active there is nothing to do."""
    return Apply(facts=close_all(case, "cancellation", "cancel-agency-referral"))


KIND = EventKind(name="cancel-agency-referral", parameters=NoParameters, decide=decide, needs=Part.REFERRALS)
