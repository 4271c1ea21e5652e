"""The demonstration as a person runs it, recounted from what it leaves behind."""

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
WRITEOFF = Path(sys.executable).with_name("writeoff")
CHECKER = REPOSITORY / "operations" / "demo" / "checker.py"
EXPECTED = REPOSITORY / "examples" / "expected" / "demo.toml"
DIGITS = {"RWF": 0, "KES": 2, "XOF": 0}


class Demo:
    """One finished run: what it printed, and the folder that it kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        printed = folder.with_suffix(".json")
        if not printed.exists():
            command = [WRITEOFF, "demo", "--json", "--keep", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
            assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
            printed.write_text(done.stdout)
        self.said: dict[str, Any] = json.loads(printed.read_text())

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "writeoff.sqlite") as connection:
            return list(connection.execute(statement))

    def consumed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "consumed.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run of the demonstration for all workers of pytest-xdist."""
    shared = "PYTEST_XDIST_WORKER" in os.environ
    root = tmp_path_factory.getbasetemp().parent if shared else tmp_path_factory.mktemp("demo")
    with (root / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Demo(root / "demo-kept")


def test_nothing_is_lost_doubled_or_wrong(demo: Demo) -> None:
    assert (demo.said["lost"], demo.said["doubled"], demo.said["wrong"]) == ([], [], [])
    assert demo.said["accounts"] > 300


def test_everything_that_was_written_was_published_and_read_once(demo: Demo) -> None:
    written = {message_id for (message_id,) in demo.select("SELECT message_id FROM messages_out")}
    read = Counter(each["message"]["id"] for each in demo.consumed())
    assert read == Counter(dict.fromkeys(written, 1))
    assert demo.said["read"] == len(written)
    assert demo.select("SELECT count(*) FROM outbox") == [(0,)]


def test_everything_that_was_sent_is_done_refused_dead_or_repeated(demo: Demo) -> None:
    states = Counter(dict(demo.select("SELECT state, count(*) FROM inbox GROUP BY state")))
    dead = demo.select("SELECT reason FROM dead_letters ORDER BY reason")
    assert dead == [("conflicting-duplicate",), ("malformed-field",)]
    repeated = sum(queue["repeated"] for queue in demo.said["came_in"])
    assert (states["waiting"], repeated) == (0, 1)
    assert demo.said["sent"] == states.total() + len(dead) + repeated


def test_the_ledger_is_the_databases_and_balances_in_every_currency(demo: Demo) -> None:
    rows = demo.select(
        "SELECT currency, gl_account, side, sum(amount_minor) FROM journal_lines JOIN journals "
        "USING (journal_id) GROUP BY currency, gl_account, side"
    )
    recounted = {
        (currency, account, side): Decimal(minor).scaleb(-DIGITS[currency])
        for currency, account, side, minor in rows
    }
    said = {
        (currency, account, side): Decimal(sums[side])
        for currency, ledger in demo.said["ledger"].items()
        for account, sums in ledger["accounts"].items()
        for side in ("debit", "credit")
        if Decimal(sums[side])
    }
    assert said == recounted
    assert demo.said["ledger"].keys() == DIGITS.keys()
    for ledger in demo.said["ledger"].values():
        assert ledger["total_debit"] == ledger["total_credit"]


def test_what_the_events_did_is_on_record(demo: Demo) -> None:
    recorded = Counter(
        dict(demo.select("SELECT kind, count(*) FROM events WHERE status = 'complete' GROUP BY 1"))
    )
    assert {each["kind"]: each["complete"] for each in demo.said["events"]} == recorded
    effects = {
        "demerits": "demerit-recorded",
        "referrals": "referral-placed",
        "todos": "todo-created",
        "journals": "journal-posted",
    }
    read = Counter(each["message"]["type"] for each in demo.consumed())
    for table, kind in effects.items():
        assert demo.select(f"SELECT count(*) FROM {table}") == [(read[f"writeoff.{kind}.v1"],)], table


def test_each_effect_bears_the_business_date_on_which_it_fell_due(demo: Demo) -> None:
    late = demo.select(
        "SELECT count(*) FROM events e JOIN processes p USING (process_id) WHERE e.status = 'complete' "
        "AND e.completed_on <> e.trigger_date AND p.account_id NOT LIKE '__-32__'"
    )
    assert late == [(0,)]
    assert demo.said["business_dates"][-1] == "2027-01-22"


def test_the_checker_by_itself_comes_to_the_same(demo: Demo) -> None:
    command = [sys.executable, "-I", "-S", CHECKER, EXPECTED, demo.folder / "consumed.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_folder_that_was_used_is_refused_in_a_sentence(demo: Demo) -> None:
    command = [WRITEOFF, "demo", "--keep", demo.folder]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert "is not empty" in again.stderr
    assert len(again.stderr.splitlines()) == 1
