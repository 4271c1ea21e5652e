"""Everything has a limit: what is in hand during a flood, how large a message is, waits in the database."""

import gc
import os
from pathlib import Path

from sqlalchemy import text

from store.engine.database import Database
from tests.integration.flows.conftest import OpenWorld
from tests.support import upstream
from workers.intake.step import MESSAGES_A_SET

MIB = 1024 * 1024
FLOOD = 3_000


def memory() -> int:
    """What this process holds, in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_flood_of_small_messages_does_not_fill_memory(open_rabbitmq: OpenWorld) -> None:
    """However many are queued, a set is in hand; one of 17 MiB among them is a dead letter, and let go."""
    world = open_rabbitmq()
    for begin in range(0, FLOOD, 1_000):
        world.publish(*(upstream.account(f"RW-{begin + number}") for number in range(1_000)))
        if begin == 0:
            world.send("writeoff.account-updated", b" " * (17 * MIB))
    sizes: list[int] = []
    held: list[int] = []
    while sum(sizes) <= FLOOD:
        sizes.append(world.intake._take(5.0).done)
        held.append(memory())
        assert sizes[-1] > 0

    assert max(sizes) <= MESSAGES_A_SET
    assert world.count("accounts") == FLOOD
    [letter] = world.select("SELECT reason, size FROM dead_letters")
    assert letter == {"reason": "too-large", "size": 17 * MIB}
    # The first sets load what there is to load; what comes after them leaves nothing behind.
    early = max(held[: len(held) // 2])
    assert held[-1] - early < 24 * MIB


def test_a_message_of_17_mib_is_a_plain_dead_letter_on_redis_too(open_embedded: OpenWorld) -> None:
    world = open_embedded()
    world.send("writeoff.account-updated", b" " * (17 * MIB))
    world.publish(upstream.account("RW-1"))
    world.run()
    [letter] = world.select("SELECT reason, size, problem FROM dead_letters")
    assert (letter["reason"], letter["size"]) == ("too-large", 17 * MIB)
    assert world.count("accounts") == 1


def test_no_statement_lock_or_idle_transaction_waits_for_ever(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with database.read() as tx:
        found = {name: tx.execute(text(f"SHOW {name}")).scalar_one() for name in names}
    database.close()
    assert found == {
        "statement_timeout": "1min",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "30s",
    }
