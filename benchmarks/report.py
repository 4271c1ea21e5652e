"""The report: JSON for programs, Markdown and charts for people, all of one run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from benchmarks import charts
from benchmarks.results import GOALS, Results, cost, met, percentile, spread
from benchmarks.waits import LOCK
from proving.speed.measuring import Measured

#: Said of a run that is repeated in a new installation.
AGAIN = "again, where nothing has grown"


def write(folder: Path, results: Results, about: Mapping[str, Any]) -> None:
    """Write `report.json`, `report.md` and `charts/*.svg`. `about`: machine, versions, options, checks."""
    drawn = folder / "charts"
    drawn.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(_figures(results, about), indent=2, sort_keys=True) + "\n")
    pictures = _charts(results)
    for name, picture in pictures.items():
        (drawn / f"{name}.svg").write_text(picture)
    (folder / "report.md").write_text(_text(results, about, pictures))


def _figures(results: Results, about: Mapping[str, Any]) -> dict[str, Any]:
    ratios = results.ratios()
    return {
        **about,
        "ratios": {name: round(ratios[name], 3) if name in ratios else None for name in GOALS},
        "goals": {name: f"{sense} {goal:g}" for name, (sense, goal) in GOALS.items()},
        "runs": {series: _series(runs) for series, runs in results.runs.items()},
        "ceiling": _rates(results.ceiling) if results.ceiling else None,
        "latency_seconds": {
            series: {
                "p50": percentile(values, 50),
                "p99": percentile(values, 99),
                "worst": max(values),
                "requests": len(values),
            }
            for series, values in results.latency.items()
        },
        "scaling": {
            str(count): {
                **_rates([each.run.events_a_second]),
                "cpu_seconds_per_1000_events": each.run.cpu_per_1000,
                "waits": each.waits,
            }
            for count, each in results.scaling.items()
        },
        "embedded": [msgspec.to_builtins(each) for each in results.embedded],
        "planned": [msgspec.to_builtins(each) for each in results.planned],
        "pages_seconds": results.pages,
        "growth": {str(accounts): msgspec.to_builtins(run) for accounts, run in results.growth.items()},
        "growth_again": msgspec.to_builtins(results.growth_again),
    }


def _series(runs: Sequence[Measured]) -> dict[str, Any]:
    return {
        **_rates([each.events_a_second for each in runs]),
        "messages_a_second": median(each.messages_a_second for each in runs),
        "cpu_seconds_per_1000_events": {
            process: median(each.cpu_per_1000.get(process, 0.0) for each in runs)
            for process in runs[0].cpu_per_1000
        },
        "memory_mib": {
            process: max(each.memory_mib.get(process, 0.0) for each in runs) for process in runs[0].memory_mib
        },
        "rounds": [msgspec.to_builtins(each) for each in runs],
    }


def _rates(rates: Sequence[float]) -> dict[str, Any]:
    return {"events_a_second": median(rates), "spread": spread(rates)}


def _text(results: Results, about: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    machine = about["machine"]
    lines = [
        "# Benchmark report",
        "",
        (
            f"Written by `make bench` on {about['date']}: {machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_mib']} MiB, {machine['system']}. "
            f"Load when it began: {machine['load_at_start']}."
        ),
        "",
        *(
            ["**The machine was busy when this run began: its figures are worth little.**", ""]
            if machine["busy_at_start"]
            else []
        ),
        "What is measured, and how: [docs/performance.md](../docs/performance.md).",
        "",
        *table(("Part", "Version"), about["versions"].items()),
        "## Ratios",
        "",
        *_ratios(results),
    ]
    if results.runs:
        lines += ["## Events a second", "", *_rate_table(results)]
    if product := results.runs.get("product single"):
        lines += ["## Where the CPU goes", "", *_cpu_table(results), *_memory(product)]
    if results.latency:
        lines += ["## Latency at low load", "", *_latency_table(results)]
    if results.growth:
        lines += ["## Growth", "", *_growth_table(results)]
    if results.planned:
        lines += ["## Planning", "", *_planned_table(results)]
    if results.scaling:
        lines += ["## Scaling out", "", *scaling_table(_figures(results, about)["scaling"])]
    if results.embedded:
        lines += ["## Embedded: one process on SQLite and Valkey", "", *_embedded_table(results)]
    if results.pages:
        processes = about["sizes"]["processes"]
        lines += [f"## Operators' pages on {processes:,} processes", "", *_pages_table(results)]
    lines += ["## Checks", "", *[f"- {each}" for each in about["checks"]], ""]
    lines += [line for name in pictures for line in (f"![{name}](charts/{name}.svg)", "")]
    return "\n".join(lines)


def _ratios(results: Results) -> list[str]:
    known = results.ratios()
    rows = []
    for name, (sense, goal) in GOALS.items():
        value = known.get(name)
        verdict = "not run" if value is None else "met" if met(name, value) else "missed"
        rows.append((f"`{name}`", "-" if value is None else f"{value:.2f}", f"{sense} {goal:g}", verdict))
    return table(("Ratio", "Measured", "Goal", ""), rows)


def _rate_table(results: Results) -> list[str]:
    rows = [
        (
            series,
            f"{runs[0].accounts:,}",
            len(runs),
            f"{median(rates):,.0f}",
            f"{spread(rates):.0%}",
            f"{median(each.messages_a_second for each in runs):,.0f}",
        )
        for series, runs in results.runs.items()
        for rates in (results.rates(series),)
    ]
    if results.ceiling:
        rate, wide = f"{median(results.ceiling):,.0f}", f"{spread(results.ceiling):.0%}"
        rows.append(("ceiling", "", len(results.ceiling), rate, wide, ""))
    head = ("Series", "Accounts", "Rounds", "Events a second (median)", "Spread", "Messages a second")
    return table(head, rows)


def _cpu_table(results: Results) -> list[str]:
    rows = [
        (series, process, f"{median(each.cpu_per_1000.get(process, 0.0) for each in runs):.3f}")
        for series, runs in results.runs.items()
        for process in runs[0].cpu_per_1000
    ]
    return table(("Series", "Process", "CPU seconds for 1,000 events"), rows)


def _memory(runs: Sequence[Measured]) -> list[str]:
    rows = [
        (process, f"{max(each.memory_mib.get(process, 0.0) for each in runs):.0f}")
        for process in runs[0].memory_mib
    ]
    return table(("Process", "Memory in MiB, at most, product single"), rows)


def _latency_table(results: Results) -> list[str]:
    rows = [
        (series, len(values), *(f"{percentile(values, each) * 1_000:.1f}" for each in (50, 99)))
        for series, values in results.latency.items()
    ]
    return table(("Series", "Requests", "p50, ms", "p99, ms"), rows)


def _growth_table(results: Results) -> list[str]:
    rows = [
        (
            accounts,
            f"{run.events_a_second:,.0f}",
            f"{cost(run):.3f}",
            f"{max(run.memory_mib.values(), default=0.0):.0f}",
        )
        for accounts, run in _growth_runs(results)
    ]
    return table(("Accounts", "Events a second", "CPU s for 1,000 events", "Largest process, MiB"), rows)


def _growth_runs(results: Results) -> list[tuple[str, Measured]]:
    """Return the runs in their order, each with what it is called."""
    runs = [(f"{accounts:,}", run) for accounts, run in results.growth.items()]
    if (again := results.growth_again) is not None:
        runs.append((f"{again.accounts:,}, {AGAIN}", again))
    return runs


def scaling_table(scaling: Mapping[str, Any]) -> list[str]:
    """Return runs with more and more workers and relays as a table; `docs/scaling.md` has it too."""
    rows = []
    for count, each in scaling.items():
        waits = each["waits"]
        locked = sum(share for name, share in waits.items() if name.startswith(LOCK))
        others = [f"{name} {share:.0%}" for name, share in waits.items() if name != "running"][:3]
        used = sum(each["cpu_seconds_per_1000_events"].values())
        row = (count, f"{each['events_a_second']:,.0f}", f"{used:.3f}", f"{locked:.1%}", ", ".join(others))
        rows.append(row)
    head = (
        *("Workers and relays, each", "Events a second", "CPU s for 1,000 events"),
        *("Sessions that wait for a lock", "Waits, most first"),
    )
    return table(head, rows)


def _embedded_table(results: Results) -> list[str]:
    row = (
        f"{results.embedded[0].accounts:,}",
        len(results.embedded),
        f"{median(each.events_a_second for each in results.embedded):,.0f}",
        f"{median(each.cpu_per_1000 for each in results.embedded):.3f}",
        f"{median(each.messages_a_second for each in results.embedded):,.0f}",
    )
    head = (
        *("Accounts", "Rounds", "Events a second up to the outbox", "CPU s for 1,000 of them"),
        "Messages a second from there to Valkey",
    )
    return table(head, [row])


def _planned_table(results: Results) -> list[str]:
    rows = [
        (f"{each.accounts:,}", f"{each.seconds:.1f}", f"{each.memory_mib:.0f}") for each in results.planned
    ]
    return table(("Accounts of one plan", "Seconds", "Memory in MiB, at most"), rows)


def _pages_table(results: Results) -> list[str]:
    rows = [(page, f"{seconds * 1_000:.1f}") for page, seconds in results.pages.items()]
    return table(("Page", "ms, best of three"), rows)


def table(head: Sequence[str], rows: Any) -> list[str]:
    body = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *body, ""]


def _charts(results: Results) -> dict[str, str]:
    found: dict[str, str] = {}
    rates = {series: median(results.rates(series)) for series in results.runs}
    if results.ceiling:
        rates["ceiling"] = median(results.ceiling)
    if rates:
        found["rates"] = charts.bars("Events a second", "more is better", rates)
    if product := results.runs.get("product single"):
        used = {
            each: median(run.cpu_per_1000.get(each, 0.0) for run in product)
            for each in product[0].cpu_per_1000
        }
        found["cpu"] = charts.bars("CPU by process, product single", "s for 1,000 events", used, digits=3)
    if results.latency:
        slow = {series: percentile(values, 99) * 1_000 for series, values in results.latency.items()}
        found["latency"] = charts.bars("Request to letter, p99", "ms, less is better", slow, digits=1)
    if results.growth:
        costs = {name: cost(run) for name, run in _growth_runs(results)}
        found["growth"] = charts.bars("CPU for 1,000 events", "s, as the tables grow", costs, digits=3)
    return found
