"""The money: every journal balances, and what was written off is held, recovered or reversed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from proving.checker.evidence import Evidence, by
from proving.checker.findings import Tally

Row = Mapping[str, Any]
INVENTORY = "REPOSSESSED-INVENTORY"


def checks(evidence: Evidence) -> Iterator[Tally]:
    """Look at journals, buckets, locks, agencies' totals."""
    yield _balance(evidence)
    yield _buckets(evidence)
    yield _conservation(evidence)
    yield _payments(evidence)
    yield _locks(evidence)
    yield _agencies(evidence)
    yield _choices(evidence)


def _balance(evidence: Evidence) -> Tally:
    tally = Tally(name="debit = credit", promise="Each journal balances, as stored and as it was sent")
    lines = by(evidence["journal_lines"], "journal_id")
    sent = {str(m.data["journal_id"]): m.data for m in evidence.messages if m.kind == "journal-posted"}
    for journal in evidence["journals"]:
        name = f"journal {journal['journal_id']} of account {journal['account_id']}"
        mine = lines[journal["journal_id"]]
        debits, credits_ = _sum(mine, "debit"), _sum(mine, "credit")
        totals = (debits, credits_, journal["total_debit_minor"], journal["total_credit_minor"])
        tally.look(name, "one total, two lines at least", totals, ok=len(set(totals)) == 1 and len(mine) > 1)
        message = sent.get(journal["journal_id"])
        if message is not None:
            stated = {
                side: sum(Decimal(line["amount"]) for line in message["lines"] if line["side"] == side)
                for side in ("debit", "credit")
            }
            figures = (stated["debit"], stated["credit"], Decimal(message["total_debit"]))
            tally.look(f"{name}, as sent", "one total", str(figures), ok=len(set(figures)) == 1)
    tally.look("journals sent", len(evidence["journals"]), len(sent))
    reversed_ = [row["reverses_journal_id"] for row in evidence["journals"] if row["reverses_journal_id"]]
    tally.look("journals reversed", len(set(reversed_)), len(reversed_))
    return tally


def _buckets(evidence: Evidence) -> Tally:
    tally = Tally(
        name="buckets hold what went in", promise="No bucket holds less than nothing or more than its debt"
    )
    moved = by(evidence["bucket_movements"], "bucket_id")
    for bucket in evidence["buckets"]:
        held, written_off = bucket["held_minor"], bucket["written_off_minor"]
        out = sum(each["amount_minor"] for each in moved[bucket["bucket_id"]])
        ok = 0 <= held <= written_off and held == written_off + out
        tally.look(f"bucket {bucket['bucket_id']}", f"{written_off} and movements of {out}", held, ok=ok)
    return tally


def _conservation(evidence: Evidence) -> Tally:
    tally = Tally(
        name="conservation",
        promise="Process by process: debited less inventory = held + recovered + reversed",
    )
    lines = by(evidence["journal_lines"], "journal_id")
    moved = by(evidence["bucket_movements"], "journal_id")
    journals = by(evidence["journals"], "process_id")
    held: dict[str, int] = defaultdict(int)
    for bucket in evidence["buckets"]:
        held[bucket["process_id"]] += bucket["held_minor"]
    for process in evidence["processes"]:
        process_id = process["process_id"]
        debited = recovered = undone = 0
        for journal in journals[process_id]:
            mine, out = lines[journal["journal_id"]], -_total(moved[journal["journal_id"]])
            match journal["kind"]:
                case "write-off" | "repossession":
                    goods = [line for line in mine if line["distribution_code"] == INVENTORY]
                    debited += _sum(mine, "debit") - _sum(goods, "debit")
                case "recovery":
                    recovered += journal["total_debit_minor"]
                case "reversal" if journal["payment_id"] and moved[journal["journal_id"]]:
                    recovered -= journal["total_debit_minor"]
                case "reversal" if not journal["payment_id"]:
                    undone += out
        accounted = held[process_id] + recovered + undone
        what = f"held {held[process_id]} + recovered {recovered} + reversed {undone}"
        tally.look(f"process {process_id}", f"{debited} debited", what, ok=debited == accounted)
    return tally


