"""Timers that are due: day D, the end of a hold, messages and accounts whose snapshot did not come."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import structlog

from handlers.agencies.placing import NEEDS as PLACING
from handlers.timers import BY_ACCOUNT, BY_SUBJECT
from messages.malformed import Malformed
from store import opcos as opco_store
from store.crash_points import reached
from store.engine.database import Database
from store.engine.locking import lock_or_create
from store.engine.transaction import Transaction
from store.traffic import inbox
from store.work import requests, timers
from store.work.timers import DueTimer
from workers.intake.deciding import decide_messages, wake
from workers.intake.understanding import Understood, understand_again
from workers.requests.items import decide_items
from workers.roles.progress import Progress
from workers.sets.account_cases import AccountCases
from workers.sets.agency_totals import AgencyTotals
from workers.sets.context import SetContext, context
from workers.sets.effects import Nudges, apply
from workers.sets.halving import in_halves
from workers.sets.rounds import next_round
from workers.sets.shelf import PolicyShelf
from writeoff.case import Case, Part
from writeoff.facts import Fact, TimerCleared, TimerSet

log = structlog.get_logger()

#: Timers a transaction; each may open a process.
TIMERS_A_SET = 200
#: A timer that broke is looked at again after this long: soon enough, without filling the log.
POSTPONED_SECONDS = 60.0
_NEEDS = Part.ATTEMPTS | Part.REFERRALS | Part.PAYMENTS | Part.PERIODS


class TimerKeeper:
    """Looks at timers that are due, a set in one transaction; each is read again under its account's lock."""

    def __init__(self, database: Database, shelf: PolicyShelf) -> None:
        self._database = database
        self._shelf = shelf

    def fire(self) -> tuple[Progress, Nudges]:
        """Look at the next timers; one that no decision survives is looked at again later."""
        nudges = Nudges()
        with self._database.read() as tx:
            today = {opco.opco: opco.today for opco in opco_store.now(tx).values()}
            found = timers.due(tx, today, TIMERS_A_SET)
        if not found:
            return Progress(), nudges
        in_halves(found, lambda some: nudges.add(self._look_at(some)), self._postpone)
        log.info("writeoff.timers.fired", timers=len(found), messages=nudges.messages)
        return Progress(done=len(found), more=len(found) == TIMERS_A_SET), nudges

    def _look_at(self, found: Sequence[DueTimer]) -> Nudges:
        nudges = Nudges()
        with self._database.begin() as tx:
            lock_or_create(tx, {(each.opco, each.account_id) for each in found if each.account_id})
            now = context(tx, self._shelf)
            due = timers.still_due(tx, found, now.today)
            nudges.add(self._accounts(tx, now, [each for each in due if each.kind != "arrival"]))
            nudges.add(self._arrivals(tx, now, [each for each in due if each.kind == "arrival"]))
            reached("timers.decided")
        reached("timers.committed")
        return nudges

    def _postpone(self, timer: DueTimer) -> None:
        with self._database.begin() as tx:
            now = context(tx, self._shelf)
            cause = msgspec.structs.replace(now.base(timer.opco, "scheduler"), account_id=timer.account_id)
            again_at = now.at + timedelta(seconds=POSTPONED_SECONDS)
            again = TimerSet(cause=cause, kind=timer.kind, subject=timer.subject, due_at=again_at)
            if timers.still_due(tx, [timer], now.today):
                apply(tx, [again], now.today)
        reached("timers.postponed")
        log.warning("writeoff.timer.postponed", kind=timer.kind, opco=timer.opco, account_id=timer.account_id)

    def _accounts(self, tx: Transaction, now: SetContext, due: Sequence[DueTimer]) -> Nudges:
        nudges = Nudges()
        left = list(due)
        while left:
            turn, left = next_round(left, lambda each: (each.opco, each.account_id))
            accounts = {(each.opco, each.account_id): each for each in turn}
            needs = _NEEDS | (PLACING if any(each.kind == "next-agency" for each in turn) else Part.NONE)
            totals = AgencyTotals(tx, {each.opco for each in turn}, needs)
            about = {
                key: each.subject.split("\x1f")[0]
                for key, each in accounts.items()
                if each.kind in BY_SUBJECT
            }
            cases = AccountCases(tx, now, accounts, needs, about)
            facts: list[Fact] = []
            for each in turn:
                cause = msgspec.structs.replace(
                    now.base(each.opco, "scheduler"),
                    account_id=each.account_id,
                    correlation_id=f"{each.kind}:{each.account_id}:{now.today[each.opco]}",
                    causation_id=f"{each.kind}:{each.account_id}:{now.today[each.opco]}",
                )
                case = cases.case(cause, (each.opco, each.account_id))
                decided = _look(each, totals.looked_at(case))
                totals.hand_on(decided)
                facts += decided
            nudges.add(apply(tx, facts, now.today))
        return nudges

    def _arrivals(self, tx: Transaction, now: SetContext, due: Sequence[DueTimer]) -> Nudges:
        """Decide for good what waited for a snapshot in vain (R16)."""
        identities: list[tuple[str, str]] = []
        items: list[tuple[str, str, int]] = []
        for each in due:
            what, *rest = each.subject.split("\x1f")
            if what == "item":
                items.append((each.opco, rest[0], int(rest[1])))
            else:
                identities.append((rest[0], rest[1]))
        nudges = self._cleared(tx, now, due)
        nudges.add(decide_items(tx, now, requests.items(tx, items), final=True))
        stored = inbox.stored(tx, identities)
        messages: list[Understood] = []
        # In the order in which they came: a payment before its cancellation.
        for identity, message in sorted(stored.items(), key=lambda each: (each[1].received_at, each[0])):
            if message.state == "waiting":
                try:
                    messages.append(understand_again(message, now.policies, final=True))
                except Malformed as malformed:  # an older version took it, and could not decide it
                    inbox.set_state(tx, [identity], "refused", malformed.reason)
                    log.warning("writeoff.message.refused", reason=malformed.reason, path=malformed.path)
        nudges.add(decide_messages(tx, now, messages))
        nudges.add(wake(tx, now, nudges.updated))
        return nudges

    def _cleared(self, tx: Transaction, now: SetContext, due: Sequence[DueTimer]) -> Nudges:
        """Clear timers, also of what has been decided meanwhile: there is no more waiting."""
        facts = [
            TimerCleared(cause=now.base(each.opco, "scheduler"), kind=each.kind, subject=each.subject)
            for each in due
        ]
        return apply(tx, facts, now.today)


def _look(timer: DueTimer, case: Case) -> Sequence[Fact]:
    """Return what a timer of an account comes to."""
    by_subject = BY_SUBJECT.get(timer.kind)
    return (by_subject(case, timer.subject) if by_subject else BY_ACCOUNT[timer.kind](case)).facts
