"""An operator closes an accounting period, or opens it again (R22).

Periods are closed one after the other, as books are: the first that is closed begins the books, and from
there on a period is closed only when the one before it is. What is not over may be closed, what has not
begun may not. Any closed period may be opened again; what was moved out of it stays where it was posted.
"""

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.change_period import ClosePeriod, OpenPeriod
from writeoff.accounting.posting import first_day, period_of
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import PeriodClosed, PeriodOpened
from writeoff.policy.model import Policy


def prepare(envelope: Envelope, data: ClosePeriod | OpenPeriod, _policy: Policy) -> Prepared:
    """Take the period as it is."""
    return Prepared(command=data, actor=envelope.source, needs=Part.PERIODS_TO_CHANGE)


def decide(
    command: ClosePeriod | OpenPeriod,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Close or open it; what is closed or open already stays so, and nothing happens."""
    return _close(command.period, case) if isinstance(command, ClosePeriod) else _open(command.period, case)


def _close(period: str, case: Case) -> Apply | Refuse:
    periods = case.periods
    if period > period_of(case.today):
        message = f"Period {period} has not begun: the business date of {case.cause.opco} is {case.today}."
        return Refuse(reason="period-not-begun", message=message)
    if periods.is_closed(period):
        return Apply(facts=())
    before = period_of(first_day(period, months_later=-1))
    if periods.first is not None and not periods.is_closed(before):
        message = f"Period {before} of {case.cause.opco} is open: close it before {period}."
        return Refuse(reason="earlier-period-open", message=message)
    return Apply(facts=(PeriodClosed(cause=case.cause, period=period),))


def _open(period: str, case: Case) -> Apply | Refuse:
    periods = case.periods
    if not periods.is_closed(period):
        return Apply(facts=())
    if period not in periods.closed:
        message = f"The books of {case.cause.opco} begin with {periods.first}: what is before stays closed."
        return Refuse(reason="before-the-books", message=message)
    return Apply(facts=(PeriodOpened(cause=case.cause, period=period),))


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide) for each in (ClosePeriod, OpenPeriod)
)
