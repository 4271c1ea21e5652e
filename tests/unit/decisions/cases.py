"""Cases for decisions, without store or broker.

`Story` is one account's life in memory: it hears messages, looks at timers and runs events, and keeps the
facts as the store would. The functions before it give the contract's account with changes.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, assert_never
from uuid import UUID

import msgspec

from handlers.downstream import project
from handlers.event_types import kinds as event_kinds
from handlers.event_types import problems
from handlers.intake import kinds as intake_kinds
from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, Prepared
from handlers.reading.snapshots import read_snapshot
from handlers.running.settlement import run
from handlers.timers import BY_ACCOUNT, BY_SUBJECT
from messages import inbound
from messages.envelope import Envelope, read
from messages.outbound import encode
from tests.unit.decisions.ledgers import ledgers
from tests.unit.policy.documents import rwanda, shipped_text, toml
from writeoff import facts as happened
from writeoff.account import Account, Attempt, Payment, Person, Product, ServiceAgreement, Standing
from writeoff.accounting.posting import Periods
from writeoff.accounting.recovery import after_movements
from writeoff.case import Case, EventCase
from writeoff.decision import Apply, Refuse
from writeoff.effects import Demerit, Effects, Goods, Letter, Reversed
from writeoff.facts import Fact
from writeoff.journal import Bucket, Posted
from writeoff.policy.model import Policy
from writeoff.policy.reading import read as read_policy
from writeoff.process import Cause, Event, Process, Referral
from writeoff.sent import SentMessage
from writeoff.standing import after_snapshot

EXAMPLES = Path(__file__).parents[3] / "examples" / "messages"
NINE = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
TODAY = NINE.date()
#: The contract's account went into default then; day D is 90 days later.
DEFAULTED = date(2026, 6, 14)
ACCOUNT = "RW-100234"

AnyFact = TypeVar("AnyFact", bound=Fact)


def example(direction: str, name: str) -> dict[str, Any]:
    """Return one of the contract's examples, free to change."""
    document: dict[str, Any] = json.loads((EXAMPLES / direction / f"{name}.json").read_bytes())
    return document


@cache
def shipped(opco: str) -> Policy:
    return read_policy(shipped_text(opco), opco, problems)


def policy(changes: Mapping[str, Any] | None = None) -> Policy:
    """Return Rwanda's policy with values at `table/key` paths changed."""
    return read_policy(toml(rwanda(dict(changes or {}))), "test", problems)


def envelope(document: Mapping[str, Any]) -> Envelope:
    return read(json.dumps(document).encode(), "application/cloudevents+json", {})


def prepared(document: Mapping[str, Any], rules: Policy) -> Prepared:
    message = envelope(document)
    return intake_kinds()[message.type].prepare(message, inbound.parse(message), rules)


def cause(**changes: Any) -> Cause:
    known: dict[str, Any] = {
        "opco": "RW",
        "account_id": ACCOUNT,
        "process_id": None,
        "request_id": None,
        "origin": None,
        "bulk": False,
        "correlation_id": "message-1",
        "causation_id": "message-1",
        "at": NINE,
        "on": TODAY,
        "actor": "test",
    }
    return Cause(**(known | changes))


@cache
def contract_account() -> Account:
    return _snapshot().account


@cache
def contract_persons() -> tuple[Person, ...]:
    return _snapshot().persons


def _snapshot() -> Any:
    message = envelope(example("inbound", "account-updated"))
    return read_snapshot(inbound.parse(message), shipped("RW"), "data")  # type: ignore[arg-type]


def account(**changes: Any) -> Account:
    """Return the contract's account with some fields changed."""
    return msgspec.structs.replace(contract_account(), **changes)


def agreement(sa_id: str = "SA-55001", balance: int = 10_500, **changes: Any) -> ServiceAgreement:
    """Return the contract's agreement with another id, balance or whatever else is changed."""
    known = contract_account().service_agreements[0]
    return msgspec.structs.replace(known, sa_id=sa_id, balance=balance, **changes)


def owing(*balances: int, **changes: Any) -> Account:
    """Return an account with agreements SA-1, SA-2 and so on of these balances, covered by their bills."""
    agreements = tuple(billed(f"SA-{number}", balance) for number, balance in enumerate(balances, start=1))
    return account(service_agreements=agreements, **changes)


