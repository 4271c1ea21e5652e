"""A database with a million processes, in minutes: what a few write-offs have left, multiplied by SQL.

Each copy has other ids and other days, so that keys, indexes and months are as they would be. The texts of
messages are left out: no page reads them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg
from psycopg import sql

from benchmarks.installation import Installation
from proving.speed.measuring import measure
from store.engine.database import Database
from store.engine.leases import Lease
from store.engine.partitions import PARTITIONED, following
from store.ledger import enforced, totals
from store.tables import enforced_changes, enforced_totals

#: Accounts of the single requests and of the bulk request that are multiplied. Their names occur in all ids.
SINGLES, BULK = ("x0x", 40), ("y0y", 10)
BASE = SINGLES[1] + BULK[1]
#: How many days ago a copy was: a year of them, the oldest first, as they would have come.
_DAYS = "(360 - k * 360 / %(of)s::integer)"
_TABLES = (
    *("accounts", "requests", "request_items", "processes", "events", "inbox", "inbox_body", "business_keys"),
    *("journals", "journal_lines", "buckets", "write_off_agreements", "seals", "demerits", "referrals"),
    *("referral_history", "contacts", "todos", "goods", "messages_out"),
)
#: What is not copied as its type has it: texts that no page reads, an order, days that lie ahead.
_INSTEAD = {
    ("messages_out", "body"): "'{}'",
    ("inbox_body", "body"): "convert_to('{}', 'UTF8')",
    ("seals", "position"): f"position + k * {BASE}",
    ("events", "due_on"): "due_on",
}
#: Of the accounts that are multiplied: those whose process goes on, and the one with a step that has failed.
_ACTIVE, _FAILED = ("x0x-0000000", "x0x-0000001", "x0x-0000002", "x0x-0000003"), "x0x-0000003"
_DEAD_LETTERS = 5_000
#: `writeoff.account.Standing` of an account that owes.
_OWING = '{"state":"defaulted","balances":{"SA-1":10500},"currency":"RWF"}'


def base(place: Installation) -> None:
    """Let the product write off what is multiplied, and leave some of it half done."""
    place.start()
    place.fix_business_date()
    measure(place, SINGLES[0], SINGLES[1], bulk=False)
    measure(place, BULK[0], BULK[1], bulk=True)
    place.wait_until("SELECT count(*) FROM unsealed", 0)
    place.stop()
    with psycopg.connect(place.database_url) as connection:
        for account in _ACTIVE:
            _half_done(connection, account)
        which = "account_id = %s AND sequence = 40"
        failed = "status = 'failed', reason = 'no-agency', attempts = 1, due_on = NULL"
        connection.execute(f"UPDATE events SET {failed} WHERE {which}".encode(), [_FAILED])
        _months(connection)
        for table in _TABLES:
            connection.execute(
                f"CREATE TABLE {_kept(table)} AS SELECT * FROM {table} WHERE {_base_of(table)}".encode()
            )

        for statement in _without_indexes(connection):
            connection.execute(statement.encode())


def _without_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Note how the keys and indexes of the large tables are made; return what drops them."""
    connection.execute("CREATE TABLE filling_indexes (statement text)")
    plain = "relkind = 'r' AND NOT relispartition AND relname = ANY(%s)"
    constraints = connection.execute(
        "SELECT relname, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
        f"JOIN pg_class t ON t.oid = conrelid WHERE contype IN ('p', 'u') AND {plain}".encode(),
        [list(_TABLES)],
    ).fetchall()
    indexes = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        f"JOIN pg_class t ON t.oid = indrelid WHERE {plain} "
        "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)".encode(),
        [list(_TABLES)],
    ).fetchall()
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}" for table, name, made in constraints]
    for statement in [*again, *(str(made) for _, made in indexes)]:
        connection.execute("INSERT INTO filling_indexes VALUES (%s)", [statement])
    return [
        *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in constraints),
        *(f"DROP INDEX {name}" for name, _ in indexes),
    ]


def _half_done(connection: psycopg.Connection[tuple[object, ...]], account: str) -> None:
    for statement in (
        "UPDATE processes SET status = 'active', end_reason = NULL, ended_on = NULL WHERE account_id = %s",
        "UPDATE events SET status = 'pending', completed_on = NULL WHERE account_id = %s AND sequence >= 40",
        "UPDATE events SET due_on = '2027-01-15' WHERE account_id = %s AND sequence = 40",
        "UPDATE referrals SET active = true, end_reason = NULL WHERE account_id = %s",
    ):
        connection.execute(statement.encode(), [account])


