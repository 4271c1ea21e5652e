"""The checker: says nothing about what is right, and finds each thing that is seeded wrong."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from operations.demo import checker

Delivery = dict[str, Any]

EXPECTED: dict[str, Any] = {
    "queues": {"letter-requested": "letter", "journal-posted": "gl", "referral-placed": "agency"},
    "agencies": {"RW": ["NORTH", "SOUTH"]},
    "values": {"currency": {"RW": "RWF"}, "debt": {"RW": "10500"}},
    "lines": {"whole": {"RW": ["debit 6150 9700", "debit 2210 800", "credit 1200 10500"]}},
    "lives": {
        "written-off": [
            "referral-placed {day} {debt}",
            "letter-requested {day} notice {debt}",
            "journal-posted {day} write-off {whole lines}",
        ]
    },
    "stories": [
        {"number": 1, "accounts": {"RW": 2}, "lives": ["written-off"], "with": {"day": "2026-11-02"}}
    ],
    "others": [],
    "totals": {
        "messages": {"referral-placed": 2, "letter-requested": 2, "journal-posted": 2},
        "RWF": {"1200": ["0", "21000"], "2210": ["1600", "0"], "6150": ["19400", "0"]},
    },
}
NOTHING: dict[str, list[Any]] = {"lost": [], "doubled": [], "wrong": []}


def line(side: str, gl_account: str, amount: str) -> dict[str, Any]:
    return {
        "side": side,
        "gl_account": gl_account,
        "amount": amount,
        "claimable_from": None,
        "claimable_until": None,
    }


def deliveries(*agencies: str) -> list[Delivery]:
    """What is read of one account after the other, each referred to an agency; two accounts unless told."""
    made = []
    for number, agency in enumerate(agencies or ("NORTH", "SOUTH"), start=1):
        account = f"RW-01{number:02}"
        lines = [line("debit", "6150", "9700"), line("debit", "2210", "800"), line("credit", "1200", "10500")]
        said: list[tuple[str, str, dict[str, Any]]] = [
            (
                f"agency.{agency}",
                "referral-placed",
                {
                    "activity_date": "2026-11-02",
                    "amount": "10500",
                    "agency": agency,
                    "referral_id": account,
                    "history_sequence": 1,
                },
            ),
            (
                "letter",
                "letter-requested",
                {"letter_date": "2026-11-02", "letter_template": "notice", "amount": "10500"},
            ),
            (
                "gl",
                "journal-posted",
                {
                    "transaction_date": "2026-11-02",
                    "kind": "write-off",
                    "lines": lines,
                    "total_debit": "10500",
                    "total_credit": "10500",
                },
            ),
        ]
        for queue, kind, data in said:
            message = {
                "id": f"{kind}-{account}",
                "type": f"writeoff.{kind}.v1",
                "opco": "RW",
                "data": {"account_id": account, **data},
            }
            made.append({"queue": queue, "message": message})
    return made


def found(change: Callable[[list[Delivery]], object]) -> dict[str, list[Any]]:
    read = deepcopy(deliveries())
    change(read)
    return checker.check(EXPECTED, read)


def of_kind(read: list[Delivery], kind: str) -> Delivery:
    return next(each["message"] for each in read if each["message"]["type"] == f"writeoff.{kind}.v1")


def test_what_is_right_is_passed_over_in_silence() -> None:
    assert checker.check(EXPECTED, deliveries()) == NOTHING


def test_a_message_that_nobody_read_is_lost() -> None:
    result = found(lambda read: read.pop(1))
    assert result["lost"] == [{"subject": "RW-0101", "expected": "letter-requested 2026-11-02 notice 10500"}]
    assert not result["doubled"]


def test_a_message_read_twice_is_doubled_and_counted_once() -> None:
    result = found(lambda read: read.append(read[1]))
    assert result == NOTHING | {"doubled": [{"queue": "letter", "id": "letter-requested-RW-0101", "read": 2}]}


def test_a_second_message_of_the_same_under_another_id_is_doubled() -> None:
    def again(read: list[Delivery]) -> None:
        read.append(deepcopy(read[1]))
        read[-1]["message"]["id"] = "another"

    assert found(again)["doubled"] == [
        {"subject": "RW-0101", "read": "letter-requested 2026-11-02 notice 10500", "expected_times": 1}
    ]


def test_an_account_of_which_nothing_is_expected_is_doubled() -> None:
    def stranger(read: list[Delivery]) -> None:
        read.append(deepcopy(read[1]))
        read[-1]["message"]["id"] = "another"
        read[-1]["message"]["data"]["account_id"] = "RW-0199"

    assert found(stranger)["doubled"][0]["subject"] == "RW-0199"


def test_an_amount_that_is_one_unit_off_is_wrong_and_nothing_is_lost() -> None:
    def off_by_one(read: list[Delivery]) -> None:
        of_kind(read, "letter-requested")["data"]["amount"] = "10501"

    assert found(off_by_one) == NOTHING | {
        "wrong": [
            {
                "subject": "RW-0101",
                "expected": "letter-requested 2026-11-02 notice 10500",
                "read": "letter-requested 2026-11-02 notice 10501",
            }
        ]
    }


def test_a_date_that_is_a_day_late_is_wrong() -> None:
    def late(read: list[Delivery]) -> None:
        of_kind(read, "journal-posted")["data"]["transaction_date"] = "2026-11-03"

    assert [each["subject"] for each in found(late)["wrong"]] == ["RW-0101"]


def test_a_journal_that_does_not_balance_is_wrong_thrice() -> None:
    """By itself, against the expected one, and in the totals."""

    def unbalanced(read: list[Delivery]) -> None:
        of_kind(read, "journal-posted")["data"]["lines"][0]["amount"] = "9699"

    subjects = [each["subject"] for each in found(unbalanced)["wrong"]]
    assert subjects == ["journal-posted-RW-0101", "RW-0101", "total of RWF: 6150"]


@pytest.mark.parametrize("queue", ["gl", "agency.NORTH"])
def test_a_letter_in_the_queue_of_another_consumer_is_wrong(queue: str) -> None:
    def misplaced(read: list[Delivery]) -> None:
        read[1]["queue"] = queue

    assert found(misplaced)["wrong"] == [
        {
            "subject": "letter-requested-RW-0101",
            "expected": "letter-requested in letter",
            "read": f"in {queue}",
        }
    ]


def test_an_agency_that_gets_the_debt_of_another_is_found() -> None:
    def to_south(read: list[Delivery]) -> None:
        read[0]["queue"] = "agency.SOUTH"

    assert found(to_south)["wrong"][0]["expected"] == "referral-placed in agency.NORTH"


def test_agencies_that_get_debt_unevenly_are_found() -> None:
    """Two accounts more at one agency; one more is what an odd number comes to."""
    story = EXPECTED["stories"][0] | {"accounts": {"RW": 4}}
    four = EXPECTED | {"stories": [story], "totals": {}}
    assert checker.check(four, deliveries("NORTH", "SOUTH", "NORTH", "SOUTH")) == NOTHING
    result = checker.check(four, deliveries("NORTH", "NORTH", "NORTH", "SOUTH"))
    assert [each["subject"] for each in result["wrong"]] == ["agencies of RW"]
    story["accounts"] = {"RW": 3}
    assert checker.check(four, deliveries("NORTH", "SOUTH", "NORTH")) == NOTHING


def test_it_imports_nothing_of_the_product() -> None:
    source = Path(checker.__file__)
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source.read_text()))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_it_runs_by_itself_with_nothing_installed(tmp_path: Path) -> None:
    script = tmp_path / "checker.py"
    script.write_text(Path(checker.__file__).read_text())
    (tmp_path / "expected.toml").write_text("stories = []\nothers = []\n[queues]\n[agencies]\n[values]\n")
    (tmp_path / "consumed.jsonl").write_text("")
    command = [sys.executable, "-I", "-S", str(script), "expected.toml", "consumed.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout) == NOTHING
