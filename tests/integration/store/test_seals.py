"""Seals are appended in sets by one at a time, and none is missed, however late a journal commits."""

from uuid import uuid4

from store.engine.database import Database
from store.engine.leases import Lease
from store.engine.transaction import Transaction
from store.ledger import seals
from store.tables import seals as links
from store.tables import unsealed
from store.traffic import outbox
from store.traffic.outbox import NewMessage
from writeoff.accounting.seals import BEGINNING

ONE, OTHER = str(uuid4()), str(uuid4())


def posted(tx: Transaction, journal_id: str, opco: str = "RW") -> None:
    """Write what posting a journal writes for its seal."""
    message = NewMessage(
        message_id=seals.message_id(opco, journal_id),
        destination="gl",
        type="writeoff.journal-posted.v1",
        body=journal_id.encode(),
        opco=opco,
        account_id="A",
        process_id=None,
        correlation_id=None,
        causation_id=None,
    )
    outbox.add(tx, [message])
    tx.insert(unsealed, ("journal_id", "opco", "message_on"), [(journal_id, opco, tx.now.date())])


def append(database: Database, token: str = ONE, limit: int = 100) -> int:
    with database.begin() as tx:
        lease = Lease(name="scheduler", token=token, holder="test", seconds=10.0)
        return seals.append(tx, lease, limit)[0]


def chain(database: Database, opco: str = "RW") -> list[str]:
    with database.read() as tx:
        rows = tx.execute(links.select().where(links.c.opco == opco).order_by("position")).all()
    previous = BEGINNING
    for number, row in enumerate(rows, start=1):
        assert (row.position, bytes(row.previous)) == (number, previous)
        previous = bytes(row.seal)
    return [row.journal_id for row in rows]


def test_each_opco_has_a_chain_of_its_own(database: Database) -> None:
    ids = sorted(str(uuid4()) for _ in range(5))
    with database.begin() as tx:
        for number, journal_id in enumerate(ids):
            posted(tx, journal_id, "KE" if number == 2 else "RW")
    assert append(database) == 5
    assert append(database) == 0
    assert chain(database) == [*ids[:2], *ids[3:]]
    assert chain(database, "KE") == [ids[2]]


def test_a_chain_goes_on_set_by_set(database: Database) -> None:
    ids = {str(uuid4()) for _ in range(5)}
    with database.begin() as tx:
        for journal_id in ids:
            posted(tx, journal_id)
    assert [append(database, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert set(chain(database)) == ids


def test_a_journal_that_commits_late_is_sealed_behind_those_that_came_before(
    postgresql_database: Database,
) -> None:
    first, late, quick = str(uuid4()), str(uuid4()), str(uuid4())
    with postgresql_database.begin() as tx:
        posted(tx, first)
    assert append(postgresql_database) == 1
    with postgresql_database.begin() as slow:
        posted(slow, late)
        with postgresql_database.begin() as tx:
            posted(tx, quick)
        assert append(postgresql_database) == 1
    assert append(postgresql_database) == 1
    assert chain(postgresql_database) == [first, quick, late]


def test_who_has_not_the_lease_seals_nothing(database: Database) -> None:
    for token, expected in ((ONE, 1), (OTHER, 0), (ONE, 2)):
        with database.begin() as tx:
            posted(tx, str(uuid4()))
        assert append(database, token) == expected


def test_a_journal_without_its_message_is_left_for_the_audit(database: Database) -> None:
    with database.begin() as tx:
        tx.insert(unsealed, ("journal_id", "opco", "message_on"), [(str(uuid4()), "RW", tx.now.date())])
    assert append(database) == 0
    with database.read() as tx:
        assert seals.unsealed_count(tx) == {"RW": 1}
