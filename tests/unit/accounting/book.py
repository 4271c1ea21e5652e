"""The books of a customer as tables: transactions go in, journal lines come out.

A transaction is written `FT-1 2026-05-01 RECEIVABLE 1000 = REVENUE 900 + VAT-PAYABLE 100`: what the customer
owes, equal to what was billed. A minus sign turns a side round, so that a payment is
`FT-2 2026-06-01 RECEIVABLE -300 = CASH -300`. After `;` may stand `canceled` or `reverses FT-1`.

A journal line is written `Dr 6150 WRITE-OFF-EXPENSE 950 write-off-expense: FT-1 REVENUE 950`: side, GL
account, code, amount, the agreement (a write-off agreement by its type), and after the colon the sources. A
row that ends in a colon or a plus goes on in the next. The sources of several agreements are told apart by a
prefix, `SA-2/FT-1 REVENUE 950`; `-` stands for no transaction.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from tests.unit.policy.documents import rwanda, toml
from writeoff import identity
from writeoff.account import ChargedOff, FinancialTransaction, GlDetail, ServiceAgreement
from writeoff.accounting.open_items import TakingOrder
from writeoff.accounting.write_off import Debt, Ledger, NotCovered, Written
from writeoff.journal import Bucket, JournalLine, Source
from writeoff.policy.model import Policy
from writeoff.policy.reading import read

ACCOUNT = "RW-1"
PROCESS = "process-1"
SA = "SA-1"

_MORE_CODES = {
    "RECEIVABLE-FEES": {"class": "receivable", "gl_account": "1210"},
    "LATE-FEE": {"class": "revenue", "gl_account": "4090", "write_off_sa_type": "write-off-expense"},
    "DISCOUNT": {"class": "revenue", "gl_account": "4095", "write_off_sa_type": "write-off-expense"},
    "SUBSIDY": {"class": "other", "gl_account": "4800", "write_off_sa_type": "write-off-allowance"},
    "INSURANCE-PAYABLE": {
        "class": "liability",
        "gl_account": "2270",
        "write_off_sa_type": "write-off-liability",
        "tax_treatment": "expense",
    },
    "CLAIMABLE-VAT": {
        "class": "liability",
        "gl_account": "2215",
        "write_off_sa_type": "write-off-liability",
        "tax_treatment": "pending-claim",
        "relief_gl_account": "1308",
    },
    "ALLOWANCE": {"class": "other", "gl_account": "1190"},
}


def chart() -> Policy:
    """Return Rwanda's policy with more codes: fees, a discount, an insurance, a tax that may be claimed."""
    document = rwanda()
    document["distribution_codes"] |= _MORE_CODES
    document["write_off_sa_types"]["write-off-allowance"] = {"distribution_code": "ALLOWANCE"}
    document["sa_types"]["fees"] = {"eligible": True, "receivable_code": "RECEIVABLE-FEES"}
    return read(toml(document), "test")


CHART = chart()


def agreement(transactions: str, sa_id: str = SA, sa_type: str = "solar-home-system") -> ServiceAgreement:
    """Return a service agreement with the transactions of a table; its balance is no matter here."""
    return ServiceAgreement(
        sa_id=sa_id,
        sa_type=sa_type,
        status="active",
        balance=0,
        financial_transactions=tuple(transaction(row) for row in rows(transactions)),
    )


def transaction(row: str) -> FinancialTransaction:
    """Return the transaction of one row."""
    row, _, remarks = row.partition(";")
    ft_id, day, amounts = row.split(maxsplit=2)
    owed, _, billed = amounts.partition("=")
    reverses = re.search(r"reverses (\S+)", remarks)
    return FinancialTransaction(
        ft_id=ft_id,
        kind="adjustment",
        accounting_date=date.fromisoformat(day),
        amount=sum(amount for _, amount in _codes(owed)),
        canceled="canceled" in remarks,
        gl=(
            *(_detail(code, amount, debit=amount > 0) for code, amount in _codes(owed)),
            *(_detail(code, amount, debit=amount < 0) for code, amount in _codes(billed)),
        ),
        reverses_ft_id=reverses[1] if reverses else None,
    )


