"""What a Redis must be set to where it carries the contract's messages. Hints of tasks may be lost."""

from collections.abc import Iterator

from workers.brokers.address import BrokerKind
from workers.brokers.redis.looking import state
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation
from workers.embedded.valkey import OLDEST_MAJOR

APPEND_ONLY = Check(
    name="redis.append-only",
    loses=True,
    what="Redis carries the contract's messages and has appendonly=no.",
    why="A restart loses what is in its queues, which publishers take for delivered.",
    mend="Set appendonly yes (CONFIG SET and CONFIG REWRITE), or use RabbitMQ.",
)
EVICTION = Check(
    name="redis.eviction",
    loses=True,
    what="Redis may hold {bytes:,} bytes and then evicts by {policy}.",
    why="It throws queues away when memory is short, with the messages in them.",
    mend="Set maxmemory-policy noeviction: publishers are refused then, and try again.",
)
FSYNC = Check(
    name="redis.fsync",
    what="Redis carries the contract's messages and has appendfsync={mode}.",
    why="It answers before it writes: killed, it loses up to two seconds that publishers take for delivered.",
    mend="Set appendfsync always (CONFIG SET and CONFIG REWRITE), or use RabbitMQ.",
)
VERSION = Check(
    name="redis.version",
    what="The server is Redis {found}, older than {oldest}.",
    why="When its memory is full it refuses what gives messages back.",
    mend="Use Redis 7, Valkey, or newer.",
)
HIDDEN = Check(
    name="redis.hidden",
    what="The broker's user may not ask Redis how it keeps data (INFO).",
    why="Nobody can tell whether a restart loses messages.",
    mend="Allow the user INFO and CONFIG|GET: `ACL SETUSER name +info +config|get`.",
)
CHECKS = (APPEND_ONLY, EVICTION, FSYNC, VERSION, HIDDEN)


def look(at: Installation) -> Iterator[Finding]:
    """Ask the Redis that carries the contract's messages."""
    if at.broker is None or at.broker.kind is not BrokerKind.REDIS:
        return
    where, found = str(at.broker), state(at.broker)
    if found.hidden:
        yield HIDDEN.found(where)
        return
    if not found.append_only:
        yield APPEND_ONLY.found(where)
    if found.append_only and found.fsync in {"no", "everysec"}:
        yield FSYNC.found(where, mode=found.fsync)
    # Queues never expire: only what evicts any key touches them.
    if found.limit_bytes and found.eviction.startswith("allkeys"):
        yield EVICTION.found(where, bytes=found.limit_bytes, policy=found.eviction)
    if (major := int(found.version.partition(".")[0] or 0)) < OLDEST_MAJOR:
        yield VERSION.found(where, found=found.version or major, oldest=OLDEST_MAJOR)
