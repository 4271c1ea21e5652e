"""Deciding understood messages in rounds: one an account a round, so that each sees what the last one did."""

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import timedelta

import msgspec

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision
from store.engine.locking import AccountKey, LockedAccount, lock_or_create
from store.engine.transaction import Transaction
from store.traffic import business_keys, inbox
from store.traffic.business_keys import BusinessKey
from store.traffic.inbox import Identity
from store.work import requests
from workers.intake.referents import Acknowledged, led
from workers.intake.understanding import Understood, understand_again
from workers.requests.answering import answer_complete
from workers.requests.items import decide_items
from workers.sets.account_cases import AccountCases
from workers.sets.agency_totals import AgencyTotals
from workers.sets.asked_requests import with_request
from workers.sets.context import SetContext
from workers.sets.effects import Nudges, apply
from workers.sets.kept_plans import with_plan
from workers.sets.rounds import next_round
from writeoff.case import Case, Part
from writeoff.dead_letter import DeadLetter
from writeoff.decision import Apply, Refuse
from writeoff.facts import Fact, ItemsRefused, TimerCleared, TimerSet


def decide_messages(
    tx: Transaction,
    context: SetContext,
    messages: Sequence[Understood],
    *,
    waking: bool = True,
    heard: MutableMapping[Identity, IntakeDecision] | None = None,
    letters: Mapping[Identity, DeadLetter] | None = None,
) -> Nudges:
    """Decide messages that this transaction has claimed, and what waited for what is among them.

    `heard` gets each decision: for whoever waits for the answer at a terminal. `letters` are the dead letters
    that commands are about.
    """
    nudges = Nudges()
    found = led(tx, messages)
    locked = lock_or_create(tx, {message.account for message in found if message.account is not None})
    left = [message for message in found if not message.kind.refers]
    last = [message for message in found if message.kind.refers]
    while left or last:
        if not left:
            left, last = last, []
        turn, left = next_round(left, lambda message: message.turn)
        done = _decide_round(tx, context, turn, heard, letters or {}, locked=locked)
        locked = {}  # what this round has changed is read again
        nudges.add(done)
        if waking and (moved := done.updated | done.paid):
            woken = _woken(tx, context, moved, besides={message.identity for message in (*left, *last)})
            # A payment is what its cancellation waits for, and nothing else: the others wait for a snapshot.
            left += [each for each in woken if each.kind.awaits_payment or each.account in done.updated]
    if waking and nudges.updated:
        nudges.add(decide_items(tx, context, requests.waiting_items(tx, nudges.updated), final=False))
    return nudges


def wake(tx: Transaction, context: SetContext, accounts: set[AccountKey]) -> Nudges:
    """Decide what waited for snapshots of these accounts that came within requests."""
    nudges = decide_messages(tx, context, _woken(tx, context, accounts, besides=set()))
    nudges.add(decide_items(tx, context, requests.waiting_items(tx, accounts), final=False))
    return nudges


def _decide_round(
    tx: Transaction,
    context: SetContext,
    turn: Sequence[Understood],
    heard: MutableMapping[Identity, IntakeDecision] | None,
    letters: Mapping[Identity, DeadLetter],
    *,
    locked: Mapping[AccountKey, LockedAccount],
) -> Nudges:
    """Decide one round and write it; `locked` are accounts as they have just been read under their locks."""
    needs = Part.NONE
    for message in turn:
        needs |= message.prepared.needs
    accounts = [message.account for message in turn if message.account is not None]
    about = {
        message.account: message.prepared.process_id
        for message in turn
        if message.account is not None and message.prepared.process_id is not None
    }
    totals = AgencyTotals(tx, {message.envelope.opco for message in turn}, needs)
    cases = AccountCases(tx, context, accounts, needs, about, locked=locked)
    acknowledged = Acknowledged(tx, turn)
    facts: list[Fact] = []
    states: dict[tuple[str, str | None], list[Identity]] = {}
    refused: list[tuple[BusinessKey, Identity]] = []
    for message in turn:
        cause = message.cause(context.base(message.envelope.opco, message.prepared.actor))
        case = with_plan(tx, cases.case(cause, message.account), message.prepared.plan_digest)
        case = with_request(tx, case, message.prepared.decides)
        case = acknowledged.looked_at(totals.looked_at(case), message)
        if message.identity in letters:
            case = msgspec.structs.replace(case, dead_letter=letters[message.identity])
        decision = message.kind.decide(message.prepared.command, case, message.final)
        if heard is not None:
            heard[message.identity] = decision
        decided, state, refusal = _outcome(message, case, decision)
        facts += decided
        totals.hand_on(decided)
        if state == "refused" and (key := message.business_key) is not None:
            refused.append((key, message.identity))
        if state != "done" or message.woken:
            states.setdefault((state, refusal), []).append(message.identity)
    nudges = apply(tx, facts, context.today)
    nudges.add(_answer_refused(tx, context, facts))
    for (state, refusal), identities in states.items():
        inbox.set_state(tx, identities, state, refusal)
    business_keys.release(tx, refused)
    return nudges


def _answer_refused(tx: Transaction, context: SetContext, facts: Sequence[Fact]) -> Nudges:
    """Answer requests of which everything that was left has been refused at once."""
    refused = [fact for fact in facts if isinstance(fact, ItemsRefused)]
    return answer_complete(tx, context, {(fact.cause.opco, fact.request_id): None for fact in refused})


def _outcome(
    message: Understood, case: Case, decision: IntakeDecision
) -> tuple[Sequence[Fact], str, str | None]:
    """Return what is written of a decision: its facts, the message's state, why it was refused."""
    match decision:
        case Apply(facts=facts):
            return (*facts, *_no_longer_waiting(message, case)), "done", None
        case Refuse(reason=reason, facts=facts):
            return (*facts, *_no_longer_waiting(message, case)), "refused", reason
        case AwaitSnapshot() if message.woken:
            return (), "waiting", None  # its wait began when it came
        case AwaitSnapshot():
            due_at = case.now + timedelta(seconds=case.current.arrival_wait_seconds)
            timer = TimerSet(
                cause=case.cause, kind="arrival", subject=message_subject(message.identity), due_at=due_at
            )
            return (timer,), "waiting", None


def _no_longer_waiting(message: Understood, case: Case) -> tuple[Fact, ...]:
    """Clear the timer of a message that waited; one that has just come has none."""
    if not message.woken:
        return ()
    return (TimerCleared(cause=case.cause, kind="arrival", subject=message_subject(message.identity)),)


def message_subject(identity: Identity) -> str:
    """Return the timer subject of a waiting message."""
    return "message\x1f" + "\x1f".join(identity)


def _woken(
    tx: Transaction, context: SetContext, accounts: set[AccountKey], *, besides: set[Identity]
) -> list[Understood]:
    """Return the messages that waited for snapshots or payments of these accounts, besides those at hand."""
    found = [identity for identity in inbox.waiting(tx, accounts) if identity not in besides]
    stored = inbox.stored(tx, found)
    return [understand_again(stored[identity], context.policies, final=False) for identity in found]
