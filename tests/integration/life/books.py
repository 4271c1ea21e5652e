"""What must hold of an installation after every step, whatever was delivered: the books, read anew."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from operations.views.reports import REPORTS
from store.queries.reports import Range
from tests.support.reported import enforcement_due, reports_due, reports_of
from tests.support.world import World

Row = Mapping[str, Any]
#: Write-off agreements have ids of our own; all others are the customers'.
OURS = "WO-"
FEWEST_LINES = 2


class Sums:
    """What the journals of one process come to, in minor units."""

    def __init__(self) -> None:
        self.debited = 0
        #: Goods that are in stock, and by how much the receivables are less than before the write-off.
        self.goods = self.receivable = 0
        self.recovered = self.undone = 0
        #: Recoveries whose payment bounced when the write-off was undone already.
        self.bounced = 0

    def add(self, journal: Row, lines: Sequence[Row], moved: Sequence[Row]) -> None:
        """Add a journal with its lines and with what it moved in buckets."""
        out = -sum(each["amount_minor"] for each in moved)
        customers = [each for each in lines if not str(each["sa_id"] or OURS).startswith(OURS)]
        stock = [each for each in customers if each["distribution_code"] == "REPOSSESSED-INVENTORY"]
        owed = [each for each in customers if each not in stock]
        self.goods += net(stock)
        match journal["kind"]:
            case "write-off" | "repossession":
                self.debited += total(lines, side="debit") - total(stock, side="debit")
                self.receivable -= net(owed)
            case "recovery":
                self.recovered += journal["total_debit_minor"]
            case "reversal" if journal["payment_id"] and moved:
                self.recovered -= journal["total_debit_minor"]
            case "reversal" if journal["payment_id"]:
                self.bounced += journal["total_debit_minor"]
            case "reversal":
                self.undone += out
                self.receivable -= net(owed)

    def problems(self, held: int) -> Iterator[str]:
        """Return what does not add up, given what the buckets hold."""
        if self.debited != held + self.recovered + self.undone:
            yield "debited is not held, recovered and reversed"
        if self.receivable != held + self.recovered + self.goods:
            yield "the receivables are not less by what is held, recovered and in stock"
        if min(self.recovered, self.undone, self.goods) < 0 or self.bounced > self.recovered:
            yield "more has come back than went away"


class Books:
    """Everything that the checks look at, read once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.accounts = self._all("accounts")
        self.processes = self._all("processes")
        self.events = self._all("events")
        self.journals = self._all("journals")
        self.lines = self._all("journal_lines")
        self.buckets = self._all("buckets")
        self.movements = self._all("bucket_movements")
        self.referrals = self._all("referrals")
        self.history = self._all("referral_history")
        self.agency_debt = self._all("agency_debt")
        self.reversals = self._all("reversals")
        self.timers = self._all("timers")
        self._journals_of = by(self.journals, "process_id")
        self._lines_of = by(self.lines, "journal_id")
        self._moved_by = by(self.movements, "journal_id")

    def _all(self, table: str) -> list[dict[str, Any]]:
        return [
            {
                name: str(value) if name.endswith("_id") and value is not None else value
                for name, value in row.items()
            }
            for row in self._world.select(f"SELECT * FROM {table}")
        ]

    def problems(self) -> list[str]:
        """Return everything that does not hold."""
        return [
            problem
            for check in (
                self._journals_balance,
                self._buckets_hold_what_was_debited,
                self._conservation,
                self._locks,
                self._referrals,
                self._events,
                self._messages,
                self._reports,
            )
            for problem in check()
        ]

    def _journals_balance(self) -> Iterator[str]:
        """R22: two lines or more, each above zero, debits equal credits and the journal's totals."""
        for journal in self.journals:
            mine = self._lines_of[journal["journal_id"]]
            debits = total(mine, side="debit")
            totals = (journal["total_debit_minor"], journal["total_credit_minor"])
            if totals != (debits, debits) or net(mine) or len(mine) < FEWEST_LINES:
                yield f"journal {journal['journal_id']}: debits {debits}, net {net(mine)}, totals {totals}"
        reversed_ = [each["reverses_journal_id"] for each in self.journals if each["reverses_journal_id"]]
        if len(set(reversed_)) != len(reversed_):
            yield "a journal is reversed twice"

    def _buckets_hold_what_was_debited(self) -> Iterator[str]:
        """R19, R24: what was debited is held, less what has moved; never below zero nor above the debt."""
        moved = by(self.movements, "bucket_id")
        for bucket in self.buckets:
            held, written_off = bucket["held_minor"], bucket["written_off_minor"]
            sum_of = sum(each["amount_minor"] for each in moved[bucket["bucket_id"]])
            if not 0 <= held <= written_off or held != written_off + sum_of:
                yield f"bucket {bucket['bucket_id']}: holds {held} of {written_off}, moved {sum_of}"
        of_process = by(self.buckets, "process_id")
        for journal in self._written():
            for debt in json.loads(journal["basis"])["debts"]:
                sa_id, goods = debt["agreement"]["sa_id"], debt["goods"]
                held_from = [
                    each for each in of_process[journal["process_id"]] if each["from_sa_id"] == sa_id
                ]
                written_off = sum(each["written_off_minor"] for each in held_from)
                if written_off + goods != debt["balance"] or goods < 0:
                    yield f"{sa_id} owed {debt['balance']}, written off {written_off}, goods {goods}"

    def _written(self) -> list[dict[str, Any]]:
        return [each for each in self.journals if each["kind"] in {"write-off", "repossession"}]

    def _conservation(self) -> Iterator[str]:
        """R29, process by process: debits less inventory = held + recovered + reversed."""
        buckets = by(self.buckets, "process_id")
        for process in self.processes:
            process_id = process["process_id"]
            sums = Sums()
            for journal in self._journals_of[process_id]:
                sums.add(
                    journal, self._lines_of[journal["journal_id"]], self._moved_by[journal["journal_id"]]
                )
            held = sum(each["held_minor"] for each in buckets[process_id])
            for problem in sums.problems(held):
                yield f"process {process_id}: {problem} (held {held}, {vars(sums)})"

    def _locks(self) -> Iterator[str]:
        """R14, R15, R25: an account is locked by the one process that has written it off, until reversed."""
        undone = {each["process_id"] for each in self.reversals}
        lockers: dict[tuple[str, str], set[str]] = defaultdict(set)
        for journal in self._written():
            if journal["process_id"] not in undone:
                lockers[journal["opco"], journal["account_id"]].add(journal["process_id"])
        for account in self.accounts:
            standing = json.loads(account["standing"])
            expected = lockers[account["opco"], account["account_id"]]
            locked_by = standing.get("locked_by")
            if ({locked_by} if locked_by else set()) != expected or locked_by != account["locked_by"]:
                yield f"account {account['account_id']} is locked by {locked_by}, written off by {expected}"
            for sa_id in standing.get("written_off_agreements", ()):
                if standing["balances"].get(sa_id, 0) != 0:
                    yield f"agreement {sa_id} is written off and owes {standing['balances'][sa_id]}"
        for process in self.processes:
            if process["process_id"] in undone and process["status"] == "active":
                yield f"process {process['process_id']} is reversed and active"

    def _referrals(self) -> Iterator[str]:
        """R26: agencies' totals are their active referrals; a history ends with what is referred now."""
        active: dict[tuple[str, str], int] = defaultdict(int)
        last: dict[str, dict[str, Any]] = {}
        for row in sorted(self.history, key=lambda each: each["sequence"]):
            last[row["referral_id"]] = row
        over = {each["process_id"]: each["end_reason"] for each in self.processes}
        undone = {each["process_id"] for each in self.reversals}
        for each in self.referrals:
            if each["active"]:
                active[each["opco"], each["agency"]] += each["amount_minor"]
                reason = over[each["process_id"]]
                if reason not in {None, "completed"} or each["process_id"] in undone:
                    yield f"referral {each['referral_id']} is active, its process has ended: {reason}"
            row, amount = last[each["referral_id"]], each["amount_minor"]
            if (row["sequence"], row["amount_minor"]) != (each["history_sequence"], amount):
                yield f"referral {each['referral_id']}: {amount}, its history {row['amount_minor']}"
        for debt in self.agency_debt:
            found = active.pop((debt["opco"], debt["agency"]), 0)
            if debt["active_minor"] != found:
                yield f"agency {debt['agency']}: {debt['active_minor']}, its referrals {found}"
        yield from (f"agency {key} has referrals and no total" for key in active)

    def _events(self) -> Iterator[str]:
        """R9: nothing crashes, and of what is active something can still happen."""
        of_process = by(self.events, "process_id")
        waited_for = " ".join(each["subject"] for each in self.timers)
        # Each retry counts as an attempt; nothing else may.
        retried = self._world.count("inbox", "type = 'writeoff.operations.retry-event.v1'")
        for process in self.processes:
            mine = of_process[process["process_id"]]
            yield from (
                f"event {each['sequence']} of {process['process_id']}: {each['reason']}, {each['detail']}"
                for each in mine
                if each["attempts"] > retried or each["reason"] == "crashed"
            )
            opened = [each for each in mine if each["status"] in {"pending", "failed"}]
            if process["status"] == "inactive":
                if opened:
                    yield f"process {process['process_id']} has ended with open events"
            elif not (
                any(each["due_on"] is not None or each["status"] == "failed" for each in opened)
                or process["process_id"] in waited_for
            ):
                yield f"process {process['process_id']} is dead: nothing of it can happen any more"

    def _messages(self) -> Iterator[str]:
        """R12, R29: every message has an id of its own; what is published is what was caused."""
        ids = [str(row["message_id"]) for row in self._world.select("SELECT message_id FROM messages_out")]
        if len(set(ids)) != len(ids):
            yield "two messages have one id"
        broken = self._world.select("SELECT problem FROM dead_letters WHERE reason = 'crashed-intake'")
        yield from (f"a message broke intake: {row['problem']}" for row in broken)

    def _reports(self) -> Iterator[str]:
        """Reports say what the rows come to, whatever of them is sealed and added up."""
        due = reports_due(self._world)
        with self._world.database.read() as tx:
            found = reports_of(tx)
            with_agencies = REPORTS["enforcement"](tx, Range()).rows
        if with_agencies != (now := enforcement_due(self._world)):
            yield f"report enforcement: {with_agencies}, must be {now}"
        yield from (
            f"report {name}: {found[name]}, must be {due[name]}" for name in due if found[name] != due[name]
        )


def by(rows: Iterable[dict[str, Any]], column: str) -> dict[str, list[dict[str, Any]]]:
    """Return rows by a column."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def total(lines: Sequence[Row], *, side: str) -> int:
    """Return the sum of one side."""
    return sum(line["amount_minor"] for line in lines if line["side"] == side)


def net(lines: Sequence[Row]) -> int:
    """Return debits less credits."""
    return total(lines, side="debit") - total(lines, side="credit")
