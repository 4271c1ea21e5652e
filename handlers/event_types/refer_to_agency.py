"""Places the debt of the process with a collection agency (R11)."""

from handlers.agencies import selection
from handlers.agencies.placing import NEEDS, place
from handlers.agencies.selection import Rule
from handlers.kinds.event_kind import EventKind
from writeoff.case import EventCase
from writeoff.decision import Apply, Fail


def decide(case: EventCase, rule: Rule) -> Apply | Fail:
    """Refer what is owed to the agency that the rule finds; without one the event fails."""
    amount = case.amount
    if case.active_referral is not None or amount == 0:
        return Apply(facts=())
    agency = selection.choose(rule, case, amount)
    if agency is None:
        return Fail(reason="no-agency", detail=selection.none_fits(case, amount), todo="no-agency")
    return Apply(facts=(place(case, agency),))


KIND = EventKind(
    name="refer-to-agency",
    parameters=Rule,
    decide=decide,
    needs=NEEDS,
    check=selection.check,
    waits_while_held=True,
)
