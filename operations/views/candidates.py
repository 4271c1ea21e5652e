"""Accounts whose attempts may lead to a process: which are due, which will be, and when (R6)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from operations.views.view import View, amount
from store import opcos
from store.account_reading import attempts_of
from store.locking import AccountKey
from store.queries import candidates
from store.transaction import AnyRow, Transaction
from writeoff.account import Attempt, Standing
from writeoff.policy.model import Policy

Status = Literal["due", "day", "held", "attempts", "asked", "paid"]

#: Accounts read at a time.
PAGE = 1_000
_standings = msgspec.json.Decoder(Standing)


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
    """The soonest candidates, and how many there are of each status."""

    counts: Mapping[str, int]
    candidates: list[Candidate]


def candidates_view(tx: Transaction, opco: str | None, limit: int) -> Candidates:
    """Return the candidates that come first; all are looked at, so that the counts are of all."""
    counts: dict[str, int] = dict.fromkeys(get_args(Status), 0)

    def owing() -> Iterator[Candidate]:
        for each in _all(tx, opco):
            counts[each.status] += 1
            if each.status != "paid":
                yield each

    soonest = nsmallest(limit, owing(), key=_order)
    return Candidates(counts=counts, candidates=soonest)


def _order(each: Candidate) -> tuple[date, int, str, str]:
    return each.on or date.max, each.attempts_needed - each.attempts, each.opco, each.account_id


def _all(tx: Transaction, opco: str | None) -> Iterator[Candidate]:
    now = opcos.now(tx)
    policies = {name: opcos.policy_by_digest(tx, each.policy_digest) for name, each in now.items()}
    after: AccountKey | None = None
    while rows := candidates.page(tx, opco, after, PAGE):
        after = (rows[-1].opco, rows[-1].account_id)
        attempts = attempts_of(tx, [(row.opco, row.account_id) for row in rows])
        for row in rows:
            found = attempts[row.opco, row.account_id]
            yield _candidate(row, policies[row.opco], now[row.opco].today, found)


def _candidate(row: AnyRow, policy: Policy, today: date, attempts: Sequence[Attempt]) -> Candidate:
    standing = _standings.decode(row.standing)
    count = counted(policy, row.defaulted_on, attempts)
    status, on = status_of(policy, today, row.defaulted_on, standing, attempts)
    last = max(attempts, key=lambda each: (each.attempted_at, each.attempt_id))
    return Candidate(
        opco=row.opco,
        account_id=row.account_id,
        status=status,
        on=on,
        attempts=count,
        attempts_needed=policy.attempts.minimum_attempts,
        defaulted_on=row.defaulted_on,
        days_in_default=(today - row.defaulted_on).days,
        days_needed=policy.attempts.minimum_days,
        hold_until=standing.hold_until if standing.held_on(today) else None,
        last_attempt_at=last.attempted_at,
        last_reason=last.reason,
        currency=row.currency,
        owed=amount(sum(owed for owed in standing.balances.values() if owed > 0), row.currency),
    )


def counted(policy: Policy, defaulted_on: date, attempts: Sequence[Attempt]) -> int:
    """Return how many attempts there were since the default, by the dates of the opco's time zone."""
    zone = ZoneInfo(policy.time_zone)
    return sum(1 for each in attempts if each.attempted_at.astimezone(zone).date() >= defaulted_on)


def status_of(
    policy: Policy, today: date, defaulted_on: date, standing: Standing, attempts: Sequence[Attempt]
) -> tuple[Status, date | None]:
    """Return how a candidate stands, and the date on which something happens by itself."""
    if not any(owed > 0 for owed in standing.balances.values()):
        return "paid", None
    if standing.held_on(today):
        return "held", standing.hold_until
    if counted(policy, defaulted_on, attempts) < policy.attempts.minimum_attempts:
        return "attempts", None
    day = defaulted_on + timedelta(days=policy.attempts.minimum_days)
    if today < day:
        return "day", day
    if all(each.decided for each in attempts):
        return "asked", None
    return "due", today
