"""The summary: fits a terminal of 100 columns, is plain text where nobody sees colours, hides no finding."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations.demo.figures import CameIn, EventKind, Figures, Queue, Refusal, Task
from operations.demo.followed import Step
from operations.demo.ledger import Account
from operations.demo.outcome import Outcome
from operations.demo.progress import Progress
from operations.demo.records import DeadLetter
from operations.demo.summary import print_summary

FIGURES = Figures(
    came_in=[
        CameIn(
            queue="writeoff.repossession-failed",
            sent=1_299,
            done=1_298,
            refused=0,
            waiting=0,
            dead=0,
            repeated=1,
        )
    ],
    events=[
        EventKind(
            kind="write-off-distribution-code",
            complete=2,
            canceled=1,
            failed=1,
            pending=0,
            messages={"journal-posted": 2, "todo-created": 1},
        )
    ],
    consumers=[
        Queue(name="gl", messages={"journal-posted": 2}),
        Queue(name="agency.SAVANES-CREANCES", messages={"referral-placed": 2, "referral-cancelled": 1}),
        Queue(name="agency.RIFT-CREDIT", messages={}),
    ],
    still_referred={"agency.SAVANES-CREANCES": "XOF 25,180"},
    ledger={
        "KES": [
            Account(
                gl_account="119000",
                name="Allowance for expected credit losses",
                debit_minor=1_263_050,
                credit_minor=0,
            ),
            Account(
                gl_account="110100",
                name="Trade receivables, instalments",
                debit_minor=0,
                credit_minor=1_263_050,
            ),
        ]
    },
    journals={"write-off": 2},
    answers={"accepted": 2, "refused": 1},
    refusals=[
        Refusal(
            reason="duplicate-in-request", by_company={"KE": 1}, example="Account KE-1 is named twice. " * 5
        )
    ],
    todos=[
        Task(
            todo_type="EVENT-FAILED", role="back_office_management", count=1, example="A step of KE-1 failed"
        )
    ],
    dead_letters=(
        DeadLetter(
            queue="writeoff.payments",
            reason="malformed-field",
            path="data.amount",
            problem="Expected `str`, got `int`; " * 6,
        ),
    ),
    followed=[Step(on="2026-11-02", queue="agency.SAVANES-CREANCES", what="RWF 10,500 referred")],
)
NOTHING: dict[str, list[dict[str, Any]]] = {"lost": [], "doubled": [], "wrong": []}


def printed(
    *,
    found: Mapping[str, Sequence[dict[str, Any]]] = NOTHING,
    kept_in: Path | None = None,
    colours: bool = False,
) -> str:
    console = Console(
        file=io.StringIO(),
        width=100,
        highlight=False,
        force_terminal=colours,
        color_system="256" if colours else None,
    )
    outcome = Outcome(
        figures=FIGURES,
        found=found,
        accounts=342,
        sent=742,
        read=2_057,
        dates=[date(2026, 11, 2), date(2027, 1, 22)],
        seconds=18.6,
        kept_in=kept_in,
    )
    print_summary(outcome, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("kept_in", [None, Path("var/demo")])
def test_no_line_is_longer_than_a_hundred_columns(kept_in: Path | None) -> None:
    assert max(len(line) for line in printed(kept_in=kept_in).splitlines()) <= 100


def test_colours_are_for_terminals_alone() -> None:
    assert "\x1b" not in printed()
    assert "\x1b" in printed(colours=True)


def test_figures_stand_in_full_with_thousands_set_off() -> None:
    text = printed()
    assert "…" not in text
    for figure in ("1,299", "12,630.50", "XOF 25,180", "342 accounts"):
        assert figure in text


def test_sums_are_equal_and_say_so() -> None:
    (line,) = (line for line in printed().splitlines() if "debits = credits" in line)
    assert line.split() == ["✓", "debits", "=", "credits", "12,630.50", "12,630.50"]


def test_what_the_checker_found_is_shown_and_counted() -> None:
    lost = [{"subject": f"RW-{number}", "expected": "letter-requested"} for number in range(13)]
    text = printed(found=NOTHING | {"lost": lost})
    assert "✗ lost 13" in text
    assert "✓ doubled 0" in text
    assert "RW-9" in text
    assert "... and 3 more" in text


def test_where_to_look_next_depends_on_whether_anything_is_left_to_look_at() -> None:
    assert "writeoff demo --keep" in printed()
    assert "export WRITEOFF_DATA_DIR=var/demo" in printed(kept_in=Path("var/demo"))


def test_progress_leaves_a_line_for_each_thing_that_happened_and_no_control_characters() -> None:
    console = Console(file=io.StringIO(), width=100, highlight=False)
    with Progress(console) as progress:
        progress.begins(date(2026, 11, 2), "field agents report failed repossessions", 293)
        progress.goes_on(12)
        progress.ends(405, 1_726)
    assert isinstance(console.file, io.StringIO)
    (line,) = console.file.getvalue().splitlines()
    assert line.startswith("✓ Mon  2 Nov 2026  field agents report failed repossessions")
    assert "293 in" in line
    assert len(line) <= 100
