"""What reports must say, worked out anew from every row of the ledger, and what they do say."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from operations.views.reports import REPORTS
from operations.views.view import amount
from store.engine.transaction import Transaction
from store.queries.reports import Range
from tests.support.world import World

Rows = list[dict[str, Any]]
AGES = [(30, "0-30"), (60, "31-60"), (90, "61-90"), (180, "91-180"), (365, "181-365"), (10**6, "over 365")]
#: The columns that count, by report; all others but the groups' are money.
COUNTS = {"journals", "payments", "canceled_payments", "reversals"}
GROUPS = ("month", "opco", "currency", "disposition", "reason")


def reports_of(tx: Transaction, **within: str) -> dict[str, Rows]:
    """Return the rows of every report over the ledger, by its name."""
    names = [name for name in REPORTS if name != "enforcement"]
    return {name: REPORTS[name](tx, Range(**within)).rows for name in names}


def reports_due(world: World) -> dict[str, Rows]:
    """Return what these reports must be."""
    lines: dict[str, Rows] = defaultdict(list)
    for line in world.select("SELECT * FROM journal_lines ORDER BY journal_id, line"):
        lines[str(line["journal_id"])].append(line)
    found: dict[str, dict[tuple[str, ...], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for journal in world.select("SELECT * FROM journals"):
        month = str(journal["posting_date"])[:7]
        key = (month, journal["opco"], journal["currency"], journal["disposition"], journal["reason"])
        _count(found, key, journal, lines[str(journal["journal_id"])])
    return {
        name: [_row(name, key, found[name][key]) for key in sorted(found[name])]
        for name in REPORTS
        if name != "enforcement"
    }


def enforcement_due(world: World) -> Rows:
    """Return what is written off and with an agency now, counted referral by referral (R28)."""
    written_off = {
        row["process_id"]
        for row in world.select("SELECT process_id, kind FROM journals")
        if row["kind"] in {"write-off", "repossession"}
    }
    sums: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for each in world.select("SELECT * FROM referrals"):
        if each["active"] and each["process_id"] in written_off:
            found = sums[each["opco"], each["currency"], each["agency"]]
            found.update({"referrals": 1, "amount": each["amount_minor"]})
    return [
        {
            "opco": opco,
            "currency": currency,
            "agency": agency,
            "referrals": found["referrals"],
            "amount": amount(found["amount"], currency),
        }
        for (opco, currency, agency), found in sorted(sums.items())
    ]


def _count(found: Any, key: tuple[str, ...], journal: Mapping[str, Any], lines: Rows) -> None:
    debits = [each for each in lines if each["side"] == "debit"]
    without = sum(each["amount_minor"] for each in debits if not json.loads(each["sources"]))
    total = sum(each["amount_minor"] for each in debits)
    match journal["kind"]:
        case "write-off" | "repossession":
            figures = {"journals": 1, "amount": total - without, "inventory": without}
            found["write-offs"][key].update(figures)
            found["ageing"][key[:3]].update(_ages(journal, lines))
        case "recovery":
            found["recoveries"][key[:4]].update({"payments": 1, "recovered": total})
        case "reversal" if journal["payment_id"]:
            found["recoveries"][key[:4]].update({"canceled_payments": 1, "canceled": total})
        case "reversal":
            found["reversals"][key[:4]].update({"reversals": 1, "owed_again": without})


def _ages(journal: Mapping[str, Any], lines: Rows) -> Counter[str]:
    bills = {
        bill["ft_id"]: date.fromisoformat(bill["accounting_date"])
        for debt in json.loads(journal["basis"])["debts"]
        for bill in debt["agreement"]["financial_transactions"]
    }
    decided = date.fromisoformat(str(journal["transaction_date"]))
    ages: Counter[str] = Counter()
    for source in (
        part for each in lines if each["side"] == "credit" for part in json.loads(each["sources"])
    ):
        billed = bills.get(source["ft_id"])
        days = (decided - billed).days if billed else None
        ages["no bill" if days is None else next(name for last, name in AGES if days <= last)] += source[
            "amount"
        ]
        ages["amount"] += source["amount"]
    return ages


def _row(name: str, key: tuple[str, ...], figures: Counter[str]) -> dict[str, Any]:
    columns = {
        "write-offs": ["journals", "amount", "inventory"],
        "recoveries": ["payments", "recovered", "canceled_payments", "canceled"],
        "reversals": ["reversals", "owed_again"],
        "ageing": [*(column for _, column in AGES), "no bill", "amount"],
    }[name]
    return dict(zip(GROUPS, key, strict=False)) | {
        column: figures[column] if column in COUNTS else amount(figures[column], key[2]) for column in columns
    }
