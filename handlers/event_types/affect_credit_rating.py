"""A demerit on the account: the rating falls, the cash-only score rises, for so many months (R11)."""

import calendar
from datetime import date
from typing import Annotated

from msgspec import Meta

from handlers.kinds.event_kind import EventKind
from writeoff import identity
from writeoff.case import EventCase
from writeoff.decision import Apply
from writeoff.facts import DemeritRecorded
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`credit_rating_points` below zero, `cash_only_points` above, for `months`."""

    credit_rating_points: Annotated[int, Meta(lt=0)]
    cash_only_points: Annotated[int, Meta(gt=0)]
    months: Annotated[int, Meta(ge=1, le=600)]


def decide(case: EventCase, parameters: Parameters) -> Apply:
    """Record the demerit from the day the event runs."""
    sequence = case.event.sequence
    return Apply(
        facts=(
            DemeritRecorded(
                cause=case.cause,
                demerit_id=identity.derive("demerit", case.process.process_id, sequence),
                event_sequence=sequence,
                credit_rating_points=parameters.credit_rating_points,
                cash_only_points=parameters.cash_only_points,
                effective_from=case.today,
                effective_to=months_after(case.today, parameters.months),
            ),
        )
    )


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day where it has fewer."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


KIND = EventKind(name="affect-credit-rating", parameters=Parameters, decide=decide)
