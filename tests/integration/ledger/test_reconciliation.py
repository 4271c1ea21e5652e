"""Every equation of R29 holds after a whole life, and whatever breaks one is named."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import text

from operations.audit.ledger import audit_view
from operations.views.reconciliation import Reconciliation, reconciliation_view
from store import tables
from store.queries.reconciliation import Expected, acknowledgements, totals
from store.queries.reconciliation.equation import off_balance
from tests.integration.ledger.conftest import changing
from tests.support.world import World


def reconciled(
    world: World, statements: Sequence[str] = (), period: str | None = None, opco: str | None = None
) -> Reconciliation:
    """Reconcile after the statements, and take them back."""
    with changing(world) as tx:
        for statement in statements:
            tx.execute(text(statement))
        found = [reconciliation_view(tx, opco, period, 50)]
    return found[0]


def failing(view: Reconciliation) -> dict[str, list[str]]:
    return {
        each.name: [row.id for group in each.groups for row in group.differences]
        for each in view.equations
        if not each.holds
    }


def test_every_equation_holds_after_recoveries_and_a_reversal(books: World) -> None:
    view = reconciled(books)
    assert failing(view) == {}
    conserved = {
        (each.opco, each.part): each.figures
        for equation in view.equations
        if equation.name == "conservation"
        for each in equation.groups
    }
    assert conserved["RW", "6150"] == {
        "written off": "28350",  # three times 10,500, of which 1,050 each were tax
        "held": "18000",  # all of one, and of another less nine tenths of 1,000
        "recovered": "3330",  # nine tenths of 2,000, 700 and 1,000
        "reversed": "7020",
    }
    assert set(conserved) >= {("RW", "6150"), ("RW", "2210")}
    assert {opco for opco, _ in conserved} == {"KE", "RW"}
    received = next(each for each in view.equations if each.name == "received")
    # Other tests order things by command, which is received too, for whichever opco.
    came = {row["opco"] for row in books.select("SELECT DISTINCT opco FROM inbox")}
    assert came >= {"KE", "RW"}
    assert {group.opco for group in received.groups} == {"-", *came}


def test_a_period_and_an_opco_narrow_it(books: World) -> None:
    assert failing(reconciled(books, period="2026-11")) == {}
    [posted] = {
        str(row["day"])[:7]
        for row in books.select("SELECT min(posting_date) AS day FROM journals WHERE kind = 'write-off'")
    }
    view = reconciled(books, period=posted, opco="KE")
    assert failing(view) == {}
    assert {group.opco for each in view.equations for group in each.groups} == {"KE"}
    nothing = reconciled(books, period="2020-01")
    assert nothing.holds
    assert not [group for each in nothing.equations for group in each.groups]


PROCESS = "(SELECT process_id FROM processes WHERE account_id = 'RW-2')"
JOURNAL = f"(SELECT journal_id FROM journals WHERE kind = 'write-off' AND process_id = {PROCESS})"
RECOVERY = f"(SELECT journal_id FROM journals WHERE kind = 'recovery' AND process_id = {PROCESS})"
BROKEN = {
    "a line": (
        f"UPDATE journal_lines SET amount_minor = amount_minor + 7 WHERE line = 1 AND journal_id = {JOURNAL}",
        {"balance", "conservation", "holdings"},
    ),
    "a bucket": (
        f"UPDATE buckets SET held_minor = 0 WHERE gl_account = '6150' AND process_id = {PROCESS}",
        {"conservation", "holdings"},
    ),
    "a movement": (
        f"DELETE FROM bucket_movements WHERE journal_id = {RECOVERY}",
        {"conservation", "movements"},
    ),
    "a recovery": (
        f"UPDATE journal_lines SET sa_id = NULL WHERE side = 'credit' AND journal_id = {RECOVERY}",
        {"holdings", "movements"},
    ),
    "a body that came": (
        "DELETE FROM inbox_body WHERE id = (SELECT min(id) FROM inbox WHERE account_id = 'RW-1')",
        {"received"},
    ),
    "a message that went": (
        f"DELETE FROM messages_out WHERE type = 'writeoff.journal-posted.v1' AND process_id = {PROCESS}",
        {"caused"},
    ),
    "an effect": (f"DELETE FROM todos WHERE process_id = {PROCESS}", {"caused"}),
}


def test_what_breaks_an_equation_is_named(books: World) -> None:
    [process] = books.select(f"SELECT process_id FROM processes WHERE process_id = {PROCESS}")
    for what, (statement, equations) in BROKEN.items():
        found = failing(reconciled(books, [statement]))
        assert set(found) == equations, what
        assert all(found.values()), what
        for name in {"conservation", "caused"} & equations:
            assert set(found[name]) == {str(process["process_id"])}, what


def test_two_errors_that_cancel_out_in_a_sum_are_found_all_the_same(books: World) -> None:
    other = "(SELECT process_id FROM processes WHERE account_id = 'RW-3')"
    where = "WHERE gl_account = '6150' AND process_id ="
    swapped = [
        f"UPDATE buckets SET held_minor = held_minor - 7 {where} {PROCESS}",
        f"UPDATE buckets SET written_off_minor = 9457, held_minor = held_minor + 7 {where} {other}",
    ]
    view = reconciled(books, swapped)
    [group] = [
        group
        for each in view.equations
        if each.name == "conservation"
        for group in each.groups
        if group.differences
    ]
    assert (group.difference, group.wrong) == ("0", 2)


def test_the_audit_tells_of_conservation_too(books: World) -> None:
    with changing(books) as tx:
        assert audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings == []
        tx.execute(text(BROKEN["a bucket"][0]))
        found = audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings
        assert {each.table for each in found} == {"processes", "write_off_agreements"}


def test_what_a_consumer_owes_an_answer_to_is_a_difference_once_it_is_due(books: World) -> None:
    letters = books.select("SELECT message_id FROM messages_out WHERE destination = 'letter' AND opco = 'RW'")
    late, asked = datetime(2100, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)
    accepted, rejected, *silent = [str(row["message_id"]) for row in letters if row]
    with changing(books) as tx:
        columns = (
            "message_id",
            "opco",
            "consumer",
            "status",
            "acknowledged_at",
            "source",
            "acknowledgement_id",
        )
        said = [
            (message_id, "RW", "letter", status, asked, "/letters", "x")
            for message_id, status in ((accepted, "accepted"), (rejected, "rejected"))
        ]
        tx.insert(tables.acknowledgements, columns, said)
        none = acknowledgements(tx, [], "RW", None)
        [total] = totals(tx, none)
        assert [each.row for each in off_balance(tx, none, total, 10)[1]] == [rejected]
        patient = Expected(opco="RW", consumer="letter", since=None, due_before=asked)
        [total] = totals(tx, acknowledgements(tx, [patient], "RW", None))
        assert total.figures["not yet due"] == total.figures["published"] - 2
        impatient = acknowledgements(
            tx, [Expected(opco="RW", consumer="letter", since=None, due_before=late)], "RW", None
        )
        [total] = totals(tx, impatient)
        assert total.difference == total.figures["published"] - 1
        assert accepted not in {each.row for each in off_balance(tx, impatient, total, 10)[1]}
        assert silent
