"""What a write-off does to the account: lock, state, goods, and later snapshots (R14, R15, R21)."""

from typing import Any

import msgspec
import pytest

from tests.unit.decisions.cases import ACCOUNT, Story, account, agreement, billed, of, only, owing
from writeoff.account import Account, FinancialTransaction
from writeoff.facts import (
    AccountWrittenOff,
    JournalPosted,
    ReferralChanged,
    StandingChanged,
    TodoCreated,
)
from writeoff.standing import after_snapshot

LAMPS = {"sa_id": "SA-55001", "product_id": "PR-2", "quantity": 3, "condition": "used", "fair_value": "900"}
SYSTEM = {
    "sa_id": "SA-55001",
    "product_id": "PR-1",
    "quantity": 1,
    "condition": "working",
    "fair_value": "4000",
}
ALL_LAMPS = LAMPS | {"quantity": 4}


def written_off(
    known: Account | None = None, disposition: str = "write_off", *returned: dict[str, Any]
) -> Story:
    story = Story(known or account())
    rows = [{"account_id": ACCOUNT, "returned_products": list(returned)}]
    story.ask(disposition=disposition, accounts=rows)
    story.run_due()
    return story


def told(story: Story) -> AccountWrittenOff:
    return only(AccountWrittenOff, story.facts)


# --- R14: the account ----------


def test_the_account_is_locked_by_its_process_and_owes_nothing() -> None:
    story = written_off()
    standing = only(StandingChanged, story.facts).standing
    assert story.process is not None
    assert standing.locked_by == story.process.process_id
    assert (standing.state, standing.balances) == ("inactive", {"SA-55001": 0})
    assert standing.written_off_agreements == ("SA-55001",)


@pytest.mark.parametrize("sa_type", ["deposit", "bicycle-loan"])
def test_an_account_of_which_another_agreement_owes_is_locked_and_keeps_its_state(sa_type: str) -> None:
    other = billed("SA-2", 700, sa_type=sa_type)
    story = written_off(account(service_agreements=(agreement(), other)))
    assert told(story).account_state == "defaulted"
    assert story.standing is not None
    assert story.standing.balances == {"SA-55001": 0, "SA-2": 700}
    assert story.standing.locked_by is not None


def test_all_agreements_of_the_process_are_written_off_in_one_journal() -> None:
    story = written_off(owing(3_000, 2_000))
    journal = only(JournalPosted, story.facts).journal
    assert [
        (line.side, line.sa_id if line.side == "credit" else None, line.amount) for line in journal.lines
    ] == [
        ("debit", None, 5_000),
        ("credit", "SA-1", 3_000),
        ("credit", "SA-2", 2_000),
    ]
    assert told(story).amount == 5_000


def test_an_agreement_that_has_left_is_not_written_off_nor_are_its_goods_lost() -> None:
    story = Story(owing(3_000, 2_000))
    story.ask()
    story.run(10)
    story.pay(3_000, allocations=[{"sa_id": "SA-1", "amount": "3000"}])
    story.run_due()
    assert only(JournalPosted, story.facts).journal.total == 2_000
    assert {each.sa_id for each in told(story).products} == {"SA-2"}


@pytest.mark.parametrize(
    ("disposition", "returned", "category", "named"),
    [
        ("write_off", (), "nothing-recovered", True),
        ("repossession", (SYSTEM,), "partly-recovered", True),
        ("repossession", (SYSTEM, LAMPS), "partly-recovered", True),
        ("repossession", (SYSTEM, ALL_LAMPS), "fully-recovered", True),
        ("repossession", (), "partly-recovered", True),
        ("opt_out", (), None, False),
        ("opt_out", (SYSTEM, ALL_LAMPS), None, False),
    ],
)
def test_pulse_is_told_how_much_came_back(
    disposition: str, returned: tuple[dict[str, Any], ...], category: str | None, *, named: bool
) -> None:
    fact = told(written_off(None, disposition, *returned))
    assert fact.repossession_category == category
    assert fact.repossession_id == ("RP-3301" if named else None)
    assert fact.repossession_date == (fact.write_off_date if named else None)


def test_without_a_pending_repossession_there_is_none_to_name() -> None:
    fact = told(written_off(account(pending_repossession=None)))
    assert (fact.repossession_id, fact.repossession_category) == (None, "nothing-recovered")
    assert fact.repossession_date == fact.write_off_date


def test_what_did_not_come_back_is_lost_quantity_by_quantity() -> None:
    fact = told(written_off(None, "repossession", LAMPS))
    assert [(each.product_id, each.returned, each.lost) for each in fact.products] == [
        ("PR-1", 0, 1),
        ("PR-2", 3, 1),
    ]


