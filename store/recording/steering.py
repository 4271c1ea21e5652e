"""Facts about what operators steer: business dates, kinds of events that do not run."""

from collections.abc import Sequence

from store import opcos
from store.engine.transaction import Transaction
from store.work import pausing
from writeoff.facts import BusinessDateSet, KindPaused, KindResumed


def business_dates_set(tx: Transaction, facts: Sequence[BusinessDateSet]) -> None:
    """Set the business dates of opcos; there are few."""
    for fact in facts:
        opcos.set_business_date(tx, fact.cause.opco, fact.business_date)


def kinds_paused(tx: Transaction, facts: Sequence[KindPaused]) -> None:
    """Pause kinds; pausing one again replaces the reason. A pause counts for every opco."""
    for kind, fact in sorted({fact.kind: fact for fact in facts}.items()):
        pausing.pause(tx, kind, fact.reason, fact.cause.actor)


def kinds_resumed(tx: Transaction, facts: Sequence[KindResumed]) -> None:
    """End pauses; a kind that is not paused is not missed."""
    for kind in sorted({fact.kind for fact in facts}):
        pausing.resume(tx, kind)
