"""What the benchmarks compute and write, without their servers: a wrong ratio would be believed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import inspect

from benchmarks import ceiling, charts, figures, report
from benchmarks.peers.unit_of_work import MODELS
from benchmarks.results import GOALS, Results, met, percentile, spread
from proving.speed import policy
from proving.speed.measuring import Measured
from store.tables import metadata
from workers.bootstrap import policies

ABOUT: Mapping[str, Any] = {
    "date": "2026-11-22T01:00+00:00",
    "machine": {
        "processor": "one",
        "cores": 2,
        "memory_mib": 4096,
        "system": "Linux",
        "load_at_start": 0.1,
        "busy_at_start": False,
    },
    "versions": {"python": "3.11"},
    "sizes": {},
    "checks": ["celery wrote the same."],
}


def measured(rate: float, cpu: float = 0.1, accounts: int = 1_000) -> Measured:
    return Measured(
        name="run",
        accounts=accounts,
        seconds=accounts * 6 / rate,
        events_a_second=rate,
        messages_a_second=rate * 2,
        cpu_per_1000={"worker-1": cpu, "postgresql": cpu},
        memory_mib={"worker-1": 80.0, "postgresql": 200.0},
    )


@pytest.fixture
def results() -> Results:
    found = Results()
    for rate in (6_000.0, 8_000.0, 7_000.0):
        found.add("product single", measured(rate))
        found.add("celery single", measured(rate / 40))
        found.ceiling.append(rate * 2)
    found.latency = {
        "product on rabbitmq": [0.010] * 99 + [0.030],
        "floor": [0.005] * 100,
        "celery": [0.020] * 100,
    }
    found.growth = {
        10_000: measured(7_000, cpu=0.10),
        100_000: measured(7_000, cpu=0.11),
    }
    return found


def test_rates_are_compared_round_by_round(results: Results) -> None:
    assert results.ratios()["celery_single"] == pytest.approx(40)
    assert results.ratios()["ceiling"] == pytest.approx(0.5)


def test_growth_compares_the_cpu_of_all_processes(results: Results) -> None:
    assert results.ratios()["growth_100k"] == pytest.approx(1.1)


def test_growth_is_compared_with_what_ran_before_and_after(results: Results, tmp_path: Path) -> None:
    results.growth_again = measured(7_000, cpu=0.12)
    assert results.ratios()["growth_100k"] == pytest.approx(0.11 / ((0.10 + 0.12) / 2))
    report.write(tmp_path, results, ABOUT)
    assert "again, where nothing has grown | 7,000 | 0.240" in (tmp_path / "report.md").read_text()


def test_latency_compares_the_slowest_hundredth(results: Results) -> None:
    ours = percentile(results.latency["product on rabbitmq"], 99)
    assert results.ratios()["latency_p99_over_floor"] == pytest.approx(ours / 0.005)
    assert results.ratios()["latency_p99_over_celery"] == pytest.approx(ours / 0.020)


def test_what_was_not_run_has_no_ratio(results: Results) -> None:
    assert "dramatiq_bulk" not in results.ratios()
    assert Results().ratios() == {}


def test_goals_have_a_direction() -> None:
    assert met("ceiling", 0.5)
    assert not met("ceiling", 0.49)
    assert met("growth_100k", 1.2)
    assert not met("growth_100k", 1.21)


def test_spread_is_a_part_of_the_median() -> None:
    assert spread([90.0, 100.0, 110.0]) == pytest.approx(0.2)


def test_the_report_names_every_ratio_and_shows_every_chart(results: Results, tmp_path: Path) -> None:
    report.write(tmp_path, results, ABOUT)
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["ratios"].keys() == GOALS.keys()
    assert figures["ratios"]["celery_bulk"] is None
    text = (tmp_path / "report.md").read_text()
    for chart in ("rates", "cpu", "latency", "growth"):
        ET.fromstring((tmp_path / "charts" / f"{chart}.svg").read_text())  # noqa: S314 - written just now
        assert f"charts/{chart}.svg" in text
    assert "| `celery_single` | 40.00 | at least 30 | met |" in text
    assert "| `dramatiq_bulk` | - | at least 20 | not run |" in text
    assert "busy" not in text


def test_a_busy_machine_is_told_of(results: Results, tmp_path: Path) -> None:
    report.write(tmp_path, results, {**ABOUT, "machine": {**ABOUT["machine"], "busy_at_start": True}})
    assert "The machine was busy" in (tmp_path / "report.md").read_text()


def test_a_chart_escapes_what_it_is_given() -> None:
    ET.fromstring(charts.bars("a < b", "&", {"<x>": 1.0}))  # noqa: S314 - written just now


def test_what_is_played_back_has_other_ids_and_the_same_size() -> None:
    ids = ("0a1b2c3d-0000-5000-8000-00000000000a", "ffffffff-0000-5000-8000-00000000000b")
    recorded = ceiling.Set(
        rows={"events": f"{ids[0]}\trecord-0000001\n{ids[1]}\trecord-0000002\n".encode()},
        messages=((ids[0], "t", "gl", f'{{"id":"{ids[0]}","account":"record-0000001"}}'.encode()),),
    )
    played = [ceiling.fresh(recorded, "record", number) for number in (1, 2)]
    for each in played:
        assert len(each.rows["events"]) == len(recorded.rows["events"])
        assert b"record" not in each.rows["events"] + each.messages[0][3]
        assert each.messages[0][0].encode() in each.rows["events"]
        assert each.messages[0][0].encode() in each.messages[0][3]
    assert len({each.messages[0][0] for each in (recorded, *played)}) == 3


def test_accounts_have_six_events_today(tmp_path: Path) -> None:
    [found] = policies(policy.write(tmp_path))
    steps = found.templates["immediate"].events
    assert [step.days for step in steps] == [0] * 6


def test_the_letter_of_the_latency_policy_waits_for_nothing(tmp_path: Path) -> None:
    [found] = policies(policy.write(tmp_path, letter_first=True))
    steps = found.templates["immediate"].events
    assert len(steps) == 6
    assert [step.event_type for step in steps if not step.after] == ["LETTER"]


def test_peers_write_every_table_of_the_product() -> None:
    mapped = {inspect(model).local_table.name for model in MODELS.values()}
    assert mapped == set(metadata.tables)


def test_figures_in_the_docs_come_from_the_report() -> None:
    cores = "<!-- figures: cores -->\nof an earlier report\n<!-- end -->"
    page = f"before\n<!-- figures: scaling -->\nold\n<!-- end -->\nafter\n{cores}"
    scaling = {
        "2": {
            "events_a_second": 8_000.0,
            "cpu_seconds_per_1000_events": {"relay": 0.02, "postgresql": 0.1},
            "waits": {"running": 0.6, "IO: WALSync": 0.3, "Lock: transactionid": 0.1},
        }
    }
    once = figures.fill(page, {"scaling": scaling})
    assert "| 2 | 8,000 | 0.120 | 10.0% | IO: WALSync 30%, Lock: transactionid 10% |" in once
    assert "old" not in once
    assert once.endswith(cores), "what was not run keeps its figures"
    assert figures.fill(once, {"scaling": scaling}) == once


def test_figures_of_the_million_come_from_its_own_result() -> None:
    run = {
        "events_a_second": 2_000.0,
        "cpu_per_1000": {"relay": 0.3, "intake": 0.3},
        "memory_mib": {"a": 99.6},
    }
    beside = run | {"cpu_per_1000": {"relay": 0.5}}
    step = {"before": 900_000, "run": run, "beside": beside, "database_bytes": 3 * 2**30, "ratio": 1.2}
    page = figures.fill("<!-- figures: million -->\n<!-- end -->", {"million": {"steps": [step]}})
    assert "| 900,000 | 2,000 | 0.600 | 0.500 | 1.20 | 100 | 3.0 |" in page


def test_every_place_for_figures_in_the_docs_can_be_filled() -> None:
    text = figures.SCALING.read_text()
    assert text.count("<!-- figures: ") == text.count("<!-- end -->") == 4
    figures.fill(text, {})
