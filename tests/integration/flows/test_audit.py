"""Whoever changes the ledger behind the worker's back is found out: the audit names the row (R22)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import text

from operations.audit.chain import Anchors
from operations.audit.findings import Audit
from operations.audit.ledger import audit_view
from store import seals
from store.tables import unsealed
from store.transaction import Transaction
from tests.support import upstream
from tests.support.world import World
from writeoff.accounting.seals import BEGINNING, Seal

TODAY = date(2026, 11, 3)
WRITTEN_OFF = ("RW-1", "RW-2", "RW-3", "RW-4")

AT_2 = "WHERE opco = 'RW' AND position = 2"
JOURNAL = f"WHERE journal_id = (SELECT journal_id FROM seals {AT_2})"
MESSAGE = f"(SELECT message_id FROM seals {AT_2})"
LINES = "UPDATE journal_lines SET"
#: What somebody does to the database: the table that the audit names first, and what it says of the row.
TAMPERING: dict[str, tuple[Sequence[str], str, str]] = {
    "change an amount": (
        [f"{LINES} amount_minor = amount_minor + 1 {JOURNAL} AND line = 1"],
        "journal_lines",
        "its sources add up to 9450, the line is 9451",
    ),
    "delete a line": (
        [f"DELETE FROM journal_lines {JOURNAL} AND line = 1"],
        "journals",
        "its lines do not balance: debits 1050, credits 10500",
    ),
    "change an amount on both sides, with sources and totals": (
        [
            f"{LINES} amount_minor = 9451, sources = replace(sources, '9450', '9451') {JOURNAL} AND line = 1",
            f"{LINES} amount_minor = 10501, sources = replace(sources, '500', '501') {JOURNAL} AND line = 3",
            f"UPDATE journals SET total_debit_minor = 10501, total_credit_minor = 10501 {JOURNAL}",
        ],
        "journals",
        "total_debit_minor is 10501, posted was 10500",
    ),
    "change an account": (
        [f"{LINES} gl_account = '9999' {JOURNAL} AND line = 2"],
        "journal_lines",
        "gl_account is 9999, posted was 2210",
    ),
    "change where a line comes from": (
        [f"{LINES} sources = replace(sources, 'FT-', 'XX-') {JOURNAL} AND line = 2"],
        "journal_lines",
        "sources are",
    ),
    "change a date": (
        [f"UPDATE journals SET posting_date = '2026-01-01' {JOURNAL}"],
        "journals",
        "posting_date is 2026-01-01, posted was 2026-11-03",
    ),
    "delete a journal": ([f"DELETE FROM journals {JOURNAL}"], "journals", "the journal is gone"),
    "change a message": (
        [f"UPDATE messages_out SET body = replace(body, '10500', '10501') WHERE message_id = {MESSAGE}"],
        "messages_out",
        "its body is not what was sealed",
    ),
    "delete a seal": ([f"DELETE FROM seals {AT_2}"], "seals", "the seal is gone"),
    "swap two seals": (
        [
            f"UPDATE seals SET position = 20 {AT_2}",
            "UPDATE seals SET position = 2 WHERE opco = 'RW' AND position = 3",
            "UPDATE seals SET position = 3 WHERE opco = 'RW' AND position = 20",
        ],
        "seals",
        "it does not follow the seal before it",
    ),
    "slip a journal in": (
        [
            "CREATE TEMPORARY TABLE copied AS SELECT * FROM journals " + JOURNAL,
            "UPDATE copied SET journal_id = '00000000-0000-5000-8000-000000000001', leg = 'forged'",
            "INSERT INTO journals SELECT * FROM copied",
        ],
        "journals",
        "the journal has no seal and waits for none",
    ),
}


class Undone(Exception):
    """The tampering is taken back."""


@pytest.fixture
def ledger(world: World) -> World:
    """Four journals of Rwanda and one of Kenya, all sealed."""
    world.publish(*map(upstream.account, WRITTEN_OFF), upstream.account("KE-1", opco="KE"))
    world.run()
    requests = [upstream.request(f"WR-{account}", account) for account in WRITTEN_OFF]
    world.publish(*requests, upstream.request("WR-KE", "KE-1", opco="KE"))
    world.run_days(TODAY, 27, step=27)
    return world


def audited(tx: Transaction, anchors: Anchors | None = None) -> Audit:
    return audit_view(tx, None, anchors or {}, 50, lambda _journals, _lines: None)


def audit_after(
    world: World, statements: Sequence[str], anchors: Anchors | None = None, *, between: Sequence[str] = ()
) -> Audit:
    """Return what the audit says after the statements, and take them back."""
    found: list[Audit] = []
    with suppress(Undone), world.database.begin() as tx:
        for statement in (*between, *statements):
            tx.execute(text(statement))
        found.append(audited(tx, anchors))
        raise Undone
    return found[0]


def test_every_journal_is_sealed_once_and_nothing_is_wrong(ledger: World) -> None:
    found = audit_after(ledger, [])
    assert [(each.opco, each.position, each.waiting) for each in found.chains if each.position] == [
        ("KE", 1, 0),
        ("RW", 4, 0),
    ]
    assert found.journals == ledger.count("journals") == 5
    assert found.lines == ledger.count("journal_lines")
    assert found.findings == []


def test_what_was_changed_is_named_first(ledger: World) -> None:
    [row] = ledger.select(f"SELECT journal_id, message_id FROM seals {AT_2}")
    rows = {"seals": "position 2", "messages_out": str(row["message_id"])}
    for what, (statements, table, problem) in TAMPERING.items():
        first = audit_after(ledger, statements).findings[0]
        assert (first.table, first.opco) == (table, "RW"), what
        assert first.problem.startswith(problem), what
        if what != "slip a journal in":
            assert first.row.startswith(rows.get(table, str(row["journal_id"]))), what


def test_a_chain_that_was_computed_anew_shows_by_the_seal_kept_elsewhere(ledger: World) -> None:
    before = audit_after(ledger, [])
    kept = {each.opco: (each.position, each.seal) for each in before.chains if each.seal}
    assert audit_after(ledger, [], kept).findings == []
    found: list[Audit] = []
    with suppress(Undone), ledger.database.begin() as tx:
        gone = "FROM seals WHERE opco = 'RW' AND position = 4"
        for table, key in (
            ("outbox", "message_id"),
            ("messages_out", "message_id"),
            ("journal_lines", "journal_id"),
        ):
            tx.execute(text(f"DELETE FROM {table} WHERE {key} = (SELECT {key} {gone})"))
        tx.execute(text(f"DELETE FROM journals WHERE journal_id = (SELECT journal_id {gone})"))
        tx.execute(text(f"DELETE {gone}"))
        found += [audited(tx), audited(tx, kept), audited(tx, {"RW": (3, "00" * 32)})]
        raise Undone
    blind, anchored, other = (
        [each.problem for each in audit.findings if each.table == "seals"] for audit in found
    )
    assert blind == []
    assert anchored == ["the chain ends at 3: what came after it was taken away"]
    assert other == ["it is not the seal that was kept elsewhere"]


def test_a_seal_can_be_computed_by_hand(ledger: World) -> None:
    [first] = ledger.select("SELECT * FROM seals WHERE opco = 'RW' AND position = 1")
    link = Seal(
        opco="RW",
        position=1,
        journal_id=str(first["journal_id"]),
        digest=bytes(first["digest"]),
        previous=BEGINNING,
    )
    assert link.seal == bytes(first["seal"])


def test_a_journal_that_commits_late_is_sealed_behind_those_that_came_before(
    open_concurrent: Callable[[], World],
) -> None:
    world = open_concurrent()
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"))
    world.run()
    world.publish(upstream.request("WR-1", "RW-1"), upstream.request("WR-2", "RW-2"))
    world.run_days(TODAY, 27, step=27)
    rows = world.select("SELECT journal_id, opco, message_on FROM seals ORDER BY position")
    late, other = ([tuple(row.values())] for row in rows)
    with world.database.begin() as tx:
        tx.execute(text("DELETE FROM seals"))
    columns = ("journal_id", "opco", "message_on")
    with world.database.begin() as slow:
        slow.insert(unsealed, columns, late)
        with world.database.begin() as quick:
            quick.insert(unsealed, columns, other)
        assert seal(world) == 1
    assert seal(world) == 1
    order = world.select("SELECT journal_id FROM seals ORDER BY position")
    assert [str(row["journal_id"]) for row in order] == [str(other[0][0]), str(late[0][0])]
    assert audit_after(world, []).findings == []


def seal(world: World) -> int:
    world.age(60.0)
    with world.database.begin() as tx:
        return seals.append(tx, "00000000-0000-4000-8000-000000000003", "test", 100)[0]


def test_who_has_not_the_lease_seals_nothing(embedded: World) -> None:
    embedded.publish(upstream.account("RW-1", owed=40))
    embedded.run()
    embedded.publish(upstream.request("WR-1", "RW-1"))
    embedded.take()
    assert embedded.count("unsealed") == 1
    with embedded.database.begin() as tx:
        assert seals.append(tx, "00000000-0000-4000-8000-000000000001", "one", 100)[0] == 1
    embedded.publish(upstream.account("RW-2", owed=40))
    embedded.publish(upstream.request("WR-2", "RW-2"))
    embedded.take()
    with embedded.database.begin() as tx:
        assert seals.append(tx, "00000000-0000-4000-8000-000000000002", "other", 100) == (0, {})
    assert seal(embedded) == 1
