"""What goes wrong between systems: repetitions, contradictions, strangers, and a message nobody can read."""

from collections.abc import Iterator
from typing import Any

from operations.demo.cloud_events import (
    CloudEvent,
    cancel_requested,
    payment_received,
    repossession_failed,
    write_off_requested,
)
from operations.demo.stories import FIRST_DAY, MISTAKE_DAY, PAYMENT_DAY


def visits() -> Iterator[CloudEvent]:
    """Yield a visit that is reported twice, and one to an account that Pulse never sends."""
    yield repossession_failed("RW", "RW-0301", 1, "product-not-found", on=FIRST_DAY, visited="2026-10-08")
    yield repossession_failed("RW", "RW-9801", 1, "home-not-found", on=FIRST_DAY, visited="2026-10-08")


def requests() -> Iterator[CloudEvent]:
    """Yield a bulk request of somebody who may not ask for one, and a cancellation of what never began."""
    unauthorised: list[dict[str, Any]] = [
        {"account_id": account_id, "returned_products": []} for account_id in ("RW-0201", "RW-0202")
    ]
    yield write_off_requested(
        "RW", "WR-RW-UNAUTHORISED", unauthorised, on=FIRST_DAY, actor="back office", bulk=True
    )
    yield cancel_requested("KE", "WC-KE-0201", "KE-0201", on=FIRST_DAY)


def repetitions() -> Iterator[CloudEvent]:
    """Yield a request that is made again, word for word, in a message of its own."""
    yield write_off_requested(
        "TG",
        "WR-TG-1601",
        [{"account_id": "TG-1601", "returned_products": []}],
        on=FIRST_DAY,
        actor="back office",
        again=2,
    )


def payments() -> Iterator[CloudEvent]:
    """Yield a payment of an account that Pulse never sends, and one whose amount is a number."""
    yield payment_received("KE", "KE-9701", "750.00", "KES", on=PAYMENT_DAY)
    yield payment_received("TG", "TG-0101", 5180, "XOF", on=PAYMENT_DAY)


def contradictions() -> Iterator[CloudEvent]:
    """Yield an earlier payment's message with another amount, and a request for what is written off."""
    yield payment_received("KE", "KE-1901", "999.00", "KES", on=PAYMENT_DAY)
    yield write_off_requested(
        "RW",
        "WR-RW-1601-2",
        [{"account_id": "RW-1601", "returned_products": []}],
        on=MISTAKE_DAY,
        actor="admin",
    )