def _codes(side: str) -> list[tuple[str, int]]:
    return [(code, int(amount)) for code, amount in re.findall(r"([A-Z][A-Z-]*) (-?\d+)", side)]


def _detail(code: str, amount: int, *, debit: bool) -> GlDetail:
    return GlDetail(distribution_code=code, side="debit" if debit else "credit", amount=abs(amount))


def debt(
    transactions: str, balance: int, goods: int = 0, charged_off: tuple[int, str] | None = None, **agreed: str
) -> Debt:
    """Return what is written off of an agreement with these transactions."""
    owing = agreement(transactions, **agreed)
    if charged_off is not None:
        amount, gl_account = charged_off
        owing = msgspec.structs.replace(owing, charged_off=ChargedOff(amount=amount, gl_account=gl_account))
    return Debt(agreement=owing, balance=balance, goods=goods)


def by_code(*debts: Debt, order: TakingOrder = "lifo", policy: Policy = CHART) -> Written | NotCovered:
    """Write debts off by distribution code."""
    return ledger(policy).by_distribution_code(debts, order)


def ledger(policy: Policy = CHART) -> Ledger:
    """Return an empty ledger of the account."""
    return Ledger(policy, "RW", ACCOUNT, PROCESS)


def posted(outcome: Written | NotCovered) -> tuple[JournalLine, ...]:
    """Return the lines of what could be written off."""
    assert isinstance(outcome, Written), outcome
    return outcome.lines


def reason(outcome: Written | NotCovered) -> str:
    """Return why something could not be written off."""
    assert isinstance(outcome, NotCovered), outcome
    return outcome.reason


def journal(lines: Iterable[JournalLine], *, agreements: int = 1) -> list[str]:
    """Return lines as rows of a table."""
    return [_row(line, several=agreements > 1) for line in lines]


def _row(line: JournalLine, *, several: bool) -> str:
    side = "Dr" if line.side == "debit" else "Cr"
    dates = f" [{line.claimable_from} {line.claimable_until}]" if line.claimable_from else ""
    dates += f" [repay by {line.repay_by}]" if line.repay_by else ""
    sources = " + ".join(_source(source, several=several) for source in line.sources)
    where = AGREEMENTS.get(line.sa_id or "", line.sa_id or "-")
    text = f"{side} {line.gl_account} {line.distribution_code} {line.amount} {where}{dates}"
    return f"{text}: {sources}" if sources else text


def _source(source: Source, *, several: bool) -> str:
    transaction = f"{source.sa_id}/{source.ft_id or '-'}" if several else source.ft_id or "-"
    return f"{transaction} {source.distribution_code} {source.amount}"


#: Write-off agreements by id: tables name them by their type.
AGREEMENTS: Mapping[str, str] = {
    identity.write_off_agreement_id("RW", ACCOUNT, sa_type): sa_type for sa_type in CHART.write_off_sa_types
}


def rows(table: str) -> list[str]:
    """Return the rows of a table without their indentation."""
    joined: list[str] = []
    for row in table.strip().splitlines():
        text = " ".join(row.split())
        if joined and joined[-1].endswith((":", "+")):
            joined[-1] += f" {text}"
        elif text:
            joined.append(text)
    return joined


def held(outcome: Written | NotCovered) -> list[str]:
    """Return what is held, as rows: agreement, type, code, date, GL account, treatment, amount."""
    assert isinstance(outcome, Written), outcome
    return [_bucket(bucket) for bucket in outcome.buckets]


def _bucket(bucket: Bucket) -> str:
    assert bucket.held == bucket.written_off
    assert AGREEMENTS[bucket.write_off_sa_id] == bucket.write_off_sa_type
    day = bucket.accounting_date or "-"
    origin = f"{bucket.from_sa_id} {bucket.write_off_sa_type} {bucket.distribution_code}"
    return f"{origin} {day} {bucket.gl_account} {bucket.treatment} {bucket.held}"
