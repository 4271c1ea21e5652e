"""How long operators wait with a million processes in the tables: each page, and the plan of what is slow."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import event, text

from benchmarks import filling
from benchmarks.installation import Installation
from operations.database import take_time
from operations.explain.telling import tell
from operations.views import backlog, bulk, candidates, dead_letter, failed, periods, reports, tax_claims
from operations.views.process import processes_view
from operations.views.request import request_view
from store.engine.database import Database
from store.engine.transaction import Transaction
from store.queries import dead_letters, failed_events
from store.queries.finding import process_ids, request_keys
from store.queries.reports import Range

PROCESSES = 1_000_000
_CANDIDATES = 5_000
#: Copies that are added at a time: a transaction of some hundred megabytes.
_COPIES = 1_000
#: The best of so many counts: the machine's other work is no part of a page.
_TIMES = 3
#: Rows of a page, as the command line has it without `--limit`.
_LIMIT = 50
#: What is looked at: what was multiplied, since its ids are those that derive from each other.
_ACCOUNT = f"{filling.SINGLES[0]}-0000007"
#: A month of the year that is filled, and of which a report is made.
_MONTH = "2026-06"

Page = Callable[[Transaction], object]


def measure(place: Installation, processes: int = PROCESSES) -> dict[str, float]:
    """Fill an installation and return seconds by page."""
    filling.base(place)
    copies = processes // filling.BASE
    for first in range(1, copies + 1, _COPIES):
        filling.multiply(place.database_url, range(first, min(first + _COPIES, copies + 1)), copies)
    filling.rest(place.database_url, _CANDIDATES)
    filling.settle(place.database_url)
    filling.add_up(place.database_url)
    return look(place.database)


def look(database: Database, *, plans_over_seconds: float | None = None) -> dict[str, float]:
    """Time every page of a filled database; print the plans of the statements that take longer."""
    with _reading(database) as tx:
        all_pages = pages(tx)
    found: dict[str, float] = {}
    for name, page in all_pages.items():
        found[name] = min(_timed(database, page) for _ in range(_TIMES))
        print(f"{name:32} {found[name] * 1_000:9.1f} ms", flush=True)
        if plans_over_seconds is not None and found[name] > plans_over_seconds:
            _print_plans(database, page, plans_over_seconds / 2)
    return found


def pages(tx: Transaction) -> Mapping[str, Page]:
    """Return every page, of things that are there."""

    def one(statement: str) -> str:
        return str(tx.execute(text(statement), {"account": _ACCOUNT}).scalar_one())

    process = one("SELECT process_id FROM processes WHERE account_id = :account AND opco = 'RW'")
    ids = {
        "journal": one("SELECT journal_id FROM journals WHERE account_id = :account AND opco = 'RW' LIMIT 1"),
        "letter": one(f"SELECT contact_id FROM contacts WHERE process_id = '{process}' LIMIT 1"),
        "referral": one(f"SELECT referral_id FROM referrals WHERE process_id = '{process}' LIMIT 1"),
        "to-do": one(f"SELECT todo_id FROM todos WHERE process_id = '{process}' LIMIT 1"),
        "message": one(f"SELECT message_id FROM messages_out WHERE process_id = '{process}' LIMIT 1"),
    }
    letter = one("SELECT dead_letter_id FROM dead_letters ORDER BY last_seen LIMIT 1 OFFSET 2500")
    all_of, looked_at = dead_letters.Filter(), failed_events.Filter()
    month = Range(opco=None, first=_MONTH, last=_MONTH)
    found: dict[str, Page] = {f"explain {kind}": partial(tell, wanted=id_) for kind, id_ in ids.items()}
    found |= {
        "explain, nothing there": lambda tx: tell(tx, process),
        "process show, id": lambda tx: processes_view(tx, process_ids(tx, process, None, 10)),
        "process show, account": lambda tx: processes_view(tx, process_ids(tx, _ACCOUNT, None, 10)),
        "process failed": lambda tx: failed.page_of(tx, looked_at, None, _LIMIT),
        "process failed, of a kind": lambda tx: failed.page_of(
            tx, failed_events.Filter(kind="CREATE-CUSTOMER-CONTACT"), None, _LIMIT
        ),
        "request show": lambda tx: request_view(tx, _request(tx, f"WR-{_ACCOUNT}")),
        "bulk status": lambda tx: bulk.bulk_view(tx, _request(tx, f"WR-{filling.BULK[0]}")),
        "queue list": backlog.backlog_view,
        "candidates": lambda tx: candidates.candidates_view(tx, None, _LIMIT),
        "dead-letter list": lambda tx: dead_letter.page_of(tx, all_of, after=None, limit=_LIMIT),
        "dead-letter list, later": lambda tx: dead_letter.page_of(tx, all_of, after=letter, limit=_LIMIT),
        "dead-letter groups": lambda tx: dead_letter.groups_of(tx, all_of),
        "dead-letter show": lambda tx: dead_letter.opened(tx, letter),
        "period list": lambda tx: periods.periods_view(tx, None),
        "tax-claim list": lambda tx: tax_claims.tax_claims_view(tx, None),
    }
    found |= {
        f"report {name}, a month": partial(_report, make=make, month=month)
        for name, make in reports.REPORTS.items()
    }
    return found


def _report(
    tx: Transaction, make: Callable[[Transaction, Range], reports.Report], month: Range
) -> reports.Report:
    return make(tx, month)


def _request(tx: Transaction, request_id: str) -> tuple[str, str]:
    [key] = request_keys(tx, request_id, None)
    return key


@contextmanager
def _reading(database: Database) -> Iterator[Transaction]:
    """Open a transaction as the command line does (`operations.database`)."""
    with database.read() as tx:
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        take_time(tx)
        yield tx


def _timed(database: Database, page: Page) -> float:
    with _reading(database) as tx:
        began = time.perf_counter()
        page(tx)
        return time.perf_counter() - began


def _print_plans(database: Database, page: Page, over_seconds: float) -> None:
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    with _reading(database) as tx:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            page(tx)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        for statement, parameters in statements:
            rows = tx.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters).all()
            lines = [str(row[0]) for row in rows]
            if float(lines[-1].split()[-2]) > over_seconds * 1_000:
                print("\n".join(["", statement, *lines, ""]), flush=True)
