"""Whatever was billed: journals balance, nothing is negative, and every line says where it came from.

Taking is compared with a second, slow reading of R18 in fractions, written from the text alone.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from random import Random

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.accounting.book import CHART, by_code, ledger
from writeoff.account import ChargedOff, FinancialTransaction, GlDetail, ServiceAgreement
from writeoff.accounting.open_items import TakingOrder
from writeoff.accounting.write_off import Debt, NotCovered, Written
from writeoff.journal import JournalLine

CODES = (
    "REVENUE",
    "LATE-FEE",
    "SUBSIDY",
    "VAT-PAYABLE",
    "CITY-TAX-PAYABLE",
    "CLAIMABLE-VAT",
    "INSURANCE-PAYABLE",
)
RECEIVABLES = ("RECEIVABLE", "RECEIVABLE-FEES")
ORDERS: tuple[TakingOrder, ...] = ("lifo", "fifo", "proportional")
START = date(2026, 1, 30)

#: A machine that is busy with other tests is no reason to fail.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Small amounts, so that ties are common, and large ones.
units = st.one_of(st.integers(1, 12), st.integers(1, 10**12))


@st.composite
def bills(draw: st.DrawFn, number: int, *, discounts: bool) -> FinancialTransaction:
    """A bill over some codes, owed on one or two receivable codes; with `discounts` one may be negative."""
    billed = draw(st.dictionaries(st.sampled_from(CODES), units, min_size=1, max_size=4))
    total = sum(billed.values())
    details = [GlDetail(distribution_code=code, side="credit", amount=part) for code, part in billed.items()]
    if discounts and total > 1 and draw(st.booleans()):
        off = draw(st.integers(1, total - 1))
        details.append(GlDetail(distribution_code="DISCOUNT", side="debit", amount=off))
        total -= off
    fees = draw(st.integers(0, total))
    owed = zip(RECEIVABLES, (total - fees, fees), strict=True)
    details += [GlDetail(distribution_code=code, side="debit", amount=part) for code, part in owed if part]
    return FinancialTransaction(
        ft_id=f"FT-{number}",
        kind="bill",
        accounting_date=START + timedelta(days=draw(st.integers(0, 4))),
        amount=total,
        canceled=draw(st.sampled_from([False, False, False, True])),
        gl=tuple(details),
    )


def credit_note(bill: FinancialTransaction, number: int, part: Fraction) -> FinancialTransaction:
    """A credit note over the same part of every code, as near as whole units come."""
    sides = {"credit": "debit", "debit": "credit"}
    turned = [
        msgspec.structs.replace(line, side=sides[line.side], amount=floor(line.amount * part))
        for line in bill.gl
    ]
    credited = sum(line.amount for line in turned if line.distribution_code not in RECEIVABLES)
    owed = [line for line in turned if line.distribution_code in RECEIVABLES]
    excess = credited - sum(line.amount for line in owed)
    owed[0] = msgspec.structs.replace(owed[0], amount=owed[0].amount + excess)
    lines = [line for line in turned if line.distribution_code not in RECEIVABLES] + owed
    return FinancialTransaction(
        ft_id=f"FT-{number}",
        kind="adjustment",
        accounting_date=bill.accounting_date,
        amount=-credited,
        gl=tuple(line for line in lines if line.amount),
        reverses_ft_id=bill.ft_id,
    )


@st.composite
def agreements(draw: st.DrawFn, *, sa_id: str = "SA-1", discounts: bool = True) -> ServiceAgreement:
    """An agreement with bills, credit notes and payments."""
    transactions: list[FinancialTransaction] = []
    for number in range(draw(st.integers(1, 6))):
        bill = draw(bills(number, discounts=discounts))
        transactions.append(bill)
        plain = all(line.distribution_code != "DISCOUNT" for line in bill.gl)
        single = sum(line.distribution_code in RECEIVABLES for line in bill.gl) == 1
        if plain and single and draw(st.booleans()):
            part = Fraction(draw(st.integers(1, 10)), 10)
            note = credit_note(bill, 100 + number, part)
            transactions += [note] if note.amount else []
    if draw(st.booleans()):
        transactions.append(payment(draw(units)))
    return ServiceAgreement(
        sa_id=sa_id,
        sa_type="solar-home-system",
        status="active",
        balance=0,
        financial_transactions=tuple(draw(st.permutations(transactions))),
    )


def payment(amount: int) -> FinancialTransaction:
    return FinancialTransaction(
        ft_id="FT-900",
        kind="payment",
        accounting_date=START,
        amount=-amount,
        gl=(
            GlDetail(distribution_code="CASH", side="debit", amount=amount),
            GlDetail(distribution_code="RECEIVABLE", side="credit", amount=amount),
        ),
        payment_id="PAY-1",
    )


def covered(agreement: ServiceAgreement) -> int:
    """What its bills cover: those not canceled, less the credit notes that name them."""
    standing = {
        ft.ft_id: ft.amount for ft in agreement.financial_transactions if ft.amount > 0 and not ft.canceled
    }
    for ft in agreement.financial_transactions:
        if ft.reverses_ft_id in standing:
            standing[ft.reverses_ft_id] += ft.amount
    return sum(standing.values())


@st.composite
def debts(draw: st.DrawFn, *, sa_id: str = "SA-1") -> Debt:
    """A debt whose part after the returned goods is covered by bills; the goods may go beyond them."""
    agreement = draw(agreements(sa_id=sa_id))
    charged_off = draw(
        st.none() | st.builds(ChargedOff, amount=st.just(0) | units, gl_account=st.just("1195"))
    )
    agreement = msgspec.structs.replace(agreement, charged_off=charged_off)
    rest = draw(st.integers(0, covered(agreement)))
    goods = draw(st.one_of(st.just(0), units))
    return Debt(agreement=agreement, balance=rest + goods, goods=goods)


def total(lines: Sequence[JournalLine], side: str) -> int:
    return sum(line.amount for line in lines if line.side == side)


def assert_sound(written: Written, owing: Sequence[Debt]) -> None:
    lines = written.lines
    inventory = sum(line.amount for line in lines if line.distribution_code == "REPOSSESSED-INVENTORY")
    assert total(lines, "debit") == total(lines, "credit") == sum(debt.balance for debt in owing)
    assert inventory == sum(debt.goods for debt in owing)
    assert sum(bucket.held for bucket in written.buckets) == total(lines, "debit") - inventory
    assert all(bucket.held == bucket.written_off > 0 for bucket in written.buckets)
    for line in lines:
        assert line.amount > 0
        assert all(source.amount > 0 for source in line.sources)
        if line.distribution_code == "REPOSSESSED-INVENTORY":
            assert line.sources == ()
        else:
            assert sum(source.amount for source in line.sources) == line.amount
    for debt in owing:
        credited = [line for line in lines if line.side == "credit" and line.sa_id == debt.agreement.sa_id]
        assert sum(line.amount for line in credited) == debt.balance
    keys = [
        (line.side, line.gl_account, line.distribution_code, line.sa_id, line.claimable_from)
        for line in lines
    ]
    assert len(set(keys)) == len(keys)
    assert [line.side for line in lines] == sorted((line.side for line in lines), reverse=True)


@unhurried
@given(debts(), debts(sa_id="SA-2"), st.sampled_from(ORDERS))
def test_a_write_off_by_code_is_sound_whatever_was_billed(
    first: Debt, second: Debt, order: TakingOrder
) -> None:
    written = by_code(first, second, order=order)
    assert isinstance(written, Written)
    assert_sound(written, (first, second))


@unhurried
@given(debts(), debts(sa_id="SA-2"))
def test_a_write_off_by_sa_type_is_sound_whatever_was_billed(first: Debt, second: Debt) -> None:
    assert_sound(ledger().by_sa_type((first, second), "contract-termination"), (first, second))


@unhurried
@given(debts(), st.integers(1, 10**9), st.sampled_from(ORDERS))
def test_more_than_was_billed_is_never_written_off_by_code(debt: Debt, more: int, order: TakingOrder) -> None:
    beyond = msgspec.structs.replace(debt, balance=debt.goods + covered(debt.agreement) + more)
    outcome = by_code(beyond, order=order)
    assert isinstance(outcome, NotCovered)
    assert outcome.reason == "distribution-short"


@unhurried
@given(debts(), st.sampled_from(ORDERS), st.randoms())
def test_the_order_in_which_a_snapshot_lists_transactions_does_not_matter(
    debt: Debt, order: TakingOrder, random: Random
) -> None:
    listed = debt.agreement.financial_transactions
    shuffled = msgspec.structs.replace(
        debt.agreement, financial_transactions=tuple(random.sample(listed, len(listed)))
    )
    again = msgspec.structs.replace(debt, agreement=shuffled)
    assert by_code(debt, order=order) == by_code(again, order=order)


@unhurried
@given(debts(), st.sampled_from(ORDERS), st.randoms())
def test_the_order_of_the_lines_of_a_transaction_changes_no_amount(
    debt: Debt, order: TakingOrder, random: Random
) -> None:
    listed = tuple(
        msgspec.structs.replace(ft, gl=tuple(random.sample(ft.gl, len(ft.gl))))
        for ft in debt.agreement.financial_transactions
    )
    # What was charged off is debited in the order of the lines, so that here there is none.
    plain = msgspec.structs.replace(debt.agreement, charged_off=None)
    debt = msgspec.structs.replace(debt, agreement=plain)
    turned = msgspec.structs.replace(plain, financial_transactions=listed)
    one, other = (
        by_code(debt, order=order),
        by_code(msgspec.structs.replace(debt, agreement=turned), order=order),
    )
    assert isinstance(one, Written)
    assert isinstance(other, Written)
    assert _amounts(one) == _amounts(other)


def _amounts(written: Written) -> set[tuple[object, ...]]:
    return {
        (line.side, line.gl_account, line.distribution_code, line.sa_id, line.claimable_from, line.amount)
        for line in written.lines
    }


@unhurried
@given(debts())
def test_two_agreements_are_written_off_as_each_would_be_alone(debt: Debt) -> None:
    other = msgspec.structs.replace(debt, agreement=msgspec.structs.replace(debt.agreement, sa_id="SA-2"))
    together, alone = by_code(debt, other), by_code(debt)
    assert isinstance(together, Written)
    assert isinstance(alone, Written)
    assert [bucket for bucket in together.buckets if bucket.from_sa_id == "SA-1"] == list(alone.buckets)


@unhurried
@given(debts(), st.sampled_from(ORDERS))
def test_goods_and_rest_credit_no_transaction_with_more_than_was_owed_on_it(
    debt: Debt, order: TakingOrder
) -> None:
    written = by_code(debt, order=order)
    assert isinstance(written, Written)
    owed, credited = _owed(debt.agreement), _credited(written)
    assert sum(credited.values()) == debt.balance
    assert sum(owed.values()) == covered(debt.agreement)
    uncovered = max(debt.balance - covered(debt.agreement), 0)
    assert credited.pop((None, "RECEIVABLE"), 0) == uncovered
    assert all(amount <= owed[source] for source, amount in credited.items())


@unhurried
@given(debts())
def test_proportional_goods_are_spread_over_what_the_rest_leaves_of_all(debt: Debt) -> None:
    rest_alone = msgspec.structs.replace(debt, balance=debt.rest, goods=0)
    both, rest = by_code(debt, order="proportional"), by_code(rest_alone, order="proportional")
    assert isinstance(both, Written)
    assert isinstance(rest, Written)
    before, after = _credited(rest), _credited(both)
    left = {source: amount - before.get(source, 0) for source, amount in _owed(debt.agreement).items()}
    goods = min(debt.goods, sum(left.values()))
    for source, amount in left.items():
        exact = Fraction(goods * amount, max(sum(left.values()), 1))
        assert abs(after.get(source, 0) - before.get(source, 0) - exact) < 1


def _owed(agreement: ServiceAgreement) -> dict[tuple[str | None, str], int]:
    """Return what is owed on each transaction, by receivable code, less the credit notes that name it."""
    owed: dict[tuple[str | None, str], int] = {}
    standing = {ft.ft_id for ft in agreement.financial_transactions if ft.amount > 0 and not ft.canceled}
    for ft in agreement.financial_transactions:
        of = ft.ft_id if ft.ft_id in standing else ft.reverses_ft_id
        if of not in standing:
            continue
        for line in ft.gl:
            if line.distribution_code in RECEIVABLES:
                key = (of, line.distribution_code)
                owed[key] = owed.get(key, 0) + (line.amount if line.side == "debit" else -line.amount)
    return owed


def _credited(written: Written) -> dict[tuple[str | None, str], int]:
    credited: dict[tuple[str | None, str], int] = {}
    for line in written.lines:
        if line.side == "credit":
            for source in line.sources:
                key = (source.ft_id, source.distribution_code)
                credited[key] = credited.get(key, 0) + source.amount
    return credited


# --- a second reading of R18 -------------------------------------------------------------------------


def slow_taking(agreement: ServiceAgreement, amount: int) -> dict[tuple[str, str], int]:
    """Newest first, whole transactions until they reach the amount, the last scaled; by FT and code."""
    transactions = agreement.financial_transactions
    pieces: dict[str, dict[str, int]] = {}
    for ft in transactions:
        if ft.amount > 0 and not ft.canceled:
            pieces[ft.ft_id] = _billed(ft)
    for ft in transactions:
        if ft.amount < 0 and not ft.canceled and ft.reverses_ft_id in pieces:
            for code, billed in _billed(ft).items():
                pieces[ft.reverses_ft_id][code] = pieces[ft.reverses_ft_id].get(code, 0) + billed
    days = {ft.ft_id: ft.accounting_date for ft in transactions}
    taken: dict[tuple[str, str], int] = {}
    remaining = amount
    for ft_id in sorted(pieces, key=lambda each: (days[each], each), reverse=True):
        whole = sum(pieces[ft_id].values())
        if remaining == 0 or whole <= 0:
            continue
        scale = min(Fraction(1), Fraction(remaining, whole))
        for code, part in _rounded({code: piece * scale for code, piece in pieces[ft_id].items()}).items():
            if part:
                taken[ft_id, code] = part
        remaining -= min(remaining, whole)
    assert remaining == 0
    return taken


def _billed(ft: FinancialTransaction) -> dict[str, int]:
    billed: dict[str, int] = {}
    for line in ft.gl:
        if line.distribution_code not in RECEIVABLES:
            signed = line.amount if line.side == "credit" else -line.amount
            billed[line.distribution_code] = billed.get(line.distribution_code, 0) + signed
    return billed


def _rounded(exact: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder; ties to the larger piece, then the code."""
    parts = {code: floor(share) for code, share in exact.items()}
    missing = sum(exact.values()) - sum(parts.values())
    first = sorted(exact, key=lambda code: (parts[code] - exact[code], -exact[code], code))
    for code in first[: int(missing)]:
        parts[code] += 1
    return parts


