"""The commands over the ledger: what they print, and how they end."""

import csv
import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from operations.cli.app import execute
from operations.failures import ExitCode
from tests.support.world import World

#: Exit code, stdout, stderr
Said = tuple[int, str, str]
Command = Callable[..., Said]

LINE = "UPDATE journal_lines SET amount_minor = {} WHERE line = 1 AND journal_id = '{}'"


@pytest.fixture
def writeoff(
    books: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Run a command of the installation, in a folder without a `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WRITEOFF_")]:
        monkeypatch.delenv(name)
    url = books.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", url)
    capfd.readouterr()

    def run(*arguments: str) -> Said:
        code = execute(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def change(world: World, amount: int, journal_id: str) -> None:
    with world.database.begin() as tx:
        tx.execute(text(LINE.format(amount, journal_id)))


def journal(world: World) -> str:
    [row] = world.select("SELECT journal_id FROM journals WHERE account_id = 'RW-3'")
    return str(row["journal_id"])


def test_reconcile_says_that_every_equation_holds(writeoff: Command) -> None:
    code, out, _ = writeoff("reconcile")
    assert code == ExitCode.OK
    assert "Every equation holds." in out
    assert max(map(len, out.splitlines())) <= 100
    code, out, _ = writeoff("reconcile", "--period", "2026-11", "--opco", "RW", "--json")
    view: dict[str, Any] = json.loads(out)
    assert (code, view["holds"], view["period"]) == (ExitCode.OK, True, "2026-11")
    conserved = next(each for each in view["equations"] if each["name"] == "conservation")
    assert {group["part"] for group in conserved["groups"]} == {"2210", "6150"}
    code, _, err = writeoff("reconcile", "--period", "november")
    assert (code, err) == (ExitCode.UNUSABLE, "writeoff: --period 'november' is no month such as 2026-11.\n")


def test_whoever_finds_differences_exits_5_and_names_them(books: World, writeoff: Command) -> None:
    journal_id = journal(books)
    change(books, 9_449, journal_id)
    try:
        answers = [writeoff(*words) for words in (["reconcile"], ["audit"], ["explain", journal_id])]
    finally:
        change(books, 9_450, journal_id)
    assert [code for code, _, _ in answers] == [ExitCode.DIFFERENCES] * 3
    reconciled, audited, explained = (out for _, out, _ in answers)
    assert f"{journal_id} differs by -1" in reconciled
    assert f"journal_lines {journal_id} line 1 (RW)" in audited
    assert "computed again it is debit 6150" in explained


def test_audit_prints_the_seals_to_keep(writeoff: Command) -> None:
    code, out, _ = writeoff("audit", "--json")
    chains = {each["opco"]: each for each in json.loads(out)["chains"]}
    assert code == ExitCode.OK
    anchor = f"RW:{chains['RW']['position']}:{chains['RW']['seal']}"
    code, out, _ = writeoff("audit", "--anchor", anchor)
    assert (code, "nothing is wrong." in out) == (ExitCode.OK, True)
    assert max(map(len, out.splitlines())) <= 100
    assert writeoff("audit", "--anchor", anchor[:-1] + ("0" if anchor[-1] != "0" else "1"))[0] == 5
    assert writeoff("audit", "--anchor", "RW")[0] == ExitCode.UNUSABLE


def test_explain_tells_a_line_and_refuses_what_is_not_there(books: World, writeoff: Command) -> None:
    journal_id = journal(books)
    code, out, _ = writeoff("explain", f"{journal_id}/1")
    assert code == ExitCode.OK
    assert "9,450 from transaction FT-RW-3-1 of SA-RW-3, REVENUE" in out
    assert "the same lines come out" in out
    assert "pulse.write-off-requested.v1" in out
    story = json.loads(writeoff("explain", journal_id, "--json")[1])
    assert story["recomputed"] == {"same": True, "differences": []}
    assert story["back"]["request"]["request_id"] == "WR-3"
    assert writeoff("explain", "nothing")[0] == ExitCode.NOT_FOUND


@pytest.mark.parametrize("name", ["write-offs", "ageing", "recoveries", "reversals", "enforcement"])
def test_each_report_is_a_table_csv_or_json(writeoff: Command, name: str) -> None:
    as_json = json.loads(writeoff("report", name, "--json")[1])
    rows = list(csv.DictReader(StringIO(writeoff("report", name, "--csv")[1])))
    assert [dict.fromkeys(as_json["columns"]) | row for row in rows] == [
        {column: str(value) for column, value in row.items()} for row in as_json["rows"]
    ]
    code, out, _ = writeoff("report", name, "--opco", "RW")
    assert code == ExitCode.OK
    assert "RWF" in out
    assert "KES" not in out


def test_a_report_that_is_none_is_refused(writeoff: Command) -> None:
    code, _, err = writeoff("report", "weather")
    assert (code, "'weather' is no report" in err) == (ExitCode.UNUSABLE, True)
    assert writeoff("report", "ageing", "--from", "2026")[0] == ExitCode.UNUSABLE


def test_periods_are_closed_one_after_the_other_and_opened_again(books: World, writeoff: Command) -> None:
    assert writeoff("period", "close", "2020-01", "--opco", "KE", "--as", "amina")[:2] == (
        ExitCode.OK,
        "Period 2020-01 is closed for KE.\n",
    )
    code, _, err = writeoff("period", "close", "2020-03", "--opco", "KE")
    assert (code, "Period 2020-02 of KE is open" in err) == (ExitCode.FAILED, True)
    assert writeoff("period", "close", "3000-01", "--opco", "KE")[0] == ExitCode.UNUSABLE
    listed = json.loads(writeoff("period", "list", "--opco", "KE", "--json")[1])["periods"]
    [closed] = [each for each in listed if each["period"] == "2020-01"]
    assert (closed["status"], closed["closed_by"]) == ("closed", "/operations/amina")
    assert {each["period"]: each["journals"] for each in listed}["2026-11"] == 1
    code, out, _ = writeoff("period", "open", "2020-01", "--opco", "KE", "--reason", "a late bill")
    assert (code, out) == (ExitCode.OK, "Period 2020-01 is open for KE.\n")
    assert "open again" in writeoff("period", "list")[1]
    code, out, err = writeoff("period", "close", "2020-03")
    assert (code, "RW" in out, "Period 2020-02 of KE is open" in err) == (ExitCode.FAILED, True, True)
    assert books.count("inbox", "queue = 'operations' AND opco = 'KE'") == 4
