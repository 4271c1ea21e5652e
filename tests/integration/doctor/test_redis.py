"""Redis as the contract's broker: what a restart or full memory would take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from proving.servers.valkey import Valkey
from tests.integration.doctor.conftest import Examine
from workers.doctor.areas import redis as area

OPEN = {"settings.auth-open"}


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    with Valkey() as started:
        yield started


@pytest.fixture
def client(server: Valkey) -> Iterator[redis.Redis]:
    with redis.Redis(port=server.port) as connected:
        yield connected


def test_a_good_server_is_silent(server: Valkey, examined: Examine) -> None:
    assert examined(broker_url=server.url()).keys() == OPEN


@pytest.mark.parametrize(
    ("weak", "good", "check", "loses"),
    [
        ({"appendonly": "no"}, {"appendonly": "yes"}, "redis.append-only", True),
        (
            {"maxmemory": "1gb", "maxmemory-policy": "allkeys-lru"},
            {"maxmemory": "0", "maxmemory-policy": "noeviction"},
            "redis.eviction",
            True,
        ),
        ({"appendfsync": "no"}, {"appendfsync": "always"}, "redis.fsync", False),
        ({"appendfsync": "everysec"}, {"appendfsync": "always"}, "redis.fsync", False),
    ],
)
def test_a_setting_that_weakens_it_is_found(
    *,
    server: Valkey,
    client: redis.Redis,
    examined: Examine,
    weak: dict[str, str],
    good: dict[str, str],
    check: str,
    loses: bool,
) -> None:
    for name, value in weak.items():
        client.config_set(name, value)
    found = examined(broker_url=server.url())
    for name, value in good.items():
        client.config_set(name, value)
    assert {name: each.loses for name, each in found.items() if name not in OPEN} == {check: loses}


def test_a_volatile_policy_takes_no_queue(server: Valkey, client: redis.Redis, examined: Examine) -> None:
    client.config_set("maxmemory", "1gb")
    client.config_set("maxmemory-policy", "volatile-lru")
    found = examined(broker_url=server.url())
    client.config_set("maxmemory-policy", "noeviction")
    assert found.keys() == OPEN


def test_a_user_that_may_not_ask_is_found(server: Valkey, client: redis.Redis, examined: Examine) -> None:
    client.execute_command("ACL", "SETUSER", "mute", "on", ">secret", "~*", "&*", "+@all", "-info")
    found = examined(broker_url=server.url().replace("//", "//mute:secret@"))
    assert found.keys() == OPEN | {"redis.hidden"}
    client.execute_command("ACL", "SETUSER", "mute", "+info", "-config")
    assert examined(broker_url=server.url().replace("//", "//mute:secret@")).keys() == OPEN


def test_an_old_version_is_found(server: Valkey, examined: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area, "OLDEST_MAJOR", 99)
    assert examined(broker_url=server.url()).keys() == OPEN | {"redis.version"}


@pytest.mark.parametrize("seconds", [-40, 40])
def test_a_clock_that_is_skewed_is_found(
    redis_url: str, postgresql_url: str, examined: Examine, seconds: int
) -> None:
    def skewed() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)

    assert not examined(broker_url=redis_url, database_url=postgresql_url).keys() & {"clocks.redis"}
    found = examined(broker_url=redis_url, database_url=postgresql_url, clock=skewed)
    assert {"clocks.redis", "clocks.database"} <= found.keys()
    assert "40 s apart" in found["clocks.database"].what
