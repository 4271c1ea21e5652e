"""The one way from facts to effects: recorded, projected, put into the outbox, in the running transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from handlers.downstream import project
from handlers.kinds.projection import Addressed
from messages.outbound import encode
from store.crash_points import reached
from store.engine.locking import AccountKey
from store.engine.transaction import Transaction
from store.recording import record
from store.recording.agency_totals import add_to_agencies
from store.traffic import outbox
from store.traffic.outbox import NewMessage
from store.work.events import EventKey
from writeoff.facts import (
    ApprovalSettled,
    EventDue,
    EventResumed,
    Fact,
    ItemDecided,
    PaymentRecorded,
    ProcessStarted,
    RequestOpened,
    SnapshotTaken,
)


class Nudges:
    """What may run now because of a transaction: sent after its commit, and never more than a hint."""

    def __init__(self) -> None:
        self.events: dict[str, list[EventKey]] = defaultdict(list)
        self.requests: list[tuple[str, str]] = []
        #: Accounts with a new snapshot: what waited for it is to be decided in the same transaction.
        self.updated: set[AccountKey] = set()
        #: Accounts with a new payment: its cancellation may have come before it.
        self.paid: set[AccountKey] = set()
        #: Accounts of requests that were decided, or began to wait.
        self.items = 0
        self.messages = 0

    def add(self, other: "Nudges") -> None:
        """Take another transaction's nudges in."""
        for kind, keys in other.events.items():
            self.events[kind] += keys
        self.requests += other.requests
        self.updated |= other.updated
        self.paid |= other.paid
        self.items += other.items
        self.messages += other.messages


def apply(tx: Transaction, facts: Sequence[Fact], today: Mapping[str, date]) -> Nudges:
    """Write facts down with all they cause; return what may run now. `today` is the business date by opco."""
    record(tx, facts)
    reached("effects.recorded")
    messages = project(facts)
    outbox.add(tx, [outgoing(each) for each in messages])
    reached("effects.listed")
    if tx.witness is not None:
        tx.witness(facts, messages)
    add_to_agencies(tx, facts)
    nudges = Nudges()
    nudges.messages = len(messages)
    nudges.paid = {
        (fact.cause.opco, fact.cause.account_id or "") for fact in facts if isinstance(fact, PaymentRecorded)
    }
    for fact in facts:
        if type(fact) in _NOTED:
            _note(nudges, fact, today)
    return nudges


#: What `_note` looks at: most facts of a set are others.
_NOTED = frozenset(
    {ProcessStarted, EventDue, EventResumed, RequestOpened, ApprovalSettled, ItemDecided, SnapshotTaken}
)


def _note(nudges: Nudges, fact: Fact, today: Mapping[str, date]) -> None:
    match fact:
        case ProcessStarted(process=process):
            for event in process.events:
                if event.due_on is not None and event.due_on <= today[process.opco]:
                    nudges.events[event.kind].append((process.process_id, event.sequence))
        case (
            EventDue(cause=cause, sequence=sequence, kind=kind, due_on=due_on)
            | EventResumed(cause=cause, sequence=sequence, kind=kind, due_on=due_on)
        ):
            if due_on <= today[cause.opco] and cause.process_id is not None:
                nudges.events[kind].append((cause.process_id, sequence))
        case RequestOpened() | ApprovalSettled():
            if _leaves_accounts_to_decide(fact):
                nudges.requests.append((fact.cause.opco, fact.request_id))
        case ItemDecided():
            nudges.items += 1
        case SnapshotTaken(account=account):
            nudges.updated.add((account.opco, account.account_id))
        case _:
            pass


def _leaves_accounts_to_decide(fact: RequestOpened | ApprovalSettled) -> bool:
    if isinstance(fact, ApprovalSettled):
        return fact.state != "refused"
    return any(item.state == "pending" for item in fact.items)


def outgoing(addressed: Addressed) -> NewMessage:
    """Return a message as the outbox keeps it; its body is encoded here, once and for ever."""
    message = addressed.message
    return NewMessage(
        message_id=message.id,
        destination=addressed.destination,
        type=message.type,
        body=encode(message),
        opco=message.opco if isinstance(message.opco, str) else None,
        account_id=addressed.account_id,
        process_id=addressed.process_id,
        correlation_id=message.correlationid,
        causation_id=message.causationid,
    )
