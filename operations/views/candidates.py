"""Accounts whose attempts may lead to a process: which are due, which will be, and when (R6)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from heapq import nsmallest
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

import msgspec

from operations.views.view import View, amount
from store import opcos
from store.engine.transaction import AnyRow, Transaction
from store.queries import candidates
from store.queries.candidates import Counted, Place
from store.reading.accounts import attempts_of
from writeoff.account import Attempt
from writeoff.policy.model import Policy

Status = Literal["due", "day", "held", "attempts", "asked", "paid"]

#: Accounts that are looked at at once: some hundredths of a second.
MOST = 500


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """What of a standing tells how a candidate stands."""

    balances: Mapping[str, int]
    hold_until: date | None = None

    @property
    def owed(self) -> int:
        """What is owed in all, credits left out (minor units)."""
        return sum(owed for owed in self.balances.values() if owed > 0)

    def held_on(self, on: date) -> bool:
        """Tell whether a promise to pay holds the account on that business date."""
        return self.hold_until is not None and on < self.hold_until


_debts = msgspec.json.Decoder(Debt)


class Candidate(View, frozen=True, kw_only=True):
    """An account in default with attempts and without a process.

    `status`: `due` now; `day`: attempts suffice, on `on` the days will; `held` by a promise until `on`;
    `attempts`: more of them are needed; `asked`: a process was refused, the next attempt asks again. Who owes
    nothing is counted as `paid`, and not listed.
    """

    opco: str
    account_id: str
    status: Status
    on: date | None
    attempts: int
    attempts_needed: int
    defaulted_on: date
    days_in_default: int
    days_needed: int
    hold_until: date | None
    last_attempt_at: datetime
    last_reason: str
    currency: str
    owed: str


class Candidates(View, frozen=True, kw_only=True):
    """The soonest of those that were looked at, and how many of these there are of each status.

    All are looked at, or `MOST`, the longest in default first; then `next` is what `--after` takes.
    """

    counts: Mapping[str, int]
    candidates: list[Candidate]
    next: str | None


class _Looked(NamedTuple):
    """An account that was looked at, in the order of the list; `row` and `debt` say the rest."""

    on: date
    attempts_missing: int
    opco: str
    account_id: str
    status: Status
    row: AnyRow
    debt: Debt


def candidates_view(
    tx: Transaction, opco: str | None, limit: int, after: Place | None = None, most: int = MOST
) -> Candidates:
    """Return the candidates that come first among `most` accounts, those behind `after` in default."""
    now = opcos.now(tx)
    policies = {name: opcos.policy_by_digest(tx, each.policy_digest) for name, each in now.items()}
    counts: dict[str, int] = dict.fromkeys(get_args(Status), 0)
    names = sorted(name for name in now if opco in {None, name})
    found = candidates.page(tx, names, after, most + 1)
    rows = found[:most]

    def owing() -> Iterator[_Looked]:
        for row, counted in _counted(tx, rows, policies):
            policy, debt = policies[row.opco], _debts.decode(row.standing)
            status, on = status_of(policy, now[row.opco].today, row.defaulted_on, debt, counted)
            counts[status] += 1
            if status != "paid":
                missing = policy.attempts.minimum_attempts - counted.counted
                yield _Looked(on or date.max, missing, row.opco, row.account_id, status, row, debt)

    soonest = nsmallest(limit, owing(), key=lambda looked: looked[:4])
    attempts = attempts_of(tx, [(each.opco, each.account_id) for each in soonest])
    return Candidates(
        counts=counts,
        candidates=[
            _candidate(each, policies[each.opco], now[each.opco].today, attempts[each.opco, each.account_id])
            for each in soonest
        ],
        next="/".join(map(str, candidates.place_of(rows[-1]))) if len(found) > most else None,
    )


def _counted(
    tx: Transaction, rows: Sequence[AnyRow], policies: Mapping[str, Policy]
) -> Iterator[tuple[AnyRow, Counted]]:
    began = cache(lambda name, day: begun(policies[name], day))
    if not rows:
        return
    since = [(row.opco, row.account_id, began(row.opco, row.defaulted_on)) for row in rows]
    found = candidates.counts(tx, since)
    for row in rows:
        yield row, found[row.opco, row.account_id]


def _candidate(looked: _Looked, policy: Policy, today: date, attempts: Sequence[Attempt]) -> Candidate:
    row, debt = looked.row, looked.debt
    return Candidate(
        opco=looked.opco,
        account_id=looked.account_id,
        status=looked.status,
        on=None if looked.on == date.max else looked.on,
        attempts=policy.attempts.minimum_attempts - looked.attempts_missing,
        attempts_needed=policy.attempts.minimum_attempts,
        defaulted_on=row.defaulted_on,
        days_in_default=(today - row.defaulted_on).days,
        days_needed=policy.attempts.minimum_days,
        hold_until=debt.hold_until if debt.held_on(today) else None,
        last_attempt_at=attempts[-1].attempted_at,
        last_reason=attempts[-1].reason,
        currency=row.currency,
        owed=amount(debt.owed, row.currency),
    )


def begun(policy: Policy, defaulted_on: date) -> datetime:
    """Return the moment at which the day of the default began, in the opco's time zone."""
    return datetime.combine(defaulted_on, time.min, ZoneInfo(policy.time_zone))


def status_of(
    policy: Policy, today: date, defaulted_on: date, debt: Debt, counted: Counted
) -> tuple[Status, date | None]:
    """Return how a candidate stands, and the date on which something happens by itself.

    With no attempt that is undecided a process was asked for.
    """
    if not debt.owed:
        return "paid", None
    if debt.held_on(today):
        return "held", debt.hold_until
    if counted.counted < policy.attempts.minimum_attempts:
        return "attempts", None
    day = defaulted_on + timedelta(days=policy.attempts.minimum_days)
    if today < day:
        return "day", day
    return ("due", today) if counted.undecided else ("asked", None)
