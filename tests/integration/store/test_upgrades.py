"""Steps that find rows of an older version say of them what the newer one wants to know."""

from alembic import command
from sqlalchemy import Connection, text

from store.engine import migrating
from store.engine.database import Database
from store.ledger import enforced
from tests.integration.store.rows import put, table, uuid

PROCESS = "bd121279-502b-58b8-8be6-4ceea0df6ba8"
ACTIVE, PAID, RECALLED = (f"8f1d0a52-1c8b-5d8e-9a6e-2f4f4c3b2a1{number}" for number in range(3))


#: Opco, by what its debt was written off, whether the referral is active, what is referred.
ENFORCED = (
    ("RW", "write-off", True, 100),
    ("RW", "repossession", True, 200),
    ("KE", "write-off", True, 400),
    ("RW", "write-off", False, 0),
    ("RW", None, True, 1_000),
)

REFERRAL = """
INSERT INTO referrals (referral_id, opco, account_id, process_id, event_sequence, ordinal, agency, currency,
                       amount_minor, active, history_sequence)
VALUES (:referral, 'RW', 'RW-1', :process, 10, :ordinal, 'KIGALI-RECOVERY', 'RWF', 0, :active, 2)
"""
HISTORY = """
INSERT INTO referral_history (referral_id, sequence, history_reason, activity_date, amount_minor, actor)
VALUES (:referral, :sequence, :reason, '2026-11-03', 0, 'test')
"""


def up_to(connection: Connection, revision: str) -> None:
    config = migrating._config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_a_closed_referral_is_told_why_it_ended(database_url: str) -> None:
    database = Database(database_url)
    older = ((ACTIVE, True, "change"), (PAID, False, "paid"), (RECALLED, False, "cancellation"))
    with database.begin() as tx:
        up_to(tx.connection, "0011")
        for ordinal, (referral, active, last) in enumerate(older, start=1):
            values = {"referral": referral, "process": PROCESS, "ordinal": ordinal, "active": active}
            tx.execute(text(REFERRAL), values)
            for sequence, reason in ((1, "initial"), (2, last)):
                tx.execute(text(HISTORY), {"referral": referral, "sequence": sequence, "reason": reason})
        up_to(tx.connection, "head")
    with database.read() as tx:
        rows = tx.execute(text("SELECT end_reason, replies FROM referrals ORDER BY ordinal")).all()
    database.close()
    assert [tuple(row) for row in rows] == [(None, 0), ("paid", 0), ("cancellation", 0)]


def test_what_is_enforced_when_the_step_runs_is_counted(database_url: str) -> None:
    database = Database(database_url)
    with database.begin() as tx:
        up_to(tx.connection, "0018")
        for number, (opco, kind, active, minor) in enumerate(ENFORCED):
            process = {"process_id": uuid(f"p{number}"), "opco": opco}
            ended = {} if active else {"end_reason": "paid"}
            place = {"agency": "KIGALI", "currency": "RWF", "ordinal": number}
            put(tx, table("referrals"), **process, **place, active=active, amount_minor=minor, **ended)
            if kind:
                put(tx, table("journals"), **process, kind=kind, leg="a")
                put(tx, table("journals"), **process, kind="recovery", leg="b")
        up_to(tx.connection, "head")
        assert enforced.now(tx, None) == enforced.counted(tx, None)
        assert enforced.now(tx, None) == {
            ("KE", "RWF", "KIGALI"): (1, 400),
            ("RW", "RWF", "KIGALI"): (2, 300),
        }
    database.close()
