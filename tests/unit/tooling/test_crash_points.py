"""Crash points: the registry and the calls in the source agree, and nothing turns them on by itself."""

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from store.crash_points import POINTS, reached, watch
from tests.unit.tooling.test_tidy import PACKAGES, parse, product

#: What an installation runs: `proving` kills, and takes safeguards away, in processes of its own.
RUNNING = tuple(package for package in PACKAGES if package != "proving")


def calls_of(function: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of a function of `store.crash_points` in the product, with its file."""
    for path in product(RUNNING):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == function:
                yield path, node


def test_every_point_is_reached_somewhere_and_no_other() -> None:
    found = Counter(
        argument.value
        for _, call in calls_of("reached")
        for argument in call.args
        if isinstance(argument, ast.Constant)
    )
    assert set(found) == set(POINTS)
    # Where several places have one name, they are one point: what is published, nudged, or sent again.
    assert {name: count for name, count in found.items() if count > 1} == {
        "relay.sent": 2,
        "signals.nudged": 2,
    }


def test_nothing_in_the_product_watches() -> None:
    watchers = [
        path
        for path, call in calls_of("watch")
        if ast.unparse(call.func) == "crash_points.watch" and not path.startswith("proving/")
    ]
    assert watchers == []
    importing = [
        path
        for path in product(RUNNING)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "store.crash_points"
        and any(name.name != "reached" for name in node.names)
    ]
    assert importing == []


def test_only_who_watches_is_told() -> None:
    told: list[str] = []
    reached("relay.sent")
    watch(told.append)
    try:
        reached("intake.taken")
    finally:
        watch(None)
    reached("relay.sent")
    assert told == ["intake.taken"]


@pytest.mark.parametrize("name", sorted(POINTS))
def test_a_point_says_what_has_happened_and_what_has_not(name: str) -> None:
    moment = POINTS[name].moment
    assert moment == moment.strip()
    assert ";" in moment or "," in moment
