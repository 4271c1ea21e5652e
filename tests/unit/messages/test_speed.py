"""Reading must stay small beside storing: a set's time belongs to the database and the broker.

The times are of the processor, and the best of several, so that a busy machine fails nothing.
"""

import time
from collections.abc import Callable

import pytest

from messages import inbound
from messages.envelope import read
from messages.malformed import Malformed
from tests.unit.messages.examples import STRUCTURED, body
from tests.unit.messages.examples import inbound as example


def best_of(rounds: int, work: Callable[[], object]) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(rounds))


def understand(raw: bytes) -> inbound.Inbound:
    return inbound.parse(read(raw, STRUCTURED, {}))


def test_a_single_request_is_read_within_60_microseconds() -> None:
    raw = body(example("write-off-requested.repossession"))
    assert best_of(5, lambda: [understand(raw) for _ in range(1000)]) < 1000 * 60e-6


def test_a_request_for_100_000_accounts_is_read_within_2_seconds() -> None:
    request = example("write-off-requested.bulk")
    request["data"]["accounts"] = [
        {"account_id": f"RW-{n}", "returned_products": [], "account_version": None} for n in range(100_000)
    ]
    raw = body(request)
    assert best_of(2, lambda: understand(raw)) < 2


def test_a_body_made_to_be_slow_is_refused_within_2_seconds() -> None:
    raw = b"[" + b'[],"",' * 900_000 + b'"' + b"\\\\" * 4_000_000 + b'",' + b"[" * 40

    def refused() -> None:
        with pytest.raises(Malformed, match="deeper"):
            understand(raw)

    assert best_of(1, refused) < 2