def test_several_rows_of_one_product_come_back_together() -> None:
    fact = told(written_off(None, "repossession", LAMPS, LAMPS | {"quantity": 1}))
    assert [(each.product_id, each.returned, each.lost) for each in fact.products][1] == ("PR-2", 4, 0)


def test_an_agency_that_keeps_the_debt_still_enforces_it() -> None:
    assert told(written_off()).still_under_enforcement
    assert not told(written_off(None, "opt_out")).still_under_enforcement


# --- R21: goods ----------


def test_goods_of_a_repossession_are_inventory_and_the_rest_is_written_off() -> None:
    story = written_off(None, "repossession", SYSTEM)
    journal = only(JournalPosted, story.facts).journal
    assert journal.kind == "repossession"
    assert [line.amount for line in journal.lines] == [4_000, 5_900, 480, 120, 10_500]
    assert told(story).amount == 6_500
    changed = only(ReferralChanged, story.facts)
    assert (changed.amount, changed.reason, changed.payment_id) == (6_500, "returned-goods", None)


def test_a_repossession_of_worthless_goods_is_still_one() -> None:
    journal = only(
        JournalPosted, written_off(None, "repossession", SYSTEM | {"fair_value": "0"}).facts
    ).journal
    assert journal.kind == "repossession"
    assert journal.lines[0].distribution_code == "WRITE-OFF-EXPENSE"


def test_goods_worth_more_than_the_debt_are_recognised_up_to_it_and_the_excess_is_a_task() -> None:
    story = written_off(None, "repossession", SYSTEM | {"fair_value": "10600"})
    journal = only(JournalPosted, story.facts).journal
    assert [(line.distribution_code, line.amount) for line in journal.lines] == [
        ("REPOSSESSED-INVENTORY", 10_500),
        ("RECEIVABLE", 10_500),
    ]
    todo = next(todo for todo in of(TodoCreated, story.facts) if todo.todo_type == "GOODS-VALUE")
    assert todo.amount == 100
    assert told(story).amount == 0
    assert only(ReferralChanged, story.facts).amount == 0
    assert told(story).write_off_agreements == ()
    assert not told(story).still_under_enforcement


def test_goods_are_applied_to_their_own_agreement_and_never_to_another() -> None:
    known = owing(3_000, 2_000)
    goods = {
        "sa_id": "SA-2",
        "product_id": "PR-SA-2",
        "quantity": 1,
        "condition": "used",
        "fair_value": "2500",
    }
    story = written_off(known, "repossession", goods)
    journal = only(JournalPosted, story.facts).journal
    assert [(line.distribution_code, line.amount, line.side) for line in journal.lines] == [
        ("WRITE-OFF-EXPENSE", 3_000, "debit"),
        ("REPOSSESSED-INVENTORY", 2_000, "debit"),
        ("RECEIVABLE", 3_000, "credit"),
        ("RECEIVABLE", 2_000, "credit"),
    ]
    todo = next(todo for todo in of(TodoCreated, story.facts) if todo.todo_type == "GOODS-VALUE")
    assert todo.amount == 500


def test_goods_of_an_agreement_that_owes_nothing_are_all_excess() -> None:
    known = owing(3_000, 0)
    goods = {
        "sa_id": "SA-2",
        "product_id": "PR-SA-2",
        "quantity": 1,
        "condition": "used",
        "fair_value": "700",
    }
    story = written_off(known, "repossession", goods)
    assert only(JournalPosted, story.facts).journal.total == 3_000
    todo = next(todo for todo in of(TodoCreated, story.facts) if todo.todo_type == "GOODS-VALUE")
    assert todo.amount == 700


def test_an_opt_out_with_goods_is_a_write_off_to_the_loss_on_the_contract() -> None:
    journal = only(JournalPosted, written_off(None, "opt_out", SYSTEM).facts).journal
    assert (journal.kind, journal.disposition) == ("write-off", "opt_out")
    assert [(line.gl_account, line.amount) for line in journal.lines] == [
        ("1450", 4_000),
        ("6160", 6_500),
        ("1200", 10_500),
    ]


# --- R15: later snapshots ----------


def later(version: int, balance: int, *more: FinancialTransaction, **changes: Any) -> Account:
    (known,) = account().service_agreements
    charged = msgspec.structs.replace(
        known, balance=balance, financial_transactions=(*known.financial_transactions, *more)
    )
    return account(version=version, service_agreements=(charged,), **changes)


def charge(ft_id: str, amount: int, **changes: Any) -> FinancialTransaction:
    known = account().service_agreements[0].financial_transactions[1]
    return msgspec.structs.replace(known, ft_id=ft_id, amount=amount, **changes)