def _months(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make partitions of the year behind: the scheduler would have made each in its time."""
    today = datetime.now(UTC).date()
    for back in range(1, 14):
        first = date(today.year - (back - today.month + 12) // 12, (today.month - back - 1) % 12 + 1, 1)
        for table in PARTITIONED:
            name = f"{table}_{first:%Y_%m}"
            connection.execute(
                f"CREATE TABLE {name} PARTITION OF {table} "
                f"FOR VALUES FROM ('{first}') TO ('{following(first)}')".encode()
            )


def multiply(url: str, copies: range, of: int) -> None:
    """Add copies of everything, of so many in all: `BASE` processes each. The first one is 1."""
    statement = (
        "INSERT INTO {table} ({names}) SELECT {values} FROM {base} "
        "CROSS JOIN generate_series(%(first)s::integer, %(last)s::integer) k"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for table in _TABLES:
            columns = list(_columns(connection, table))
            composed = sql.SQL(statement).format(
                table=sql.Identifier(table),
                names=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
                values=sql.SQL(", ").join(sql.SQL(_copied(table, *each)) for each in columns),
                base=sql.Identifier(_kept(table)),
            )
            connection.execute(composed, {"first": copies.start, "last": copies.stop - 1, "of": of})


def _kept(table: str) -> str:
    return f"filling_{table}"


def _columns(connection: psycopg.Connection[tuple[object, ...]], table: str) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    for row in rows:
        yield str(row[0]), str(row[1])


def _copied(table: str, name: str, kind: str) -> str:
    column = f'"{name}"'
    if (table, name) in _INSTEAD:
        return _INSTEAD[table, name]
    return {
        "uuid": f"md5({column}::text || k)::uuid",
        "text": f"replace(replace({column}, '{SINGLES[0]}', 'x' || k), '{BULK[0]}', 'y' || k)",
        "date": f"{column} - {_DAYS}::integer",
        "timestamp with time zone": f"{column} - {_DAYS} * interval '1 day'",
    }.get(kind, column)


def _base_of(table: str) -> str:
    """Return which rows of a table are those that are multiplied."""
    ours = f"~ '{SINGLES[0]}|{BULK[0]}'"
    return {
        "requests": f"request_id {ours}",
        "journal_lines": f"journal_id IN (SELECT journal_id FROM journals WHERE account_id {ours})",
        "seals": f"journal_id IN (SELECT journal_id FROM journals WHERE account_id {ours})",
        "referral_history": f"referral_id IN (SELECT referral_id FROM referrals WHERE account_id {ours})",
        "inbox": f"id {ours}",
        "inbox_body": f"id {ours}",
        "business_keys": f"key {ours}",
        "messages_out": f"(account_id {ours} OR correlation_id {ours})",
    }.get(table, f"account_id {ours}")


def rest(url: str, candidates: int) -> None:
    """Add what write-offs do not leave: dead letters, and accounts in default with attempts (R6)."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO dead_letters (queue, sha256, dead_letter_id, reason, problem, size, body, headers,
                properties, first_seen, last_seen, count, type, opco)
            SELECT 'writeoff.write-off-requested', md5(n::text) || md5((-n)::text), md5('d' || n)::uuid,
                (ARRAY['malformed', 'unknown-type', 'schema'])[n %% 3 + 1], 'a field is wrong', 500,
                convert_to(repeat('x', 500), 'UTF8'), '{}', '{}', now() - n * interval '1 minute',
                now() - n * interval '1 minute', 1, 'pulse.write-off-requested.v1', 'RW'
            FROM generate_series(1, %s) n""",
            [_DEAD_LETTERS],
        )
        connection.execute(
            """INSERT INTO accounts (opco, account_id, version, as_of, state, currency, defaulted_on,
                standing, updated_at)
            SELECT 'RW', 'c' || n, 1, now(), 'defaulted', 'RWF', date '2026-05-01' + n %% 180, %s, now()
            FROM generate_series(1, %s) n""",
            [_OWING, candidates],
        )
        connection.execute(
            """INSERT INTO attempts (opco, attempt_id, account_id, repossession_id, attempted_at,
                attempted_by, reason, message_id, correlation_id, decided, recorded_at)
            SELECT 'RW', 'a' || n || '-' || m, 'c' || n, 'r' || n, now() - m * interval '1 day', 'agent',
                'home-not-found', 'm', 'm', false, now()
            FROM generate_series(1, %s) n, generate_series(1, 2) m""",
            [candidates],
        )


def settle(url: str) -> None:
    """Make keys and indexes again; let statistics and visibility be as autovacuum would have them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        for (statement,) in connection.execute("SELECT statement FROM filling_indexes").fetchall():
            connection.execute(str(statement).encode())
        connection.execute("DROP TABLE filling_indexes")
        for table in _TABLES:
            connection.execute(f"DROP TABLE {_kept(table)}".encode())
        connection.execute("VACUUM ANALYZE")


def add_up(url: str) -> None:
    """Add every journal to the totals of its month, as the scheduler does; and what is enforced."""
    lease = Lease(name="filling", token=str(uuid4()), holder="filling", seconds=60.0)
    database = Database(url, by_keys=True)
    try:
        with database.begin() as tx:
            # The copies were made by SQL, which says nothing of changes.
            for table in (enforced_changes, enforced_totals):
                tx.execute(table.delete())
            rows = [(*key, *sums) for key, sums in sorted(enforced.counted(tx, None).items())]
            tx.insert(enforced_totals, [column.name for column in enforced_totals.c], rows)
        added = 1
        while added:
            with database.begin() as tx:
                added = totals.add_up(tx, lease, totals.PAGE)
    finally:
        database.close()
