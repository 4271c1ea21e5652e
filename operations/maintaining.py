"""Cleaning up: what there is to do, and doing it set by set."""

from collections.abc import Callable
from datetime import date

from messages.inbound.operations.clean_up import CleanUp
from operations.actor import Operator
from operations.database import opened, reading, take_time
from operations.orders import opcos_named, order
from operations.views.view import View
from store.cleaning import retention
from workers.scheduling.upkeep import CLEAN_A_SET
from workers.settings import Settings


class Cleaning(View, frozen=True, kw_only=True):
    """What went, or would go, of a table: bytes that came (`inbox_body`) or texts that went out in a month.

    Of `inbox` it is identities; of `dead_letters` and `acknowledgements` texts. These have no month.
    """

    table: str
    month: date | None
    rows: int


class Maintenance(View, frozen=True, kw_only=True):
    """What was cleaned up, or would be; `keep_days` is the setting."""

    keep_days: int
    dry_run: bool
    cleaned: list[Cleaning]


def look(settings: Settings) -> Maintenance:
    """Return what there is to clean up now."""
    with reading(settings) as tx:
        take_time(tx)
        found = [
            Cleaning(table=each.what, month=each.month, rows=each.rows)
            for each in retention.due(tx, settings.keep_days)
        ]
    return Maintenance(keep_days=settings.keep_days, dry_run=True, cleaned=found)


def clean_up(settings: Settings, who: Operator, watch: Callable[[int], None]) -> Maintenance:
    """Clean up all there is. The order is journaled; what an interruption leaves is the scheduler's to do.

    Raises a `StoreError` where somebody reads what is to go, such as an audit: run it again.
    """
    data = CleanUp(keep_days=settings.keep_days)
    order(settings, who, dict.fromkeys(opcos_named(settings, None), data))
    rows: dict[tuple[str, date | None], int] = {}
    with opened(settings) as database:
        while True:
            with database.begin() as tx:
                cleaned = retention.step(tx, settings.keep_days, CLEAN_A_SET)
            if cleaned is None:
                break
            key = (cleaned.what, cleaned.month)
            rows[key] = rows.get(key, 0) + cleaned.rows
            watch(sum(rows.values()))
    found = [Cleaning(table=what, month=month, rows=count) for (what, month), count in rows.items()]
    return Maintenance(keep_days=settings.keep_days, dry_run=False, cleaned=found)