def billed(sa_id: str, balance: int, **changes: Any) -> ServiceAgreement:
    """Return an agreement with one lamp whose one bill of revenue covers what is owed."""
    bill = msgspec.structs.replace(
        contract_account().service_agreements[0].financial_transactions[1],
        ft_id=f"FT-{sa_id}",
        amount=abs(balance),
    )
    gl = tuple(msgspec.structs.replace(line, amount=abs(balance)) for line in bill.gl)
    return agreement(
        sa_id,
        balance,
        products=(Product(product_id=f"PR-{sa_id}", name="lamp", quantity=2),),
        financial_transactions=(msgspec.structs.replace(bill, gl=gl),) if balance > 0 else (),
        **changes,
    )


def attempt(number: int, reason: str = "home-not-found", **changes: Any) -> Attempt:
    """Return a visit; the higher its number, the later the day in October on which it was made."""
    known: dict[str, Any] = {
        "attempt_id": f"RPA-{number}",
        "repossession_id": "RP-3301",
        "attempted_at": datetime(2026, 10, number, 8, 0, tzinfo=UTC),
        "attempted_by": "field-204",
        "reason": reason,
        "message_id": f"visit-{number}",
        "correlation_id": f"visit-{number}",
    }
    return Attempt(**(known | changes))


class Story:
    """One account's life in memory. `at` is the moment, and its date the business date."""

    def __init__(self, known: Account | None = None, rules: Policy | None = None) -> None:
        self.policy = rules or shipped("RW")
        self.at = NINE
        self.account = known
        self.persons: tuple[Person, ...] = contract_persons() if known else ()
        self.standing: Standing | None = after_snapshot(known, None, ()) if known else None
        self.process: Process | None = None
        self.processes: dict[str, Process] = {}
        self.periods = Periods()
        self.referrals: dict[str, Referral] = {}
        self.buckets: tuple[Bucket, ...] = ()
        self.attempts: tuple[Attempt, ...] = ()
        self.payments: tuple[Payment, ...] = ()
        self.agency_debt: dict[str, int] = {}
        self.timers: dict[tuple[str, str], date | datetime | None] = {}
        self.facts: list[Fact] = []

    @property
    def today(self) -> date:
        return self.at.date()

    def on(self, day: date) -> "Story":
        """Go on at nine o'clock of that day."""
        self.at = datetime.combine(day, time(9), UTC)
        return self

    def days_later(self, days: int) -> "Story":
        return self.on(self.today + timedelta(days=days))

    # --- hearing, looking, running ------------------------------------------------------------------------

    def hear(self, document: Mapping[str, Any], *, final: bool = False) -> IntakeDecision:
        """Hear a message and keep what follows; `final` when it has waited long enough."""
        message = envelope(document)
        ready = prepared(document, self.policy)
        from_it = cause(
            opco=message.opco,
            account_id=ready.account_id,
            request_id=ready.request_id,
            origin=ready.origin,
            bulk=ready.bulk,
            correlation_id=message.correlationid or message.id,
            causation_id=message.id,
            at=self.at,
            on=self.today,
            actor=ready.actor,
            source=message.source,
        )
        case = self.case(from_it)
        if ready.process_id is not None:
            case = self.about(ready.process_id, case)
        if ready.referral_id in self.referrals:
            case = self.about_referral(case)
        if ready.message_id is not None:
            case = msgspec.structs.replace(case, sent=self.sent_message(ready.message_id))
        decision = intake_kinds()[message.type].decide(ready.command, case, final)
        match decision:
            case Apply(facts=facts) | Refuse(facts=facts):
                self.keep(facts)
            case AwaitSnapshot():
                pass
            case _:
                assert_never(decision)
        return decision

    def ask(self, name: str = "personal", *, final: bool = False, **changes: Any) -> tuple[Fact, ...]:
        """Hear one of the contract's write-off requests with fields of its data changed."""
        document = example("inbound", f"write-off-requested.{name}")
        document["data"] |= changes
        decision = self.hear(document, final=final)
        assert isinstance(decision, Apply | Refuse), decision
        return decision.facts

    def visit(self, reason: str, number: int = 1, **changes: Any) -> tuple[Fact, ...]:
        """Hear of a failed repossession on the day and hour of now."""
        document = example("inbound", "repossession-failed")
        document["id"] = f"visit-{number}"
        document["correlationid"] = f"visit-{number}"
        made = {"attempted_at": self.at.isoformat(), "attempt_id": f"RPA-{number}", "reason": reason}
        document["data"] |= made | changes
        decision = self.hear(document)
        assert isinstance(decision, Apply), decision
        return decision.facts

    def pay(self, amount: int, payment_id: str = "PAY-1", **changes: Any) -> tuple[Fact, ...]:
        """Hear of a payment received now."""
        document = example("inbound", "payment-received")
        document["id"] = document["correlationid"] = f"message of {payment_id}"
        paid = {"payment_id": payment_id, "amount": str(amount), "received_at": self.at.isoformat()}
        document["data"] |= paid | changes
        decision = self.hear(document)
        assert isinstance(decision, Apply), decision
        return decision.facts

    def bounce(self, payment_id: str = "PAY-1", **changes: Any) -> tuple[Fact, ...]:
        """Hear that a payment did not hold, now."""
        document = example("inbound", "payment-canceled")
        document["id"] = document["correlationid"] = f"bounce of {payment_id}"
        document["data"] |= {"payment_id": payment_id, "canceled_at": self.at.isoformat()} | changes
        decision = self.hear(document)
        assert isinstance(decision, Apply), decision
        return decision.facts

    def update(self, known: Account) -> tuple[Fact, ...]:
        """Take a snapshot, as read from a message."""
        kind = intake_kinds()["pulse.account-updated.v1"]
        snapshot = msgspec.structs.replace(_snapshot(), account=known)
        decision = kind.decide(snapshot, self.case(self.cause()), False)  # noqa: FBT003 - the kind's signature
        assert isinstance(decision, Apply), decision
        return self.keep(decision.facts)

    def look(self, timer: str) -> tuple[Fact, ...]:
        """Look at the account's timer of that kind, whether or not it is due."""
        case = self.case(self.cause())
        if timer in BY_SUBJECT:
            (subject,) = (subject for kind, subject in self.timers if kind == timer)
            about = self.about(subject.split("\x1f")[0], case)
            about = msgspec.structs.replace(about, persons=self.persons, agency_debt=dict(self.agency_debt))
            return self.keep(BY_SUBJECT[timer](about, subject).facts)  # type: ignore[index]
        return self.keep(BY_ACCOUNT[timer](case).facts)  # type: ignore[index]

    def run(self, sequence: int) -> tuple[Fact, ...]:
        """Run one event and keep what follows."""
        return self.keep(run(self.event_case(sequence)))

    def run_due(self) -> list[int]:
        """Run what is due until nothing is; return the sequences in the order in which they ran."""
        ran: list[int] = []
        while (event := self.next_due()) is not None:
            ran.append(event.sequence)
            self.run(event.sequence)
        return ran

    def next_due(self) -> Event | None:
        if self.process is None or self.process.status != "active":
            return None
        return next(
            (
                event
                for event in self.process.events
                if event.status == "pending" and event.due_on is not None and event.due_on <= self.today
            ),
            None,
        )

    # --- cases --------------------------------------------------------------------------------------------

    def cause(self, **changes: Any) -> Cause:
        return cause(**({"at": self.at, "on": self.today} | changes))

    def case(self, of: Cause | None = None) -> Case:
        """Return the case in which a message or a timer is decided."""
        running = self.process if self.process and self.process.status == "active" else None
        return Case(
            cause=of or self.cause(),
            policy=self.policy,
            current=self.policy,
            account=self.account,
            standing=self.standing,
            process=running,
            earlier=(self.process,) if self.process and running is None else (),
            referrals=tuple(self.referrals.values()),
            attempts=self.attempts,
            payments=self.payments,
            periods=self.periods,
            **ledgers(self.facts, self.processes, self.policy),
        )

    def about(self, process_id: str, case: Case) -> Case:
        """Return the case of a message that names a process, active or not."""
        if self.process is None or self.process.process_id != process_id:
            return msgspec.structs.replace(case, process=None)
        return msgspec.structs.replace(
            case, process=self.process, buckets=self.buckets, effects=effects_of(self.facts, process_id)
        )

    def about_referral(self, case: Case) -> Case:
        """Return the case of a message that names a referral of the process, active or not."""
        assert self.process is not None
        assert self.account is not None
        return msgspec.structs.replace(
            case,
            cause=msgspec.structs.replace(case.cause, account_id=self.account.account_id),
            persons=self.persons,
            process=self.process,
            buckets=self.buckets,
            effects=effects_of(self.facts, self.process.process_id),
            agency_debt=dict(self.agency_debt),
        )

    def sent_message(self, message_id: str) -> SentMessage | None:
        """Return what went out under an id, and what its consumer has said of it last."""
        said = [
            fact for fact in of(happened.AcknowledgementRecorded, self.facts) if fact.message_id == message_id
        ]
        for each in project(self.facts):
            if each.message.id == message_id:
                return SentMessage(
                    message_id=message_id,
                    type=each.message.type,
                    destination=each.destination,
                    account_id=each.account_id,
                    process_id=each.process_id,
                    request_id=self.process.request_id if self.process else None,
                    origin=self.process.origin if self.process else None,
                    todo_type=getattr(each.message.data, "todo_type", None),
                    status=said[-1].status if said else None,
                    acknowledged_at=said[-1].acknowledged_at if said else None,
                )
        return None

    def event_case(self, sequence: int) -> EventCase:
        """Return the case of one event of the process."""
        assert self.process is not None
        assert self.standing is not None
        return EventCase(
            cause=self.process.cause(self.at, self.today, "test"),
            policy=self.policy,
            current=self.policy,
            account=self.account,
            persons=self.persons,
            standing=self.standing,
            process=self.process,
            event=self.process.event(sequence),
            referrals=tuple(self.referrals.values()),
            buckets=self.buckets,
            agency_debt=dict(self.agency_debt),
        )

    # --- keeping ------------------------------------------------------------------------------------------

    def keep(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Let facts be known, as the store does."""
        told = tuple(facts)
        for fact in told:
            self.facts.append(fact)
            self._keep(fact)
        return told

    def _keep(self, fact: Fact) -> None:  # noqa: C901, PLR0912, PLR0915 - one branch a fact
        match fact:
            case happened.SnapshotTaken():
                self.account, self.persons = fact.account, fact.persons
            case happened.StandingChanged():
                self.standing = fact.standing
            case happened.AttemptRecorded():
                self.attempts = (*self.attempts, fact.attempt)
            case happened.PaymentRecorded():
                self.payments = (*self.payments, fact.payment)
            case happened.RequestOpened() if fact.command == "repossession-failed":
                self.attempts = tuple(
                    msgspec.structs.replace(each, decided=True)
                    if fact.request_id == f"AUTO-{each.attempt_id}"
                    else each
                    for each in self.attempts
                )
            case happened.ProcessStarted():
                self._begin(fact.process)
            case happened.AgreementsLeft():
                self._change(agreements=fact.agreements)
            case happened.ProcessEnded():
                self._change(
                    status="inactive", end_reason=fact.end_reason, ended_on=fact.ended_on, events=fact.events
                )
            case happened.EventCompleted():
                done = {"status": "complete", "completed_on": fact.cause.on, "amount": fact.amount}
                self._event(fact.sequence, due_on=None, **done)
            case happened.EventCanceled():
                self._event(fact.sequence, status="canceled", due_on=None, reason=fact.reason)
            case happened.EventFailed():
                self._event(fact.sequence, status="failed", due_on=None, reason=fact.reason)
            case happened.EventDue():
                self._event(fact.sequence, due_on=fact.due_on)
            case happened.ReferralPlaced():
                origin = {"event_sequence": fact.event_sequence, "ordinal": fact.ordinal}
                self._referral(fact.referral_id, fact.agency, fact.amount, 1, **origin)
            case happened.ReferralChanged():
                self._referral(fact.referral_id, fact.agency, fact.amount, fact.history_sequence)
            case happened.ReferralClosed():
                ended = {"active": False, "end": fact.end}
                self._referral(fact.referral_id, fact.agency, 0, fact.history_sequence, **ended)
            case happened.ReferralReplied():
                known = self.referrals[fact.referral_id]
                acknowledged = known.recall_acknowledged or fact.acknowledges_recall
                self.referrals[fact.referral_id] = msgspec.structs.replace(
                    known, replies=fact.sequence, recall_acknowledged=acknowledged
                )
            case happened.EventSuspended():
                self._event(fact.sequence, due_on=None, reason=fact.reason)
            case happened.EventResumed():
                again = {"reason": fact.reason, "attempts": fact.attempts}
                self._event(fact.sequence, status="pending", due_on=fact.due_on, **again)
            case happened.JournalPosted():
                self.buckets = (*after_movements(self.buckets, fact.movements), *fact.buckets)
            case happened.TimerSet():
                self.timers[fact.kind, fact.subject] = fact.due_on or fact.due_at
            case happened.TimerCleared():
                self.timers.pop((fact.kind, fact.subject), None)
            case _:
                pass

    def _begin(self, process: Process) -> None:
        self.process, self.referrals, self.buckets = process, {}, ()
        self.processes[process.process_id] = process

    def _change(self, **changes: Any) -> None:
        assert self.process is not None
        self.process = msgspec.structs.replace(self.process, **changes)
        self.processes[self.process.process_id] = self.process

    def _event(self, sequence: int, **changes: Any) -> None:
        assert self.process is not None
        self._change(
            events=tuple(
                msgspec.structs.replace(event, **changes) if event.sequence == sequence else event
                for event in self.process.events
            )
        )

    def _referral(self, referral_id: str, agency: str, amount: int, sequence: int, **changes: Any) -> None:
        before = self.referrals.get(referral_id)
        self.agency_debt[agency] = self.agency_debt.get(agency, 0) + amount - (before.amount if before else 0)
        known = before or Referral(
            referral_id=referral_id, agency=agency, amount=amount, active=True, history_sequence=sequence
        )
        self.referrals[referral_id] = msgspec.structs.replace(
            known, amount=amount, history_sequence=sequence, **changes
        )

    # --- looking back -------------------------------------------------------------------------------------

    def messages(self) -> list[dict[str, Any]]:
        """Return every message that the facts so far make, as consumers get it."""
        return [json.loads(encode(each.message)) for each in project(self.facts)]

    def sent(self, type_name: str) -> list[dict[str, Any]]:
        return [each for each in self.messages() if each["type"] == f"writeoff.{type_name}.v1"]

    def status(self) -> dict[int, str]:
        """Return the events' statuses by sequence."""
        assert self.process is not None
        return {event.sequence: event.status for event in self.process.events}


def effects_of(facts: Iterable[Fact], process_id: str) -> Effects:
    """Return what a process has caused so far, as the store would tell it."""
    mine = [fact for fact in facts if fact.cause.process_id == process_id]
    journals = of(happened.JournalPosted, mine)
    closed = {fact.todo_id for fact in of(happened.TodoClosed, mine)}
    written_off = of(happened.AccountWrittenOff, mine)
    return Effects(
        written=tuple(
            Posted(
                journal_id=fact.journal.journal_id,
                event_sequence=fact.journal.event_sequence,
                fulfilment_centre=fact.journal.fulfilment_centre,
                lines=fact.journal.lines,
            )
            for fact in journals
            if fact.journal.kind in {"write-off", "repossession"}
        ),
        movements=tuple(movement for fact in journals for movement in fact.movements),
        demerits=tuple(
            Demerit(
                demerit_id=fact.demerit_id,
                effective_from=fact.effective_from,
                effective_to=fact.effective_to,
            )
            for fact in of(happened.DemeritRecorded, mine)
        ),
        letters=tuple(
            Letter(
                contact_id=fact.contact_id,
                event_sequence=fact.event_sequence,
                person=fact.person,
                recipients=fact.recipients,
                agency=fact.agency,
                agreements=fact.agreements,
                amount=fact.amount,
            )
            for fact in of(happened.ContactRecorded, mine)
            if fact.recipients
        ),
        todos=tuple(
            fact.todo_id
            for fact in of(happened.TodoCreated, mine)
            if fact.event_sequence is not None and fact.todo_id not in closed
        ),
        goods=tuple(
            Goods(sa_id=each.sa_id, product_id=each.product_id, returned=each.returned, lost=each.lost)
            for fact in written_off
            for each in fact.products
        ),
        reversal=next(
            (
                Reversed(request_id=fact.reversal_request_id, reversed_on=fact.cause.on, amount=fact.amount)
                for fact in of(happened.ProcessReversed, mine)
            ),
            None,
        ),
    )


def of(kind: type[AnyFact], facts: Iterable[Fact]) -> list[AnyFact]:
    """Return the facts of a kind."""
    return [fact for fact in facts if isinstance(fact, kind)]


def only(kind: type[AnyFact], facts: Iterable[Fact]) -> AnyFact:
    """Return the one fact of a kind."""
    (found,) = of(kind, facts)
    return found


def refusals(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """Return which accounts were refused and why, of the last answer."""
    answered = of(happened.RequestAnswered, facts)[-1]
    return [(each.account_id, each.reason) for each in answered.refusals]


def is_uuid5(text: str) -> bool:
    try:
        return UUID(text).version == 5
    except ValueError:
        return False


def kinds_of_events() -> list[str]:
    return list(event_kinds())
