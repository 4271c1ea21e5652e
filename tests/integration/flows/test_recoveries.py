"""Payments after a write-off, and payments that do not hold: journal, ledger and outbox (R12, R16, R24)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from messages.inbound.operations.record_tax_claim import RecordTaxClaim
from store.engine.errors import StoreConflict
from store.recording.buckets import change_buckets
from store.traffic import inbox
from store.traffic.inbox import Arrival, Received
from store.work import timers
from tests.integration.flows.conftest import OpenWorld
from tests.integration.store.concurrency import at_once
from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.upstream import Event
from tests.support.world import World
from workers.intake.operators import Command, Outcome, submit

ACCOUNT = "RW-100234"
PROPORTIONS = [9_500, 800, 200]


def written_off(world: World) -> None:
    world.publish(upstream.example("account-updated"), upstream.example("write-off-requested.personal"))
    world.run()
    world.read()


def held(world: World) -> list[int]:
    return [each["held_minor"] for each in world.select("SELECT held_minor FROM buckets ORDER BY position")]


def paid(payment_id: str, amount: int, **fields: object) -> Event:
    return upstream.payment(payment_id, ACCOUNT, amount, **fields)


def bounced(payment_id: str, **fields: object) -> Event:
    return upstream.bounce(payment_id, ACCOUNT, **fields)


def conserved(world: World, written: int = 10_500) -> None:
    """What is held and what was recovered are what was written off, and every journal balances."""
    [moved] = world.select("SELECT coalesce(sum(amount_minor), 0) AS total FROM bucket_movements")
    assert sum(held(world)) == written + int(moved["total"])
    for each in world.select("SELECT total_debit_minor, total_credit_minor FROM journals"):
        assert each["total_debit_minor"] == each["total_credit_minor"]


def test_payments_and_bounces_delivered_twice_and_out_of_order_come_to_the_same(world: World) -> None:
    written_off(world)
    first, second, back = paid("PAY-1", 2_000), paid("PAY-2", 500), bounced("PAY-1")
    world.publish(back, back)
    world.run()
    assert held(world) == PROPORTIONS
    assert world.count("inbox", "state = 'waiting'") == 1

    world.publish(second, first, first, upstream.renamed(first, "the same payment again"))
    world.run()
    assert world.count("inbox", "state = 'waiting'") == 0
    assert sum(held(world)) == 10_000
    messages = world.read()
    assert sorted(each["kind"] for each in told(messages, "gl")) == ["recovery", "recovery", "reversal"]
    assert world.count("timers", "kind = 'arrival'") == 0
    before = rows(world)

    for each in (back, second, first, upstream.renamed(back, "the same bounce again")):
        world.publish(each)
    world.run()
    assert kinds(world.read()) == {}
    unlike = {"inbox"}
    assert {k: v for k, v in rows(world).items() if k not in unlike} == {
        k: v for k, v in before.items() if k not in unlike
    }
    conserved(world)


def test_a_payment_and_its_bounce_in_one_set_are_both_posted(embedded: World) -> None:
    written_off(embedded)
    embedded.publish(bounced("PAY-1"), paid("PAY-1", 2_000), paid("PAY-2", 1_000), bounced("PAY-2"))
    embedded.run()
    assert held(embedded) == PROPORTIONS
    journals = told(embedded.read(), "gl")
    assert sorted(each["kind"] for each in journals) == ["recovery", "recovery", "reversal", "reversal"]
    conserved(embedded)


def test_the_same_payment_with_other_data_is_dead_and_the_first_stands(embedded: World) -> None:
    written_off(embedded)
    embedded.publish(paid("PAY-1", 2_000))
    embedded.run()
    embedded.publish(
        upstream.renamed(paid("PAY-1", 3_000), "other"), upstream.renamed(bounced("PAY-1"), "b-1")
    )
    embedded.publish(upstream.renamed(bounced("PAY-1", reason="other reason"), "b-2"))
    embedded.run()
    reasons = embedded.select("SELECT reason FROM dead_letters")
    assert [each["reason"] for each in reasons] == ["conflicting-duplicate"] * 2
    assert held(embedded) == PROPORTIONS
    conserved(embedded)


def test_a_bounce_whose_payment_never_comes_is_a_to_do_after_the_wait(embedded: World) -> None:
    written_off(embedded)
    embedded.publish(bounced("PAY-1"))
    embedded.run()
    assert kinds(embedded.read()) == {}
    embedded.age(3600)
    embedded.run()
    [task] = told(embedded.read(), "to-do")
    assert task["todo_type"] == "PAYMENT-CHECK"
    embedded.publish(paid("PAY-1", 2_000))
    embedded.run()
    assert kinds(embedded.read()) == {}
    assert held(embedded) == PROPORTIONS


def test_before_a_write_off_the_bounce_raises_the_balance_and_the_write_off_takes_all_of_it(
    embedded: World,
) -> None:
    embedded.publish(upstream.example("account-updated"))
    embedded.publish(paid("PAY-1", 2_000), bounced("PAY-1"))
    embedded.run()
    embedded.publish(upstream.example("write-off-requested.personal"))
    embedded.run()
    assert sum(held(embedded)) == 10_500


def test_after_a_reversal_the_bounce_is_debt_again(embedded: World) -> None:
    written_off(embedded)
    embedded.publish(paid("PAY-1", 2_000))
    embedded.run()
    [process] = embedded.select("SELECT process_id FROM processes")
    undo = upstream.example("write-off-reversal-requested")
    embedded.publish(upstream.changed(undo, process_id=str(process["process_id"])))
    embedded.run()
    embedded.read()
    embedded.publish(bounced("PAY-1"))
    embedded.run()
    [journal] = told(embedded.read(), "gl")
    assert journal["kind"] == "reversal"
    assert [(line["side"], line["distribution_code"], line["amount"]) for line in journal["lines"]] == [
        ("debit", "RECEIVABLE", "2000"),
        ("credit", "RECOVERY-CLEARING", "2000"),
    ]
    [account] = embedded.select("SELECT standing FROM accounts")
    assert json.loads(account["standing"])["balances"] == {"SA-55001": 10_500}
    conserved(embedded)


# --- what an older version kept waiting -----------------------------------------------------------------


def two_agreements(version: int, *more: Mapping[str, object], **fields: object) -> Event:
    """A snapshot of agreements that owe 6,000 and 4,000, and of more."""
    known = [
        upstream.agreement(
            f"SA-{number}",
            [upstream.transaction(f"FT-{number}", "2026-05-01", {"REVENUE": owed})],
            balance=str(owed),
        )
        for number, owed in [(1, 6_000), (2, 4_000)]
    ]
    return upstream.account(ACCOUNT, version=version, agreements=[*known, *more], **fields)


@pytest.mark.parametrize("first", ["bounce", "snapshot"])
def test_debt_that_comes_up_on_a_written_off_account_is_told_once(world: World, first: str) -> None:
    part = [{"sa_id": "SA-1", "amount": "6000"}]
    world.publish(two_agreements(1))
    world.run()
    world.publish(paid("PAY-1", 6_000, allocations=part), upstream.request("WR-1", ACCOUNT))
    world.run()
    world.read()
    bounce = bounced("PAY-1", canceled_at="2026-11-05T10:00:00Z")
    snapshot = two_agreements(2, as_of="2026-11-06T08:00:00Z")
    for each in (bounce, snapshot) if first == "bounce" else (snapshot, bounce):
        world.publish(each, each)
        world.run()
    [task] = told(world.read(), "to-do")
    assert (task["amount"], task["currency"]) == ("6000", "RWF")
    assert task["todo_type"] == ("PAYMENT-CHECK" if first == "bounce" else "CHARGE-AFTER-WRITE-OFF")
    assert "SA-1" in task["message"]
    assert "RWF 6,000" in task["message"]

    new = upstream.agreement(
        "SA-9", [upstream.transaction("FT-9", "2026-11-06", {"REVENUE": 3_000})], balance="3000"
    )
    for version in (3, 4):
        world.publish(two_agreements(version, new, as_of=f"2026-11-0{version + 4}T08:00:00Z"))
        world.run()
    [task] = told(world.read(), "to-do")
    assert (task["todo_type"], task["amount"]) == ("CHARGE-AFTER-WRITE-OFF", "3000")
    assert "agreement SA-9, RWF 3,000" in task["message"]
    assert world.count("journals") == 1


def test_a_payment_in_another_currency_is_told_with_its_amount(world: World) -> None:
    written_off(world)
    world.publish(paid("PAY-1", 2_000, currency="KES"))
    world.run()
    [task] = told(world.read(), "to-do")
    assert (task["todo_type"], task["amount"], task["currency"]) == ("PAYMENT-CHECK", "2000.00", "KES")
    assert "Not booked by the write-off worker: KES 2,000.00." in task["message"]
    assert held(world) == PROPORTIONS


def kept_waiting(world: World, messages: Sequence[Event]) -> None:
    """Journal messages as a version did that could not decide them."""
    with world.database.begin() as tx:
        for each in messages:
            body = json.dumps(each).encode()
            payment = each["type"] == "pulse.payment-received.v1"
            arrival = Arrival(
                source=each["source"],
                id=each["id"],
                opco=each["opco"],
                type=each["type"],
                account_id=ACCOUNT if payment else None,
                publisher=None,
                verdict="open",
                policy_digest=None,
                traceparent=None,
                tracestate=None,
                received=Received(
                    queue="writeoff.payments",
                    body=body,
                    sha256=hashlib.sha256(body).hexdigest(),
                    content_type="application/cloudevents+json",
                    headers="{}",
                    properties="{}",
                ),
            )
            inbox.journal(tx, [arrival])
            inbox.set_state(tx, [arrival.identity], "waiting")


def test_what_an_older_version_kept_waiting_is_decided_a_payment_before_its_bounce(embedded: World) -> None:
    known = upstream.example("account-updated")
    [agreement] = known["data"]["service_agreements"]
    booked = upstream.transaction("FT-P", "2026-10-01", {"CASH": 500})
    booked |= {"kind": "payment", "amount": "-500", "payment_id": "PAY-0", "gl": booked["gl"][::-1]}
    for line, side in zip(booked["gl"], ("debit", "credit"), strict=True):
        line["side"] = side
    agreement["financial_transactions"].append(booked)
    agreement["balance"] = "10000"
    embedded.publish(known, upstream.example("write-off-requested.personal"))
    embedded.run()
    embedded.read()
    kept_waiting(embedded, [bounced("PAY-1"), paid("PAY-2", 500), paid("PAY-0", 500), paid("PAY-1", 2_000)])
    with embedded.database.begin() as tx:
        # Nor did that version keep with a write-off which payments its snapshot had booked.
        old = text("UPDATE journals SET basis = replace(basis, '\"booked\":[\"PAY-0\"],', '')")
        assert tx.execute(old).rowcount == 1
        timers.set_for_waiting(tx)
    assert embedded.count("journals", "basis LIKE '%booked%'") == 0
    embedded.run()
    embedded.age(3600)
    embedded.run()
    messages = embedded.read()
    assert sorted(each["kind"] for each in told(messages, "gl")) == ["recovery", "recovery", "reversal"]
    assert told(messages, "to-do") == []
    assert embedded.count("inbox", "state = 'waiting'") == 0
    assert sum(held(embedded)) == 9_500
    conserved(embedded, 10_000)


# --- the cap ----------------------------------------------------------------------------------------------


def test_the_database_lets_no_bucket_hold_less_than_nothing_or_more_than_was_written_off(
    world: World,
) -> None:
    written_off(world)
    for taken in ("held_minor = -1", "held_minor = written_off_minor + 1", "claimed_minor = held_minor + 1"):
        with pytest.raises(StoreConflict), world.database.begin() as tx:
            tx.execute(text(f"UPDATE buckets SET {taken} WHERE position = 1"))


def test_two_recoveries_decided_on_the_same_figures_cannot_both_be_written(world: World) -> None:
    """As if the lock of the account had failed: what is taken is taken from what is there by then."""
    written_off(world)
    world.publish(paid("PAY-1", 6_000))
    world.run()
    [row] = world.select("SELECT bucket_id, amount_minor FROM bucket_movements ORDER BY amount_minor LIMIT 1")
    change = {str(row["bucket_id"]): (row["amount_minor"], 0)}
    with pytest.raises(StoreConflict), world.database.begin() as tx:
        change_buckets(tx, change)
    assert sum(held(world)) == 4_500


def test_payments_that_race_never_recover_more_than_was_written_off(open_concurrent: OpenWorld) -> None:
    world = open_concurrent()
    written_off(world)
    others = [open_concurrent() for _ in range(3)]
    world.publish(*(paid(f"PAY-{number}", 1_500) for number in range(12)))
    at_once(*(each.take for each in (world, *others)))
    assert held(world) == [0, 0, 0]
    [posted] = world.select("SELECT sum(total_debit_minor) AS total FROM journals WHERE kind = 'recovery'")
    assert int(posted["total"]) == 10_500
    [left] = world.select("SELECT sum(amount_minor) AS total FROM todos WHERE todo_type = 'PAYMENT-CHECK'")
    assert int(left["total"]) == 12 * 1_500 - 10_500
    conserved(world)


def test_a_payment_that_races_with_the_write_off_is_before_it_or_after_it(
    open_concurrent: OpenWorld,
) -> None:
    world = open_concurrent()
    world.publish(upstream.example("account-updated"), upstream.example("write-off-requested.personal"))
    world.take()
    other = open_concurrent()
    world.publish(paid("PAY-1", 2_000))
    at_once(world.settle, other.take)
    world.settle()
    [written] = world.select("SELECT total_debit_minor AS total FROM journals WHERE kind = 'write-off'")
    recovered = world.count("journals", "kind = 'recovery'")
    assert (written["total"], recovered) in {(8_500, 0), (10_500, 1)}
    assert sum(held(world)) == 8_500


# --- relief of tax ----------------------------------------------------------------------------------------


def record_claim(world: World, account_id: str, on: date) -> Outcome:
    data = RecordTaxClaim(account_id=account_id, reference="KRA-1", claimed_on=on)
    command = Command(user="accountant", publisher="root", opco="KE", data=data, at=datetime.now(UTC))
    [outcome] = submit(world.database, world.parts.shelf, [command])
    return outcome


def test_after_the_claim_a_recovery_credits_the_tax_with_the_day_until_which_it_is_repaid(
    world: World,
) -> None:
    parts = {"REVENUE": 1_000_000, "VAT-PAYABLE": 160_000}
    bill = upstream.transaction("FT-1", "2023-10-31", parts, opco="KE")
    agreement = upstream.agreement("SA-1", [bill], balance="11600.00")
    world.publish(upstream.account("KE-1", opco="KE", agreements=[agreement]))
    world.run()
    world.publish(upstream.request("WR-1", "KE-1", opco="KE"))
    world.run_days(date(2026, 11, 3), 60, step=30)
    world.read()

    world.publish(upstream.payment("PAY-1", "KE-1", 116_000, opco="KE"))
    world.run()
    outcome = record_claim(world, "KE-1", date(2026, 11, 20))
    assert outcome.refusal is None
    assert record_claim(world, "KE-1", date(2026, 11, 20)).refusal == "nothing-to-claim"
    world.publish(upstream.payment("PAY-2", "KE-1", 116_000, opco="KE", received_at="2026-11-25T10:00:00Z"))
    world.run()

    first, second = told(world.read(), "gl")
    relief = ["130800", "2026-10-31", "2033-10-31", None]
    tax = ["220100", None, None, "2027-01-24"]
    dates = ("gl_account", "claimable_from", "claimable_until", "repay_by")
    assert [[line[name] for name in dates] for line in (first["lines"][-1], second["lines"][-1])] == [
        relief,
        tax,
    ]
    [claim] = world.select("SELECT amount_minor, claimed_on, actor FROM tax_claims")
    assert (claim["amount_minor"], claim["actor"]) == (144_000, "/operations/accountant")
    [bucket] = world.select("SELECT held_minor, claimed_minor FROM buckets WHERE treatment = 'pending-claim'")
    assert (bucket["held_minor"], bucket["claimed_minor"]) == (128_000, 128_000)