def test_a_snapshot_of_before_the_booking_changes_neither_balance_nor_lock_and_is_no_task() -> None:
    story = written_off()
    before = story.standing
    facts = story.update(later(42, 10_500))
    assert of(TodoCreated, facts) == []
    assert story.standing == before


@pytest.mark.parametrize("state", ["normal", "late", "defaulted", "inactive"])
def test_a_locked_account_keeps_its_state_whatever_a_snapshot_says(state: str) -> None:
    story = written_off()
    story.update(later(42, 0, state=state))
    assert story.standing is not None
    assert (story.standing.state, story.standing.balances) == ("inactive", {"SA-55001": 0})


def test_a_snapshot_that_has_booked_the_write_off_is_no_task() -> None:
    assert of(TodoCreated, written_off().update(later(42, 0, charge("FT-9", -10_500)))) == []


def test_a_charge_after_the_write_off_is_a_task_and_never_debt() -> None:
    story = written_off()
    facts = story.update(later(42, 250, charge("FT-9", -10_500), charge("FT-10", 250)))
    todo = only(TodoCreated, facts)
    assert (todo.todo_type, todo.amount) == ("CHARGE-AFTER-WRITE-OFF", 250)
    assert story.standing is not None
    assert story.standing.balances == {"SA-55001": 0}


def test_a_new_agreement_that_owes_on_a_written_off_account_is_a_task_once() -> None:
    story = written_off()
    assert story.account is not None
    more = (*story.account.service_agreements, agreement("SA-9", 3_000), agreement("SA-8", 0))
    for version, amounts in [(42, [3_000]), (43, []), (44, [])]:
        known = later(version, 0)
        facts = story.update(
            msgspec.structs.replace(known, service_agreements=(*known.service_agreements, *more[1:]))
        )
        assert [todo.amount for todo in of(TodoCreated, facts)] == amounts
    [todo] = [todo for todo in of(TodoCreated, story.facts) if todo.amount == 3_000]
    assert todo.todo_type == "CHARGE-AFTER-WRITE-OFF"
    assert todo.message == (
        "Debt that the write-off does not hold. Detail: agreement SA-9, RWF 3,000: shown by Pulse on an "
        "agreement of the account that is not written off; nothing was booked."
    )
    assert story.standing is not None
    assert story.standing.balances == {"SA-55001": 0, "SA-9": 3_000, "SA-8": 0}


def test_an_agreement_that_owes_more_on_a_written_off_account_is_a_task_of_what_came_up() -> None:
    story = written_off()
    found = []
    for version, owed in [(42, -500), (43, 200), (44, 700), (45, 0), (46, 700)]:
        known = later(version, 0)
        both = (*known.service_agreements, agreement("SA-9", owed))
        facts = story.update(msgspec.structs.replace(known, service_agreements=both))
        found.append([todo.amount for todo in of(TodoCreated, facts)])
    assert found == [[], [200], [500], [], [700]]


def test_what_another_agreement_owes_is_no_task_while_the_account_is_not_written_off() -> None:
    story = Story(account())
    both = (*account().service_agreements, agreement("SA-9", 3_000))
    facts = story.update(msgspec.structs.replace(account(), version=42, service_agreements=both))
    assert of(TodoCreated, facts) == []


def test_a_charge_is_a_task_once_and_a_second_one_another() -> None:
    story = written_off()
    first = story.update(later(42, 10_750, charge("FT-10", 250)))
    again = story.update(later(43, 10_750, charge("FT-10", 250)))
    second = story.update(later(44, 10_760, charge("FT-10", 250), charge("FT-11", 10)))
    assert [len(of(TodoCreated, facts)) for facts in (first, again, second)] == [1, 0, 1]
    assert only(TodoCreated, second).amount == 10


def test_a_canceled_charge_is_no_task_and_a_balance_that_rose_without_one_is() -> None:
    story = written_off()
    assert of(TodoCreated, story.update(later(42, 10_500, charge("FT-10", 250, canceled=True)))) == []
    assert only(TodoCreated, story.update(later(43, 10_600))).amount == 100


def test_a_payment_that_lowers_the_balance_afterwards_is_no_task() -> None:
    assert of(TodoCreated, written_off().update(later(42, 8_500))) == []


def test_an_agreement_that_was_not_written_off_goes_on_following_its_snapshots() -> None:
    other = billed("SA-2", 700, sa_type="deposit")
    story = written_off(account(service_agreements=(agreement(), other)))
    assert story.standing is not None
    changed = account(version=42, service_agreements=(agreement(), billed("SA-2", 900, sa_type="deposit")))
    standing = after_snapshot(changed, story.standing, ())
    assert dict(standing.balances) == {"SA-55001": 0, "SA-2": 900}
