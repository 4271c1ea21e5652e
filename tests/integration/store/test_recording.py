"""Facts are written down and read back as the same values, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from store.engine.database import Database
from store.engine.locking import lock, lock_or_create
from store.engine.transaction import Transaction
from store.reading import accounts as account_reading
from store.reading import processes as process_reading
from store.recording import RECORDERS, record
from store.recording.agency_totals import add_to_agencies
from store.tables import accounts, agency_debt, attempts, events, journals, referral_history, requests
from store.work import timers
from tests.integration.store.rows import TODAY, uuid
from writeoff import facts as kinds
from writeoff.account import (
    Account,
    Address,
    Attempt,
    Payment,
    PendingRepossession,
    Person,
    ServiceAgreement,
    Standing,
)
from writeoff.facts import Fact, RequestItem
from writeoff.journal import Bucket, Journal, JournalLine, Source
from writeoff.process import Agreement, Cause, Event, Process, ReturnedProduct

AT = datetime(2026, 11, 3, 9, 30, 0, 123456, UTC)
KEY = ("RW", "RW-1")
P = uuid("process")

CAUSE = Cause(
    opco="RW",
    account_id="RW-1",
    process_id=P,
    request_id="WR-1",
    origin="request",
    bulk=False,
    correlation_id="c",
    causation_id="m",
    at=AT,
    on=TODAY,
    actor="/pulse/rw",
)
SA = ServiceAgreement(sa_id="SA1", sa_type="solar-home-system", status="active", balance=10_500)
ACCOUNT = Account(
    opco="RW",
    account_id="RW-1",
    version=7,
    as_of=AT,
    state="defaulted",
    defaulted_on=date(2026, 6, 14),
    currency="RWF",
    customer_class="residential",
    fulfilment_centre="KGL",
    main_customer="P-2",
    service_agreements=(SA,),
    pending_repossession=PendingRepossession(repossession_id="R-1", opened_on=None),
)
PERSONS = tuple(
    Person(
        person_id=name,
        name="Zoë 𝄞",
        financially_responsible=True,
        receives_notifications=False,
        address=Address(lines=("a\tb", "c")),
    )
    for name in ("P-2", "P-1")
)
STANDING = Standing(state="defaulted", balances={"SA1": 10_500}, hold_until=TODAY)
PROCESS = Process(
    process_id=P,
    opco="RW",
    account_id="RW-1",
    request_id="WR-1",
    origin="request",
    bulk=True,
    disposition="repossession",
    reason="unrecoverable",
    comments='"quoted"',
    template="residential",
    policy_digest="d" * 64,
    created_on=TODAY,
    currency="RWF",
    amount=10_500,
    agreements=(Agreement(sa_id="SA1", sa_type="solar-home-system", amount=10_500),),
    returned=(ReturnedProduct(sa_id="SA1", product_id="PR-1", quantity=1, condition=None, fair_value=0),),
    events=tuple(
        Event(
            sequence=sequence,
            event_type=f"STEP-{sequence}",
            kind="send-letter",
            trigger_date=TODAY + timedelta(days=sequence),
            after=after,
            due_on=TODAY if not after else None,
        )
        for sequence, after in ((10, ()), (20, (10,)), (30, (10, 20)))
    ),
    correlation_id="c",
    causation_id="m",
    traceparent="00-1",
)


def write(database: Database, *facts: Fact) -> None:
    with database.begin() as tx:
        lock_or_create(tx, [KEY])
        record(tx, facts)
        add_to_agencies(tx, facts)


def process(tx: Transaction) -> Process:
    return process_reading.processes_by_id(tx, [P])[P]


def test_every_fact_has_a_recorder() -> None:
    declared = {
        kind for kind in vars(kinds).values() if isinstance(kind, type) and issubclass(kind, Fact)
    } - {Fact}
    assert {kind for kind, _ in RECORDERS} == declared


def test_a_fact_that_nobody_records_is_a_bug(database: Database) -> None:
    with pytest.raises(LookupError, match="Fact"):
        write(database, Fact(cause=CAUSE))


def test_a_snapshot_replaces_the_one_before_it(database: Database) -> None:
    older = msgspec.structs.replace(ACCOUNT, version=6, defaulted_on=None)
    extra = msgspec.structs.replace(PERSONS[0], person_id="P-0")
    write(
        database,
        kinds.SnapshotTaken(cause=CAUSE, account=older, persons=(extra, *PERSONS)),
        kinds.StandingChanged(cause=CAUSE, standing=Standing(state="late", balances={})),
    )
    write(
        database,
        kinds.SnapshotTaken(cause=CAUSE, account=ACCOUNT, persons=PERSONS),
        kinds.StandingChanged(cause=CAUSE, standing=STANDING),
    )
    with database.read() as tx:
        assert account_reading.snapshots(tx, [KEY]) == {KEY: ACCOUNT}
        assert account_reading.people(tx, [KEY]) == {KEY: PERSONS}
        row = tx.execute(select(accounts)).one()
    assert (row.version, row.state, row.defaulted_on, row.hold_until) == (
        7,
        "defaulted",
        ACCOUNT.defaulted_on,
        TODAY,
    )
    with database.begin() as tx:
        assert lock(tx, [KEY])[KEY].standing == STANDING


def test_attempts_and_payments_come_back_oldest_first(database: Database) -> None:
    tries = [
        Attempt(
            attempt_id=f"A-{number}",
            repossession_id="R-1",
            attempted_at=AT - timedelta(days=number),
            attempted_by="u-1",
            reason="promised-to-pay",
            promised_to_pay_on=TODAY if number else None,
            message_id="m",
            correlation_id="c",
        )
        for number in range(3)
    ]
    paid = Payment(
        payment_id="PAY-1",
        received_at=AT,
        amount=2_000,
        allocations={"SA1": 2_000},
        counted=True,
        currency="RWF",
    )
    write(
        database,
        *(kinds.AttemptRecorded(cause=CAUSE, attempt=each) for each in tries),
        kinds.PaymentRecorded(cause=CAUSE, payment=paid, currency="RWF"),
    )
    with database.read() as tx:
        assert account_reading.attempts_of(tx, [KEY])[KEY] == tuple(reversed(tries))
        assert account_reading.payments_of(tx, [KEY])[KEY] == (paid,)
    automatic = msgspec.structs.replace(CAUSE, origin="repossession-failed", request_id="AUTO-A-1")
    write(database, opened("AUTO-A-1", cause=automatic))
    with database.read() as tx:
        decided = dict(tx.execute(select(attempts.c.attempt_id, attempts.c.decided)).all())
    assert decided == {"A-0": False, "A-1": True, "A-2": False}


def opened(request_id: str, *items: RequestItem, cause: Cause = CAUSE) -> kinds.RequestOpened:
    return kinds.RequestOpened(
        cause=cause,
        request_id=request_id,
        kind="personal",
        disposition="write_off",
        reason="unrecoverable",
        comments=None,
        requested_by="u-1",
        roles=("admin", "clerk"),
        command="write-off-requested",
        answers_message_id="m",
        currency="RWF",
        policy_digest="d" * 64,
        revision=0,
        items=items,
    )


def test_a_request_remembers_its_last_answer(database: Database) -> None:
    figures: dict[str, Any] = {"accepted": 1, "refused": 0, "totals": (), "refusals": ()}
    answers = [
        kinds.RequestAnswered(
            cause=CAUSE,
            answers_message_id="m",
            request_id="WR-1",
            command="write-off-requested",
            revision=revision,
            status="accepted",
            refusal=refusal,
            message=None,
            **figures,
        )
        for revision, refusal in ((1, None), (2, None), (9, "duplicate-request"))
    ]
    write(database, opened("WR-1", RequestItem(ordinal=0, account_id="RW-1")), *answers)
    with database.read() as tx:
        row = tx.execute(select(requests.c.revision, requests.c.roles)).one()
    assert tuple(row) == (2, "admin,clerk")


def test_a_process_and_its_steps_come_back_as_they_began(database: Database) -> None:
    write(database, kinds.ProcessStarted(cause=CAUSE, process=PROCESS))
    with database.read() as tx:
        assert process(tx) == PROCESS
        assert process_reading.active_processes(tx, [KEY, ("RW", "RW-2")]) == {KEY: PROCESS}


def test_steps_and_processes_end_as_the_facts_say(database: Database) -> None:
    write(database, kinds.ProcessStarted(cause=CAUSE, process=PROCESS))
    left = (msgspec.structs.replace(PROCESS.agreements[0], left=True),)
    write(
        database,
        kinds.EventCompleted(
            cause=CAUSE, sequence=10, kind="send-letter", event_type="STEP-10", amount=10_500
        ),
        kinds.EventDue(cause=CAUSE, sequence=20, kind="send-letter", due_on=TODAY),
        kinds.EventFailed(cause=CAUSE, sequence=20, reason="distribution-short", detail="500 are missing"),
        kinds.EventCanceled(cause=CAUSE, sequence=30, reason="paid"),
        kinds.AgreementsLeft(cause=CAUSE, agreements=left),
        kinds.ProcessEnded(cause=CAUSE, end_reason="paid", ended_on=TODAY, comments=None, events=()),
    )
    with database.read() as tx:
        found = process(tx)
        assert process_reading.active_processes(tx, [KEY]) == {}
        detail = tx.execute(select(events.c.detail).where(events.c.sequence == 20)).scalar_one()
    assert [(each.status, each.amount, each.completed_on, each.reason) for each in found.events] == [
        ("complete", 10_500, TODAY, None),
        ("failed", None, None, "distribution-short"),
        ("canceled", None, None, "paid"),
    ]
    assert (found.status, found.end_reason, found.agreements, detail) == (
        "inactive",
        "paid",
        left,
        "500 are missing",
    )


def test_referred_debt_is_what_is_left_of_the_referrals(database: Database) -> None:
    placed = [
        kinds.ReferralPlaced(
            cause=msgspec.structs.replace(CAUSE, process_id=uuid(f"p{number}")),
            referral_id=uuid(f"r{number}"),
            event_sequence=10,
            agency="KIGALI",
            amount=1_000 * number,
            currency="RWF",
            delinquent_since=None,
            customer_class="residential",
            fulfilment_centre="KGL",
            debtors=(),
            agreements=(),
            products=(),
            comments=None,
            enforced=False,
        )
        for number in (1, 2)
    ]
    common: dict[str, Any] = {"agency": "KIGALI", "currency": "RWF", "payment_id": "PAY-1", "enforced": False}
    changed = kinds.ReferralChanged(
        cause=placed[0].cause,
        referral_id=uuid("r1"),
        history_sequence=2,
        amount=400,
        previous=1_000,
        reason="payment",
        **common,
    )
    closed = kinds.ReferralClosed(
        cause=placed[1].cause,
        referral_id=uuid("r2"),
        history_sequence=2,
        end="paid",
        previous=2_000,
        reason="payment",
        **common,
    )
    for facts, left in ((placed, 3_000), ([changed], 2_400), ([closed], 400)):
        write(database, *facts)
        with database.read() as tx:
            assert tx.execute(select(agency_debt.c.active_minor)).scalar_one() == left
    with database.read() as tx:
        found = process_reading.referrals_of(tx, [uuid("p1"), uuid("p2")])
        history = tx.execute(select(referral_history.c.history_reason, referral_history.c.amount_minor))
        assert sorted(map(tuple, history)) == [
            ("change", 400),
            ("initial", 1_000),
            ("initial", 2_000),
            ("paid", 0),
        ]
    assert [(each.amount, each.active) for rows in found.values() for each in rows] in (
        [(400, True), (0, False)],
        [(0, False), (400, True)],
    )


def test_a_journal_keeps_its_lines_sources_and_buckets(database: Database) -> None:
    source = Source(sa_id="SA1", ft_id="FT1", distribution_code="REVENUE", amount=100)
    lines = tuple(
        JournalLine(
            side=side, gl_account="1", distribution_code="REVENUE", amount=100, sa_id="SA1", sources=(source,)
        )
        for side in ("debit", "credit")
    )
    bucket = Bucket(
        process_id=P,
        from_sa_id="SA1",
        write_off_sa_id="WO-1",
        write_off_sa_type="expense",
        distribution_code="REVENUE",
        accounting_date=None,
        gl_account="1",
        treatment="expense",
        written_off=100,
        held=100,
    )
    journal = Journal(
        journal_id=uuid("j"),
        kind="write-off",
        leg="write-off",
        event_sequence=50,
        disposition="write_off",
        reason="unrecoverable",
        description="",
        fulfilment_centre="KGL",
        transaction_date=TODAY,
        posting_date=TODAY,
        moved_from_period=None,
        currency="RWF",
        lines=lines,
        policy_digest="d" * 64,
        basis=b'{"SA1": 100}',
    )
    write(database, kinds.JournalPosted(cause=CAUSE, journal=journal, buckets=(bucket,)))
    with database.read() as tx:
        assert process_reading.buckets_of(tx, [P]) == {P: (bucket,)}
        row = tx.execute(
            select(journals.c.total_debit_minor, journals.c.total_credit_minor, journals.c.basis)
        ).one()
    assert tuple(row) == (100, 100, '{"SA1": 100}')


def test_a_timer_set_again_replaces_the_one_before(database: Database) -> None:
    write(database, kinds.TimerSet(cause=CAUSE, kind="hold-end", subject="RW-1", due_on=TODAY))
    later = TODAY + timedelta(days=9)
    write(database, kinds.TimerSet(cause=CAUSE, kind="hold-end", subject="RW-1", due_on=later))
    with database.read() as tx:
        assert timers.due(tx, {"RW": TODAY}, 10) == []
        assert [each.account_id for each in timers.due(tx, {"RW": later}, 10)] == ["RW-1"]
    write(
        database,
        kinds.TimerSet(cause=CAUSE, kind="hold-end", subject="RW-1", due_at=AT - timedelta(days=1000)),
    )
    with database.read() as tx:
        assert len(timers.due(tx, {}, 10)) == 1
    cleared = kinds.TimerCleared(cause=CAUSE, kind="hold-end", subject="RW-1")
    write(database, cleared, cleared)
    with database.read() as tx:
        assert timers.due(tx, {"RW": later}, 10) == []
