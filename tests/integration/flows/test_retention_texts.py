"""Dead letters that are done with and acknowledgements lose their texts after years; their rows stay."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from operations.cli.app import execute
from operations.views.reconciliation import reconciliation_view
from store.cleaning import retention
from store.traffic.dead_letters import kept
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_dead_letters import broken, bury
from tests.integration.flows.test_replies import acknowledged
from tests.support import upstream
from tests.support.world import World

LONG_AGO = 500
MOMENTS = (
    ("dead_letters", "last_seen"),
    ("dead_letters", "acted_at"),
    ("acknowledgements", "acknowledged_at"),
)


def age(world: World) -> None:
    """Let letters have come, been handled and been acknowledged long before."""
    with world.database.begin() as tx:
        for table, column in MOMENTS:
            day = f"date(substr({column}, 1, 10), '-{LONG_AGO} days') || substr({column}, 11)"
            earlier = f"{column} - interval '{LONG_AGO} days'" if tx.postgresql else day
            tx.execute(text(f"UPDATE {table} SET {column} = {earlier}"))


def cleaned(world: World, limit: int = 2) -> dict[str, int]:
    gone: dict[str, int] = {}
    while True:
        with world.database.begin() as tx:
            each = retention.step(tx, 400, limit)
        if each is None:
            return gone
        gone[each.what] = gone.get(each.what, 0) + each.rows


def unequal(world: World) -> list[str]:
    with world.database.read() as tx:
        return [each.name for each in reconciliation_view(tx, None, None, 10).equations if not each.holds]


@pytest.fixture
def run_here(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", world.database.url.render_as_string(hide_password=False))
    return world


def test_letters_that_are_done_with_lose_their_bytes_and_are_known_when_they_come_again(
    run_here: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world = run_here
    dead = [broken(f"RW-{number}") for number in range(5)]
    ids = bury(world, *dead)
    before = world.select("SELECT dead_letter_id, sha256, size, count, reason FROM dead_letters ORDER BY 1")
    discarded = ids[:4]
    assert execute(["dead-letter", "discard", *discarded, "--because", "a test", "--as", "grace"]) == 0
    assert cleaned(world) == {}
    age(world)
    # This one came again since: somebody may look.
    world.send("writeoff.account-updated", bytes(row_of(world, ids[3])["body"]))
    world.run()
    assert cleaned(world) == {"dead_letters": 3}
    assert cleaned(world) == {}
    assert world.count("dead_letters", "length(body) > 0") == 2
    after = world.select("SELECT dead_letter_id, sha256, size, count, reason FROM dead_letters ORDER BY 1")
    same = [{**row, "count": 1} for row in after]
    assert same == before
    assert unequal(world) == []

    capfd.readouterr()
    assert execute(["dead-letter", "show", ids[0]]) == 0
    assert "no longer kept" in capfd.readouterr().out
    assert execute(["dead-letter", "retry", ids[0]]) == 1
    assert "no-longer-kept" in capfd.readouterr().err

    digest = row_of(world, ids[0])["sha256"]
    again = next(each for each in dead if hashlib.sha256(json.dumps(each).encode()).hexdigest() == digest)
    world.send("writeoff.account-updated", json.dumps(again).encode())
    world.run()
    with world.database.read() as tx:
        found = kept(tx, [ids[0]])[ids[0]]
    assert (found.gone, found.letter.since, found.received.body) == (False, 1, json.dumps(again).encode())


def row_of(world: World, dead_letter_id: str) -> dict[str, Any]:
    [row] = world.select(f"SELECT sha256, body FROM dead_letters WHERE dead_letter_id = '{dead_letter_id}'")
    return row


def test_what_was_accepted_loses_its_texts_and_a_rejection_keeps_them(open_world: OpenWorld) -> None:
    world = open_world()
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    told = world.read()
    [journal], letters = told["gl"], told["letter"]
    world.publish(
        acknowledged(journal["id"], "gl", "accepted", reference="JV-1"),
        acknowledged(letters[0]["id"], "letter", "rejected", reason="no address"),
    )
    world.run()
    before = unequal(world)
    age(world)
    assert cleaned(world) == {"acknowledgements": 1}
    rows = world.select("SELECT status, reference, reason FROM acknowledgements ORDER BY status")
    assert rows == [
        {"status": "accepted", "reference": None, "reason": None},
        {"status": "rejected", "reference": None, "reason": "no address"},
    ]
    assert unequal(world) == before
