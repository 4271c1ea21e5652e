"""From any id back to the bytes that came, forward to what went, and the figures computed again (R23)."""

import hashlib
import json

import pytest
from sqlalchemy import text, update

from operations.explain.story import Story
from operations.explain.telling import tell
from store.engine.transaction import Transaction
from store.tables import inbox_body
from tests.integration.ledger.conftest import REQUEST, changing
from tests.support.world import World


def told(world: World, id_: object) -> Story:
    with world.database.read() as tx:
        return told_in(tx, id_)


def told_in(tx: Transaction, id_: object) -> Story:
    story = tell(tx, str(id_))
    assert story is not None, id_
    return story


def journals(world: World) -> dict[str, str]:
    """Return the journals of RW-1 and of the small balance, by what they are."""
    rows = world.select(
        "SELECT journal_id, kind, payment_id FROM journals WHERE account_id IN ('RW-1', 'RW-SMALL')"
    )
    return {f"{row['kind']} {row['payment_id'] or ''}".strip(): str(row["journal_id"]) for row in rows}


def test_every_journal_comes_out_the_same_when_computed_again(books: World) -> None:
    found = journals(books)
    assert set(found) == {
        "write-off",
        "write-down",
        "recovery PAY-1",
        "recovery PAY-2",
        "recovery PAY-3",
        "reversal PAY-2",
        "reversal",
        "reversal PAY-3",
    }
    for row in books.select("SELECT journal_id, kind, opco FROM journals"):
        recomputed = told(books, row["journal_id"]).recomputed
        assert recomputed is not None
        assert (recomputed.same, recomputed.differences) == (True, []), row


def test_a_write_off_is_told_back_to_the_bytes_and_forward_to_what_it_caused(books: World) -> None:
    story = told(books, journals(books)["write-off"])
    assert [line.amount for line in story.lines] == ["9450", "1050", "10500"]
    assert story.lines[0].sources[0].ft_id == "FT-RW-1-1"
    assert story.basis["account_version"] == 1
    back = story.back
    assert back.request is not None
    assert back.event is not None
    assert (back.request.request_id, back.event.kind) == ("WR-1", "write-off-distribution-code")
    [came] = back.inbound
    assert (came.source, came.id, came.type) == (REQUEST["source"], REQUEST["id"], REQUEST["type"])
    [kept] = books.select(f"SELECT body FROM inbox_body WHERE id = '{came.id}'")
    assert json.loads(bytes(kept["body"])) == REQUEST
    assert came.sha256 == hashlib.sha256(bytes(kept["body"])).hexdigest()
    assert came.intact
    caused = {each.what for each in story.caused}
    assert caused >= {
        "seal",
        "reversal",
        "recovery",
        "bucket",
        "writeoff.journal-posted.v1",
        "writeoff.account-written-off.v1",
    }
    assert all(each.published for each in story.caused if each.what.startswith("writeoff."))


def test_a_recovery_is_told_back_to_its_payment(books: World) -> None:
    story = told(books, journals(books)["recovery PAY-1"])
    assert "pulse.payment-received.v1" in {each.type for each in story.back.inbound}


@pytest.mark.parametrize(
    ("table", "key", "kind", "message"),
    [
        ("contacts", "contact_id", "letter", "writeoff.letter-requested.v1"),
        ("referrals", "referral_id", "referral", "writeoff.referral-placed.v1"),
        ("todos", "todo_id", "to-do", "writeoff.todo-created.v1"),
    ],
)
def test_letters_referrals_and_to_dos_are_told(
    books: World, table: str, key: str, kind: str, message: str
) -> None:
    first = "AND corrects_contact_id IS NULL" if table == "contacts" else ""
    [row] = books.select(
        f"SELECT {key} AS id FROM {table} WHERE account_id = 'RW-1' AND event_sequence IS NOT NULL {first}"
    )
    story = told(books, row["id"])
    assert (story.kind, story.account_id) == (kind, "RW-1")
    assert REQUEST["id"] in {each.id for each in story.back.inbound}
    [sent] = [each for each in story.caused if each.what == message]
    assert sent.published
    assert told(books, sent.id).kind == "message"


def test_a_line_is_named_by_its_journal_and_number(books: World) -> None:
    journal_id = journals(books)["write-off"]
    for wanted in (f"{journal_id}/2", f"{journal_id} line 2", f"{journal_id.upper()}:2"):
        story = told(books, wanted)
        assert (story.kind, story.id) == ("line", f"{journal_id}/2")
        assert [line.gl_account for line in story.lines] == ["2210"]
    with books.database.read() as tx:
        assert tell(tx, f"{journal_id}/9") is None
        assert tell(tx, "nonsense") is None
        assert tell(tx, "00000000-0000-4000-8000-000000000000") is None


def test_figures_that_do_not_come_out_again_are_named(books: World) -> None:
    journal_id = journals(books)["write-off"]
    with changing(books) as tx:
        line = f"WHERE journal_id = '{journal_id}' AND line = 1"
        tx.execute(text(f"UPDATE journal_lines SET amount_minor = 9449 {line}"))
        tx.execute(update(inbox_body).where(inbox_body.c.id == REQUEST["id"]).values(body=b"{}"))
        story = told_in(tx, journal_id)
    assert story.recomputed is not None
    [difference] = story.recomputed.differences
    account = "debit 6150 WRITE-OFF-EXPENSE RWF"
    assert difference == f"Line 1 is stored as {account} 9,449, computed again it is {account} 9,450."
    assert [each.intact for each in story.back.inbound] == [False]