def _payments(evidence: Evidence) -> Tally:
    tally = Tally(name="payments once", promise="No payment is booked for more than it was, or twice")
    paid = {(row["opco"], row["payment_id"]): row["amount_minor"] for row in evidence["payments"]}
    booked: dict[tuple[str, str], int] = defaultdict(int)
    times: dict[tuple[str, str], int] = defaultdict(int)
    for journal in evidence["journals"]:
        if journal["kind"] == "recovery":
            key = (journal["opco"], str(journal["payment_id"]))
            booked[key] += journal["total_debit_minor"]
            times[key] += 1
    for key, amount in booked.items():
        ok = amount <= paid.get(key, 0)
        tally.look(f"payment {key[1]}", f"at most {paid.get(key)} booked", (amount, times[key]), ok=ok)
    return tally


def _locks(evidence: Evidence) -> Tally:
    tally = Tally(
        name="written off means locked",
        promise="An account is locked by the one process that wrote it off, until that is reversed",
    )
    undone = {row["process_id"] for row in evidence["reversals"]}
    lockers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for journal in evidence["journals"]:
        if journal["kind"] in {"write-off", "repossession"} and journal["process_id"] not in undone:
            lockers[journal["opco"], journal["account_id"]].add(journal["process_id"])
    for account in evidence["accounts"]:
        locked_by = json.loads(account["standing"]).get("locked_by")
        expected = lockers[account["opco"], account["account_id"]]
        tally.look(f"account {account['account_id']}", expected, {locked_by} if locked_by else set())
    return tally


def _agencies(evidence: Evidence) -> Tally:
    tally = Tally(name="agencies' totals", promise="An agency's debt is the sum of its active referrals")
    active: dict[tuple[str, str], int] = defaultdict(int)
    for row in evidence["referrals"]:
        if row["active"]:
            active[row["opco"], row["agency"]] += row["amount_minor"]
    for row in evidence["agency_debt"]:
        tally.look(f"agency {row['agency']}", active[row["opco"], row["agency"]], row["active_minor"])
    last: dict[str, Row] = {}
    for row in sorted(evidence["referral_history"], key=lambda each: each["sequence"]):
        last[row["referral_id"]] = row
    for row in evidence["referrals"]:
        known = last.get(row["referral_id"])
        found = known["amount_minor"] if known else None
        tally.look(f"referral {row['referral_id']}", row["amount_minor"], found)
    return tally


def _choices(evidence: Evidence) -> Tally:
    """Look at opcos where debt was placed, and nothing has moved it since.

    Whatever the order was: when an agency got its last debt, it had the least; so without its largest it has
    no more than any other now.
    """
    tally = Tally(
        name="the agency with the least debt",
        promise="Where debt was placed and has not moved since, each went to the agency that had the least",
    )
    opco_of = {row["referral_id"]: row["opco"] for row in evidence["referrals"]}
    history = evidence["referral_history"]
    moved = {opco_of[row["referral_id"]] for row in history if row["history_reason"] != "initial"}
    for (opco, agency), rows in (placed := by(evidence["referrals"], "opco", "agency")).items():
        if opco not in moved and agency in evidence.agencies.get(opco, ()):
            least = min(_total(placed.get((opco, other), ())) for other in evidence.agencies[opco])
            had = _total(rows) - max(row["amount_minor"] for row in rows)
            tally.look(f"agency {agency}", f"at most {least} before its last", had, ok=had <= least)
    return tally


def _sum(lines: Sequence[Row], side: str) -> int:
    return sum(line["amount_minor"] for line in lines if line["side"] == side)


def _total(rows: Sequence[Row]) -> int:
    return sum(row["amount_minor"] for row in rows)
