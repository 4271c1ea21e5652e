"""A report says what was tried, what was found, what it bounds; a page takes it between its marks."""

import json
from pathlib import Path

import msgspec
import pytest

from proving.checker.findings import Tally
from proving.proof import Proof, Told, added, as_json, combinations, fired_by_kind, shares
from proving.quiet.settling import Quiet
from proving.report import markdown, tables
from proving.report.__main__ import BEGIN, END, main
from proving.rig.faults import Fired
from proving.rig.places import Combination
from proving.servers import binaries
from proving.servers.binaries import MissingServerError
from proving.trial import Outcome, Plan


def tally(trials: int, *, broken: int = 0) -> Tally:
    found = Tally(name="each effect once", promise="No effect is told of twice")
    for number in range(trials):
        found.look(f"message {number}", 1, 2 if number < broken else 1)
    return found


def told(*, broken: int = 0) -> Told:
    figures = dict.fromkeys(
        (
            *("stories", "messages meant", "messages published", "messages lost by the broker"),
            *("messages written", "deliveries to consumers", "starts of processes"),
        ),
        1_234,
    )
    outcome = Outcome(
        plan=Plan(combination=Combination(), seed=7, seconds=60),
        tallies=[tally(300, broken=broken)],
        figures=figures,
        sorts={"poison: not JSON": 3},
        stories={"recovered": 4},
        quiet=Quiet(left={}, stuck=[], seconds=1.0),
        troubles={},
        versions={"writeoff": "0.1.0"},
        seconds=90,
    )
    fired = Fired(number=1, kind="kill-role", target="worker-1", at=0.0)
    kinds = frozenset({"kill-role", "skew-clock"})
    return Told(outcome=outcome, faults=[fired], kinds=kinds, folder="/var/proof/trial-1")


def proof(*, broken: int = 0) -> Proof:
    trials = [told(broken=broken), told()]
    return Proof(
        seed=7,
        seconds=120,
        trials=trials,
        tallies=added(each.outcome.tallies for each in trials),
        left_out=["SQLite, RabbitMQ: RabbitMQ is not installed"],
    )


def test_no_failure_in_n_trials_bounds_the_rate_by_three_nths() -> None:
    assert tally(300).bound == pytest.approx(0.01)
    assert tally(300, broken=1).bound is None
    assert tally(0).bound is None


def test_a_report_tells_of_trials_promises_faults_and_limits() -> None:
    text = markdown.report(proof())
    assert text.startswith("# Proof\n")
    assert "| No effect is told of twice | 600 | 0 | 1 in 200 |" in text
    assert "| kill-role | 2 |" in text
    assert "| skew-clock | 0 |" in text
    assert "PostgreSQL, RabbitMQ, tasks on Redis" in text
    assert "Not tried: SQLite, RabbitMQ: RabbitMQ is not installed" in text
    assert "A power cut." in text


def test_a_broken_promise_is_told_first_and_how_to_see_it_again() -> None:
    broken = proof(broken=1)
    text = markdown.report(broken)
    assert not broken.proved
    assert text.startswith("# A promise is broken\n")
    assert "- each effect once: message 0: expected 1; found 2." in text
    assert "`--seed 7`" in text
    assert "/var/proof/trial-1" in text


def test_the_json_of_a_proof_is_json() -> None:
    found = json.loads(as_json(proof()))
    assert found["tallies"][0]["trials"] == 600
    assert len(found["trials"]) == 2


def test_a_kind_that_was_possible_and_not_fired_is_listed() -> None:
    assert fired_by_kind([told()]) == {"kill-role": 1, "skew-clock": 0}
    assert tables.faults(proof()) == [("kill-role", "2"), ("skew-clock", "0")]


def test_a_page_takes_the_report_and_keeps_the_rest(tmp_path: Path) -> None:
    page, text = tmp_path / "page.md", tmp_path / "report.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    text.write_text("# Proof\n\nnew\n")
    assert main([str(text), str(page)]) == 0
    assert page.read_text() == f"before\n{BEGIN}\n\n## Proof\n\nnew\n\n{END}\nafter\n"
    page.write_text("no marks")
    assert main([str(text), str(page)]) == 2


def test_half_of_the_time_goes_to_what_production_runs_on() -> None:
    wanted = [Combination(), Combination(database="sqlite"), Combination(broker="redis")]
    assert shares(wanted, 120) == [60, 30, 30]
    assert shares(wanted[:1], 120) == [120]


def test_what_is_not_installed_is_left_out_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise MissingServerError("RabbitMQ is not installed")

    monkeypatch.setattr(binaries, "postgresql", lambda: "")
    monkeypatch.setattr(binaries, "valkey", lambda: "")
    monkeypatch.setattr(binaries, "rabbitmq", missing)
    found, left_out = combinations(None, None, 2)
    assert [str(each) for each in found] == [
        "PostgreSQL, Redis, tasks on Redis",
        "SQLite, Redis, tasks on Redis",
    ]
    assert len(left_out) == 2
    with pytest.raises(MissingServerError, match="RabbitMQ is not installed"):
        combinations("sqlite", "rabbitmq", 2)


def test_a_fault_that_went_wrong_itself_was_not_fired() -> None:
    trial = told()
    [fired] = trial.faults
    failed = msgspec.structs.replace(fired, problem="RigError: no such process")
    assert fired_by_kind([trial])[fired.kind] == 1
    assert fired_by_kind([msgspec.structs.replace(trial, faults=[failed])])[fired.kind] == 0
