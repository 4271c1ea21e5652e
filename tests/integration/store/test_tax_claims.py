"""Tax that waits for its claim is listed by whole months, page by page, with every account counted once."""

from collections import defaultdict
from datetime import date, timedelta

import pytest

from store.engine.database import Database
from store.queries import tax_claims
from store.queries.tax_claims import Place
from store.tables import buckets, processes
from tests.integration.store.rows import put, uuid

FIRST = date(2025, 1, 20)
CODES = ("LEVY", "VAT")
#: By opco, code and month: accounts, held, claimed.
Months = dict[Place, tuple[int, int, int]]


@pytest.fixture
def due(database: Database) -> Months:
    """Put 60 buckets, some of them of one account and month; return what each month comes to."""
    accounts: dict[Place, set[str]] = defaultdict(set)
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    with database.begin() as tx:
        for number in range(60):
            opco, code = ("KE", "RW")[number % 2], CODES[number // 2 % 2]
            account, day = f"A-{number % 14}", FIRST + timedelta(days=2 * number)
            held, claimed = (0, 0) if number % 9 == 0 else (100 + number, number % 3)
            ids = {"opco": opco, "account_id": account, "process_id": uuid(f"p{opco}{account}")}
            if number < 14:
                digest = f"policy-{number % 3}"
                put(
                    tx,
                    processes,
                    **ids,
                    policy_digest=digest,
                    status="inactive",
                    end_reason="completed",
                    ended_on=FIRST,
                )
            figures = {"written_off_minor": 500, "held_minor": held, "claimed_minor": claimed}
            place = {"distribution_code": code, "accounting_date": day}
            put(tx, buckets, **ids, **place, **figures, treatment="pending-claim")
            put(tx, buckets, **ids, **place, **figures, treatment="expense")
            if held:
                month = Place(opco, code, day.replace(day=1))
                accounts[month].add(account)
                sums[month][0] += held
                sums[month][1] += claimed
    return {month: (len(accounts[month]), *sums[month]) for month in sorted(sums)}


@pytest.mark.parametrize("opco", [None, "KE"])
@pytest.mark.parametrize("most", [1, 4, 17, 60, 100])
def test_pages_of_whole_months_follow_one_another(
    database: Database, due: Months, opco: str | None, most: int
) -> None:
    found: Months = {}
    last: Place | None = None
    pages = 0
    with database.read() as tx:
        while pages == 0 or last is not None:
            page = tax_claims.page(tx, opco, last, most)
            months: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0])
            for row in tax_claims.sums(tx, page.where):
                sums = months[Place(row.opco, row.distribution_code, row.accounting_date.replace(day=1))]
                for place, figure in enumerate((row.accounts, row.held_minor, row.claimed_minor)):
                    sums[place] += int(figure)
            assert not found.keys() & months.keys()
            found |= {month: (one, two, three) for month, (one, two, three) in months.items()}
            last = page.last
            pages += 1
    wanted = {month: sums for month, sums in due.items() if opco in {None, month.opco}}
    assert found == wanted
    assert (pages > 1) == (most < (60 if opco is None else 30))
