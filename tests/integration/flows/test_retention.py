"""Old bytes go, month by month, set by set; identities, digests, equations, seals and the audit stay."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from operations.audit.ledger import audit_view
from operations.cli.app import execute
from operations.explain.telling import tell
from operations.views.reconciliation import reconciliation_view
from store.cleaning import retention
from store.cleaning.retention import Cleaned
from tests.support import upstream
from tests.support.ageing import age
from tests.support.world import World

#: More than 400 days and a month.
LONG_AGO = 500
REQUEST = upstream.request("WR-1", "RW-1")


def told(world: World) -> None:
    """Let an account be written off, and another be paid a part."""
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"), REQUEST)
    world.publish(upstream.request("WR-2", "RW-2"))
    world.run_days(date(2026, 11, 3), 70, step=35)
    assert world.count("journals") == 2


def sets(world: World, limit: int, keep_days: int = 400) -> Iterator[Cleaned]:
    while True:
        with world.database.begin() as tx:
            cleaned = retention.step(tx, keep_days, limit)
        if cleaned is None:
            return
        yield cleaned


def assert_books_hold(world: World) -> None:
    with world.database.read() as tx:
        view = reconciliation_view(tx, None, None, 10)
        audit = audit_view(tx, None, {}, 10, lambda _journals, _lines: None)
    assert [each.name for each in view.equations if not each.holds] == []
    assert audit.findings == []
    assert audit.journals == 2


def test_bytes_go_and_the_books_hold_after_every_set(world: World) -> None:
    told(world)
    with world.database.begin() as tx:
        age(tx, LONG_AGO)
    assert_books_hold(world)
    before = world.select("SELECT message_id, digest, destination FROM messages_out ORDER BY message_id")
    came, went = world.count("inbox_body"), world.count("messages_out", "destination <> 'gl'")
    letter = world.select("SELECT contact_id FROM contacts WHERE letter")[0]["contact_id"]
    journal = world.select("SELECT journal_id FROM journals ORDER BY journal_id")[0]["journal_id"]

    cleaned: list[Cleaned] = []
    for each in sets(world, 6):
        if each.what == "inbox" and not any(known.what == "inbox" for known in cleaned):
            break  # identities go last
        cleaned.append(each)
        if len(cleaned) % 3 == 0:
            assert_books_hold(world)
    assert_books_hold(world)
    gone = {
        what: sum(each.rows for each in cleaned if each.what == what)
        for what in ("inbox_body", "messages_out")
    }
    assert gone == {"inbox_body": came, "messages_out": went}
    assert (
        world.count("inbox_body")
        == world.count("messages_out", "destination <> 'gl' AND body IS NOT NULL")
        == 0
    )
    assert world.count("messages_out", "destination = 'gl' AND body IS NOT NULL") == 2
    assert (
        world.select("SELECT message_id, digest, destination FROM messages_out ORDER BY message_id") == before
    )
    with world.database.read() as tx:
        story, sent = tell(tx, journal), tell(tx, str(letter))
        message = tell(tx, str(before[0]["message_id"]))
    assert story is not None
    assert story.recomputed is not None
    assert story.recomputed.same
    assert sent is not None
    assert any(each.text_gone for each in sent.caused)
    assert message is not None
    assert "no longer kept" in str(message.fields["text"]) or before[0]["destination"] == "gl"

    list(sets(world, 6))
    assert world.count("inbox") == 0
    assert_books_hold(world)
    world.settle()  # nothing is due because of it


def test_what_is_gone_is_said_to_be_gone(embedded: World) -> None:
    told(embedded)
    with embedded.database.begin() as tx:
        age(tx, LONG_AGO)
        assert retention.step(tx, 400, 1_000) is not None
    journal = embedded.select("SELECT journal_id FROM journals ORDER BY journal_id")[0]["journal_id"]
    with embedded.database.read() as tx:
        story = tell(tx, journal)
    assert story is not None
    assert [(each.gone, each.intact, each.size) for each in story.back.inbound] == [(True, None, None)]
    assert len(story.back.inbound[0].sha256) == 64


def test_what_comes_again_is_still_known(world: World) -> None:
    told(world)
    with world.database.begin() as tx:
        age(tx, LONG_AGO)
        retention.step(tx, 400, 1_000)
    assert world.count("inbox_body") == 0
    messages = world.count("messages_out")
    world.publish(REQUEST)
    world.run()
    assert (world.count("messages_out"), world.count("dead_letters")) == (messages, 0)

    list(sets(world, 1_000))
    assert world.count("inbox") == 0
    world.publish(REQUEST, upstream.changed(REQUEST, reason="another"))
    world.run()
    assert {row["reason"] for row in world.select("SELECT reason FROM dead_letters")} == {
        "conflicting-duplicate"
    }
    assert world.count("processes") == 2


def test_what_is_younger_or_not_done_with_stays(world: World) -> None:
    told(world)
    with world.database.begin() as tx:
        assert retention.step(tx, 400, 1_000) is None
        age(tx, LONG_AGO)
        assert retention.step(tx, 600, 1_000) is None
        tx.execute(text("UPDATE inbox SET state = 'waiting' WHERE id = (SELECT min(id) FROM inbox)"))
        tx.execute(
            text(
                "INSERT INTO outbox (destination, message_id, created_on) "
                "SELECT destination, message_id, created_on FROM messages_out WHERE destination = 'letter'"
            )
        )
        assert retention.step(tx, 400, 1_000) is None
    assert world.count("messages_out", "body IS NULL") == 0


def test_a_set_that_is_interrupted_leaves_nothing_half_done(world: World) -> None:
    told(world)
    with world.database.begin() as tx:
        age(tx, LONG_AGO)
    for number in range(100):
        cleaned = None
        with suppress(InterruptedError), world.database.begin() as tx:
            cleaned = retention.step(tx, 400, 9)
            if cleaned is not None and number % 2:
                raise InterruptedError
        if cleaned is None:
            break
    assert (
        world.count("messages_out", "destination <> 'gl' AND body IS NOT NULL") == world.count("inbox") == 0
    )
    assert_books_hold(world)
    if world.database.dialect == "postgresql":
        tables = world.select("SELECT relname FROM pg_class WHERE relkind = 'r'")
        assert [each["relname"] for each in tables if each["relname"].endswith("_thin")] == []


def test_the_scheduler_cleans_up_by_itself(embedded: World) -> None:
    told(embedded)
    with embedded.database.begin() as tx:
        age(tx, 3_700)
    embedded.clock += 10_000
    embedded.settle()
    assert embedded.count("inbox") == embedded.count("inbox_body") == 0
    assert embedded.count("retired", "finished_at IS NOT NULL") >= 2
    assert_books_hold(embedded)


def test_the_command_says_what_would_go_and_what_is_gone(
    embedded: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(embedded)
    with embedded.database.begin() as tx:
        age(tx, LONG_AGO)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", embedded.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WRITEOFF_KEEP_DAYS", "400")
    capsys.readouterr()
    assert execute(["maintain", "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert {each["table"] for each in planned["cleaned"]} == {"inbox_body", "messages_out", "inbox"}
    assert embedded.count("retired") == 0
    assert execute(["maintain", "--json", "--as", "grace"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["cleaned"] == planned["cleaned"]
    assert embedded.count("inbox", "source = '/operations/grace'") == 3
    assert execute(["maintain"]) == 0
    assert "0 rows are gone" in capsys.readouterr().out
    monkeypatch.setenv("WRITEOFF_KEEP_DAYS", "30")
    assert execute(["maintain"]) == 2
