"""docs/crash-points.md: the table of points and of what became of the lives that were cut short there."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from store.crash_points import POINTS
from tests.crash_points.combinations import COMBINATIONS, PAIRS_ON

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "crash-points.md"

TITLES = {
    "sqlite-redis": "SQLite, Redis",
    "sqlite-rabbitmq": "SQLite, RabbitMQ",
    "postgresql-redis": "PostgreSQL, Redis",
    "postgresql-rabbitmq": "PostgreSQL, RabbitMQ",
}
#: Between the pop and the journal: what Redis itself may lose when its machine loses power.
MAY_LOSE = ("intake.taken", "intake.marked", "intake.journaled", "intake.decided")

HEAD = """\
# Crash points

Made by `make crash-points`; do not edit. Each step between two durable acts of a process has a name in
`store/crash_points.py`. Nothing turns these points on in an installation: only code of a test or a proof
that watches them, and a point that nobody watches costs 50 ns, a few times a set.

## What is done

One life of an installation goes through everything: snapshots before and after what refers to them,
requests of all dispositions, a bulk request that holds to its plan, all eight kinds of events over 61
days, a payment, its bounce, a reversal, an agency's recall and reply, operators' commands, dead letters,
a replay, and the cleaning up of what is ten years old. The process that lives it is killed (SIGKILL, by
itself) where the table says; another process starts with nothing but database and broker, after leases
have run out, and lives on. One life takes many kills, each in a step of its own: a step ends with nothing
left to do.

In the end every row that means something and every message that any consumer got must be what they are
after a life without a kill: same ids, same contents. Messages may come twice, as everywhere. Some points
lie behind a failure: there the code is made to break, or killed again and again, first; lives with that
failure are compared with each other.

A number says how often a process was killed there; every such life came to the same. A point that is not
reached on servers that have it fails the sweep.

"""

MAY_LOSE_TEXT = """\

\\* **May lose on Redis.** Between the moment when a message leaves its list and the commit that journals
it, Redis alone has it. Taking it writes it to a record beside the list in the same step, so that a killed
intake loses nothing: it comes again after 30 s, and nothing was lost in this sweep. A Redis that runs with
`appendfsync everysec` answers before it writes: killed itself it may lose two seconds, in this window as
before it; with `always`, as the embedded one runs, nothing. On RabbitMQ a message stays in a quorum queue
until it is acknowledged.

"""

TAIL = """\

## What this does not show

Kills at other places than these, such as in the middle of a statement: the databases' own promise, tried
with kills at any moment in `tests/acceptance/test_crashes.py`. Several processes at once, slow networks,
lost servers: `writeoff prove` tries those. `make test` sweeps every point, each in one step of the life,
on SQLite with Redis and on one combination that chance chooses.
"""


def write(findings: Path) -> list[str]:
    """Write the page from what the sweeps found; or return what is wrong, as sentences, and write nothing."""
    found = {name: _read(findings, name) for name in COMBINATIONS}
    pairs = _read(findings, "pairs")
    wrong = [f"pairs: {difference}" for difference in pairs["differences"]] + problems(found)
    if not wrong:
        PAGE.write_text(render(found, pairs))
    return wrong


def render(found: Mapping[str, Mapping[str, Any]], pairs: Mapping[str, Any]) -> str:
    """Return the page."""
    titles = [TITLES[name] for name in COMBINATIONS]
    lines = [
        "## Points",
        "",
        f"| Point | Killed there, this is so | {' | '.join(titles)} |",
        "|---|---|" + "---:|" * len(titles),
    ]
    for name, point in POINTS.items():
        cells = " | ".join(_cell(name, combination, found[combination]) for combination in COMBINATIONS)
        lines.append(f"| `{name}` | {point.moment} | {cells} |")
    totals = " | ".join(str(sum(found[name]["kills"].values())) for name in COMBINATIONS)
    lines.append(f"| | all, and on the way to the points of recovery | {totals} |")
    return HEAD + "\n".join(lines) + "\n" + MAY_LOSE_TEXT.rstrip("\n") + "\n" + _pairs(pairs) + TAIL


def _pairs(found: Mapping[str, Any]) -> str:
    if not found["pairs"]:
        return ""
    swept = "all" if found["parts"] == found["of"] else f"{found['parts']} of {found['of']} parts"
    return (
        f"\n## Pairs\n\nOn {TITLES[PAIRS_ON]}, {found['pairs']:,} pairs ({swept}): killed at a point, in\n"
        "the first step that passes it, and the process that was started then, killed again at each point\n"
        "that it reached in the same step. Every life came to the same.\n"
    )


def problems(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with findings: other outcomes, points that were never reached."""
    sentences = [
        f"{name}: {difference}" for name, each in found.items() for difference in each["differences"]
    ]
    for name in COMBINATIONS:
        here = {"everywhere", *name.split("-")}
        never = [
            point for point, of in POINTS.items() if of.where in here and point not in found[name]["kills"]
        ]
        sentences += [f"{name}: {point} was never reached" for point in never]
    return sentences


def _cell(point: str, combination: str, findings: Mapping[str, Any]) -> str:
    if POINTS[point].where not in {"everywhere", *combination.split("-")}:
        return "-"
    star = r" \*" if point in MAY_LOSE and combination.endswith("redis") else ""
    return f"{findings['kills'].get(point, 0)}{star}"


def _read(folder: Path, name: str) -> dict[str, Any]:
    """Return what all parts of a sweep have found."""
    paths = sorted(folder.glob(f"{name}-*-of-*.json"))
    parts = [json.loads(path.read_text()) for path in paths]
    of = {path.stem.rpartition("-")[2] for path in paths}
    if len(of) > 1:
        raise SystemExit(f"{name} is swept in parts of different sizes: remove the others from {folder}")
    whole = of == {str(len(paths))}
    if not whole and name in COMBINATIONS:
        raise SystemExit(f"{name} is not swept: run `make crash-points`")
    kills: Counter[str] = Counter()
    for part in parts:
        kills.update(part["kills"])
    return {
        "kills": kills,
        "pairs": sum(part["pairs"] for part in parts),
        "parts": len(parts),
        "of": int(next(iter(of), "0")),
        "differences": [difference for part in parts for difference in part["differences"]],
    }