@unhurried
@given(agreements(discounts=False), st.data())
def test_lifo_agrees_with_a_slow_reading_of_the_rule(
    agreement: ServiceAgreement, data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, covered(agreement)))
    written = by_code(Debt(agreement=agreement, balance=amount, goods=0))
    assert isinstance(written, Written)
    taken = {
        (source.ft_id, source.distribution_code): source.amount
        for line in written.lines
        if line.side == "debit"
        for source in line.sources
    }
    assert taken == slow_taking(agreement, amount)


@unhurried
@given(bills(1, discounts=True))
def test_a_bill_written_off_whole_debits_each_account_with_what_it_was_credited_less_discounts(
    bill: FinancialTransaction,
) -> None:
    exact: dict[str, int] = {}
    for code, billed in _billed(bill).items():
        exact[_held_as(code)] = exact.get(_held_as(code), 0) + billed
    assume(not bill.canceled and min(exact.values()) >= 0)
    agreement = ServiceAgreement(
        sa_id="SA-1", sa_type="fees", status="active", balance=0, financial_transactions=(bill,)
    )
    written = by_code(Debt(agreement=agreement, balance=bill.amount, goods=0))
    assert isinstance(written, Written)
    debited: dict[str, int] = {}
    for bucket in written.buckets:
        key = _held_as(bucket.distribution_code)
        debited[key] = debited.get(key, 0) + bucket.held
    assert debited == {account: amount for account, amount in exact.items() if amount}


def _held_as(code: str) -> str:
    control = CHART.distribution_codes[code]
    if control.distribution_class == "liability" and control.tax_treatment != "expense":
        return code
    return str(control.write_off_sa_type)
