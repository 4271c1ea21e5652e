"""Delivered twice, late, never or in another order: the same is done and the same is said (R12)."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proving.servers.valkey import Valkey
from tests.integration.flows.conftest import OpenWorld, opening
from tests.support import portfolio
from tests.support.outcome import kinds, rows, said
from tests.support.portfolio import Arrival
from tests.support.upstream import Event
from tests.support.world import Delivery, World


def once(messages: list[Event]) -> list[Event]:
    return messages


def twice(messages: list[Event]) -> list[Event]:
    return [message for message in messages for _ in range(2)]


def shuffled(messages: list[Event]) -> list[Event]:
    return random.Random(len(messages)).sample(messages, len(messages))  # noqa: S311 - any order will do


def twice_and_shuffled(messages: list[Event]) -> list[Event]:
    return shuffled(twice(messages))


@pytest.fixture(scope="session")
def reference(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, valkey: Valkey
) -> Iterator[dict[str, Any]]:
    """What the portfolio comes to when everything is delivered once, in order."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copy(migrated_file, folder / "writeoff.sqlite")
    name = f"reference_{os.getpid()}"
    opened = opening(f"sqlite:///{folder / 'writeoff.sqlite'}", valkey.create_database(name))
    world = next(opened)(policy_dir=portfolio.policy_folder(folder / "policies"))
    portfolio.run(world)
    messages = world.read()
    yield {"said": said(messages), "rows": rows(world), "kinds": kinds(messages)}
    next(opened, None)
    valkey.drop_database(name)


def assert_same(world: World, reference: dict[str, Any]) -> None:
    messages = world.read()
    found = said(messages)
    assert found.keys() == reference["said"].keys()
    for destination, expected in reference["said"].items():
        assert found[destination] == expected, destination
    for table, expected_rows in reference["rows"].items():
        assert rows(world)[table] == expected_rows, table
    assert world.depths() == {}
    assert world.count("outbox") == world.count("dead_letters") == world.count("running") == 0


def test_the_portfolio_meets_everything(reference: dict[str, Any]) -> None:
    """Otherwise the comparisons below would compare less than they promise."""
    found = reference["rows"]
    templates = {row[4] for row in found["processes"]}
    assert templates == {"residential", "commercial", "agency-first", "immediate", "opt-out"}
    assert {row[5] for row in found["processes"]} == {"completed", "paid"}
    posted = {row[2] for row in found["journals"]}
    assert posted == {"write-off", "repossession", "write-down", "recovery", "reversal"}
    assert {row[2] for row in found["events"]} == {
        "affect-credit-rating",
        "cancel-agency-referral",
        "generic",
        "refer-to-agency",
        "send-letter",
        "send-to-do",
        "write-off-distribution-code",
        "write-off-sa-type",
    }
    assert {row[5] for row in found["inbox"]} == {"done", "refused"}
    assert {row[7] for row in found["inbox"]} == {"None", "not-written-off"}
    assert len(found["reversals"]) == 9
    refusals = {row[5] for row in found["request_items"]}
    assert refusals >= {
        "None",
        "account-not-found",
        "already-terminated",
        "closed-as-small",
        "duplicate-in-request",
    }
    assert set(found["timers"]) == set()
    told = {kind for some in reference["kinds"].values() for kind in some}
    assert told == {
        "account-restored",
        "account-written-off",
        "demerit-ended",
        "demerit-recorded",
        "journal-posted",
        "letter-correction-requested",
        "letter-requested",
        "process-ended",
        "process-started",
        "referral-cancelled",
        "referral-changed",
        "referral-paid",
        "referral-placed",
        "request-answered",
        "todo-closed",
        "todo-created",
    }


@pytest.mark.parametrize(
    ("arrival", "delivery"),
    [(twice, "once"), (once, "twice"), (once, "never"), (shuffled, "once"), (twice_and_shuffled, "never")],
    ids=["inputs twice", "nudges twice", "nudges never", "inputs shuffled", "all of it"],
)
def test_however_it_is_delivered_the_outcome_is_the_same(
    open_embedded: OpenWorld,
    reference: dict[str, Any],
    tmp_path: Path,
    arrival: Arrival,
    delivery: Delivery,
) -> None:
    world = open_embedded(delivery=delivery, policy_dir=portfolio.policy_folder(tmp_path / "policies"))
    assert_same(portfolio.run(world, arrival), reference)


@pytest.mark.parametrize(
    ("arrival", "delivery"),
    [(once, "once"), (twice_and_shuffled, "twice"), (shuffled, "never")],
    ids=["once", "twice and shuffled", "shuffled without nudges"],
)
def test_on_the_servers_of_production_it_is_the_same_too(
    open_production: OpenWorld,
    reference: dict[str, Any],
    tmp_path: Path,
    arrival: Arrival,
    delivery: Delivery,
) -> None:
    world = open_production(delivery=delivery, policy_dir=portfolio.policy_folder(tmp_path / "policies"))
    assert_same(portfolio.run(world, arrival), reference)
