"""Timers that are due: day D, the end of a hold, messages and accounts whose snapshot did not come."""

from collections.abc import Sequence

import msgspec
import structlog

from handlers.timers import BY_ACCOUNT
from store import inbox, requests, timers
from store.database import Database
from store.locking import lock_or_create
from store.timers import DueTimer
from store.transaction import Transaction
from workers.account_cases import AccountCases
from workers.effects import Nudges, apply
from workers.intake.deciding import decide_messages, wake
from workers.intake.understanding import understand_again
from workers.items import decide_items
from workers.progress import Progress
from workers.rounds import next_round
from workers.set_context import SetContext, context
from workers.shelf import PolicyShelf
from writeoff.case import Part
from writeoff.facts import Fact, TimerCleared

log = structlog.get_logger()

#: Timers a transaction; each may open a process.
TIMERS_A_SET = 200
_NEEDS = Part.ATTEMPTS | Part.REFERRALS | Part.PAYMENTS


class TimerKeeper:
    """Looks at timers that are due, a set in one transaction; each is read again under its account's lock."""

    def __init__(self, database: Database, shelf: PolicyShelf) -> None:
        self._database = database
        self._shelf = shelf

    def fire(self) -> tuple[Progress, Nudges]:
        """Look at the next timers."""
        nudges = Nudges()
        with self._database.begin() as tx:
            now = context(tx, self._shelf)
            found = timers.due(tx, dict(now.today), TIMERS_A_SET)
            if not found:
                return Progress(), nudges
            lock_or_create(tx, {(each.opco, each.account_id) for each in found})
            due = timers.still_due(tx, found, dict(now.today))
            nudges.add(self._accounts(tx, now, [each for each in due if each.kind in BY_ACCOUNT]))
            nudges.add(self._arrivals(tx, now, [each for each in due if each.kind == "arrival"]))
        log.info("writeoff.timers.fired", timers=len(due), messages=nudges.messages)
        return Progress(done=len(due), more=len(found) == TIMERS_A_SET), nudges

    def _accounts(self, tx: Transaction, now: SetContext, due: Sequence[DueTimer]) -> Nudges:
        nudges = Nudges()
        left = list(due)
        while left:
            turn, left = next_round(left, lambda each: (each.opco, each.account_id))
            cases = AccountCases(tx, now, [(each.opco, each.account_id) for each in turn], _NEEDS)
            facts: list[Fact] = []
            for each in turn:
                cause = msgspec.structs.replace(
                    now.base(each.opco, "scheduler"),
                    account_id=each.account_id,
                    correlation_id=f"{each.kind}:{each.account_id}:{now.today[each.opco]}",
                    causation_id=f"{each.kind}:{each.account_id}:{now.today[each.opco]}",
                )
                facts += BY_ACCOUNT[each.kind](cases.case(cause, (each.opco, each.account_id))).facts
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
        messages = [
            understand_again(stored[identity], now.policies, final=True)
            for identity in identities
            if identity in stored and stored[identity].state == "waiting"
        ]
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
