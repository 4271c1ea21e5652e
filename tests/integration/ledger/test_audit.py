"""Whoever changes the ledger behind the worker's back is found out: the audit names the row (R22)."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from operations.audit.chain import Anchors
from operations.audit.findings import Audit
from operations.audit.ledger import audit_view
from store.engine.transaction import Transaction
from tests.integration.ledger.conftest import changing
from tests.support.world import World
from writeoff.accounting.seals import BEGINNING, Seal

#: The write-off of RW-3, which nothing came after.
JOURNAL = "WHERE journal_id = (SELECT journal_id FROM journals WHERE account_id = 'RW-3')"
MESSAGE = f"(SELECT message_id FROM seals {JOURNAL})"
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
    "delete a seal": ([f"DELETE FROM seals {JOURNAL}"], "seals", "the seal is gone"),
    "swap two seals": (
        [
            f"UPDATE seals SET position = 1000 {JOURNAL}",
            "UPDATE seals SET position = {p} WHERE opco = 'RW' AND position = {p} + 1",
            f"UPDATE seals SET position = {{p}} + 1 {JOURNAL}",
        ],
        "seals",
        "it does not follow the seal before it",
    ),
    "put another journal under a seal": (
        [
            "CREATE TEMPORARY TABLE kept AS SELECT journal_id, message_id, digest FROM seals WHERE {q}",
            "DELETE FROM seals WHERE {q}",
            f"UPDATE seals SET (journal_id, message_id, digest) = (SELECT * FROM kept) {JOURNAL}",
        ],
        "seals",
        "it is not the seal of what stands beside it",
    ),
    "slip a journal in": (
        [
            f"CREATE TEMPORARY TABLE copied AS SELECT * FROM journals {JOURNAL}",
            "UPDATE copied SET journal_id = '00000000-0000-5000-8000-000000000001', leg = 'forged'",
            "INSERT INTO journals SELECT * FROM copied",
        ],
        "journals",
        "the journal has no seal and waits for none",
    ),
}


def audited(tx: Transaction, anchors: Anchors | None = None, opco: str | None = None) -> Audit:
    return audit_view(tx, opco, anchors or {}, 50, lambda _journals, _lines: None)


def read(world: World, anchors: Anchors | None = None, opco: str | None = None) -> Audit:
    with world.database.read() as tx:
        return audited(tx, anchors, opco)


def test_every_journal_is_sealed_once_and_nothing_is_wrong(books: World) -> None:
    found = read(books)
    assert {each.opco: (each.position, each.waiting) for each in found.chains if each.position} == {
        opco: (books.count("journals", f"opco = '{opco}'"), 0) for opco in ("KE", "RW")
    }
    assert found.journals == books.count("journals")
    assert found.lines == books.count("journal_lines")
    assert found.findings == []
    assert {each.opco for each in read(books, opco="KE").chains} == {"KE"}


@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_changed_is_named_first(books: World, what: str) -> None:
    statements, table, problem = TAMPERING[what]
    [row] = books.select(f"SELECT journal_id, message_id, position FROM seals {JOURNAL}")
    following = f"opco = 'RW' AND position = {row['position']} + 1"
    with changing(books) as tx:
        for statement in statements:
            tx.execute(text(statement.format(p=row["position"], q=following)))
        first = audited(tx).findings[0]
    assert (first.table, first.opco) == (table, "RW")
    assert first.problem.startswith(problem)
    if table == "seals":
        assert first.row == f"position {row['position']}"
    elif what != "slip a journal in":
        assert first.row.startswith(str(row["message_id" if table == "messages_out" else "journal_id"]))


def test_a_tail_that_was_cut_off_shows_by_the_seal_kept_elsewhere(books: World) -> None:
    kept = {each.opco: (each.position, each.seal) for each in read(books).chains if each.seal}
    assert read(books, kept).findings == []
    last = kept["RW"][0]
    with changing(books) as tx:
        gone = f"FROM seals WHERE opco = 'RW' AND position = {last}"
        for table in ("messages_out", "journal_lines", "journals"):
            key = "message_id" if table == "messages_out" else "journal_id"
            tx.execute(text(f"DELETE FROM {table} WHERE {key} = (SELECT {key} {gone})"))
        tx.execute(text(f"DELETE {gone}"))
        audits = [audited(tx), audited(tx, kept), audited(tx, {"RW": (last - 1, "00" * 32)})]
    blind, anchored, other = (
        [each.problem for each in audit.findings if each.table == "seals"] for audit in audits
    )
    assert blind == []
    assert anchored == [f"the chain ends at {last - 1}: what came after it was taken away"]
    assert other == ["it is not the seal that was kept elsewhere"]


def test_a_seal_can_be_computed_by_hand(books: World) -> None:
    [first] = books.select("SELECT * FROM seals WHERE opco = 'RW' AND position = 1")
    link = Seal(
        opco="RW",
        position=1,
        journal_id=str(first["journal_id"]),
        digest=bytes(first["digest"]),
        previous=BEGINNING,
    )
    assert link.seal == bytes(first["seal"])
