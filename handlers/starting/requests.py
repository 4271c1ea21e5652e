"""Deciding one account of a request: now, at expansion, or when its snapshot has come (R2, R16)."""

from datetime import timedelta

import msgspec

from handlers.intake.account_updated import decide as take_snapshot
from handlers.kinds.intake_kind import missing_snapshot
from handlers.reading.snapshots import Snapshot
from handlers.starting.eligibility import not_found
from handlers.starting.opening import Declined, Opened, Order, open_process
from handlers.wording.todos import todo_for
from writeoff.account import Account
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import (
    Fact,
    ItemDecided,
    ProcessEnded,
    Refusal,
    SnapshotTaken,
    StandingChanged,
    TimerCleared,
    TimerSet,
)
from writeoff.process import ReturnedProduct
from writeoff.subjects import item_subject
from writeoff.value import Value


class ItemBody(Value, frozen=True, kw_only=True):
    """What an item carries beside its account id: returned goods, and a snapshot to take first."""

    returned: tuple[ReturnedProduct, ...] = ()
    snapshot: Snapshot | None = None


class ItemOutcome(Value, frozen=True, kw_only=True):
    """What became of an item: the fact of the item itself, and everything else that followed.

    `taken` are those of the facts that an embedded snapshot has left: they hold whatever was decided then.
    """

    decided: ItemDecided
    refusal: Refusal | None
    facts: tuple[Fact, ...]
    taken: tuple[Fact, ...] = ()


def decide_item(
    order: Order, ordinal: int, account_version: int | None, body: ItemBody, case: Case, *, final: bool
) -> ItemOutcome:
    """Decide one account; with `final` an unknown account or version is refused instead of waited for."""
    facts: tuple[Fact, ...] = ()
    if body.snapshot is not None:
        case, facts = _with_snapshot(case, body.snapshot)
    if missing_snapshot(case, account_version):
        if final:
            why = not_found(case, order.account_id)
            return _refused(order, ordinal, case, facts, Declined(reason=why.reason, message=why.message))
        return _waiting(order, ordinal, case, facts)
    outcome = open_process(order, case)
    match outcome:
        case Opened(process=process, facts=opened):
            decided = ItemDecided(
                cause=case.cause,
                request_id=order.request_id,
                ordinal=ordinal,
                state="accepted",
                process_id=process.process_id,
                amount=process.amount,
            )
            return ItemOutcome(decided=decided, refusal=None, facts=(*facts, *opened), taken=facts)
        case Declined():
            return _refused(order, ordinal, case, facts, outcome)


def undecided(order: Order, ordinal: int, case: Case) -> ItemOutcome:
    """Return that an account waits because no decision survived it; somebody is told."""
    task = todo_for(
        case,
        "event-failed",
        order.request_id,
        order.account_id,
        detail=f"the account could not be decided in request {order.request_id}, and is tried again",
    )
    return _waiting(order, ordinal, case, (task,))


def _with_snapshot(case: Case, snapshot: Snapshot) -> tuple[Case, tuple[Fact, ...]]:
    """Take an embedded snapshot as an account update first, and go on with the case after it."""
    taken = take_snapshot(snapshot, case, True)  # noqa: FBT003 - there is no waiting for itself
    facts = taken.facts if isinstance(taken, Apply) else ()
    account: Account | None = case.account
    standing = case.standing
    process = case.process
    for fact in facts:
        match fact:
            case SnapshotTaken():
                account = fact.account
            case StandingChanged():
                standing = fact.standing
            case ProcessEnded():
                process = None
            case _:
                pass
    return msgspec.structs.replace(case, account=account, standing=standing, process=process), facts


def _waiting(order: Order, ordinal: int, case: Case, facts: tuple[Fact, ...]) -> ItemOutcome:
    decided = ItemDecided(cause=case.cause, request_id=order.request_id, ordinal=ordinal, state="waiting")
    timer = TimerSet(
        cause=case.cause,
        kind="arrival",
        subject=item_subject(order.request_id, ordinal),
        due_at=case.now + timedelta(seconds=case.current.arrival_wait_seconds),
    )
    return ItemOutcome(decided=decided, refusal=None, facts=(*facts, timer), taken=facts)


def _refused(order: Order, ordinal: int, case: Case, facts: tuple[Fact, ...], why: Declined) -> ItemOutcome:
    decided = ItemDecided(
        cause=case.cause,
        request_id=order.request_id,
        ordinal=ordinal,
        state="refused",
        refusal=why.reason,
        message=why.message,
    )
    return ItemOutcome(
        decided=decided,
        refusal=Refusal(account_id=order.account_id, reason=why.reason, message=why.message),
        facts=(*facts, *why.facts),
        taken=facts,
    )


def checked(outcome: ItemOutcome, plan_digest: str | None) -> ItemOutcome:
    """Return what a look at an account comes to before its request is approved: no effect, but its amount.

    Closing small balances is an effect too, and waits likewise. R2 is checked again afterwards (R5).
    """
    decided = outcome.decided
    if decided.state != "accepted" and decided.refusal != "closed-as-small":
        return outcome
    awaiting = ItemDecided(
        cause=decided.cause,
        request_id=decided.request_id,
        ordinal=decided.ordinal,
        state="awaiting",
        amount=decided.amount or 0,
        plan_digest=plan_digest,
    )
    return ItemOutcome(decided=awaiting, refusal=None, facts=outcome.taken, taken=outcome.taken)


def refused_instead(outcome: ItemOutcome, account_id: str, reason: str, message: str) -> ItemOutcome:
    """Return the outcome of an item that is refused for another reason; its snapshot stays taken."""
    decided = msgspec.structs.replace(
        outcome.decided, state="refused", refusal=reason, message=message, process_id=None, amount=None
    )
    refusal = Refusal(account_id=account_id, reason=reason, message=message)
    return ItemOutcome(decided=decided, refusal=refusal, facts=outcome.taken, taken=outcome.taken)


def item_timer_cleared(case: Case, request_id: str, ordinal: int) -> TimerCleared:
    """Return that a waiting item waits no more."""
    return TimerCleared(cause=case.cause, kind="arrival", subject=item_subject(request_id, ordinal))
