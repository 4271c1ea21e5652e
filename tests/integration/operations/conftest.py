"""An installation with something of everything to look at, and the command line of it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from operations.cli.app import execute
from proving.servers.postgresql import PostgreSQL
from proving.servers.valkey import Valkey
from tests.support import upstream
from tests.support.world import World

TODAY = date(2026, 11, 3)
#: Any name of a person that `upstream` gives to accounts or requesters.
NAMES = ("Uwimana", "Claudine", "Mugisha", "Kayitesi")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where an installation is, and the world that made it."""

    world: World
    environment: dict[str, str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: Valkey
) -> Iterator[Installation]:
    name = f"operations_{os.getpid()}_{request.param}"
    if request.param == "sqlite":
        database_url = f"sqlite:///{tmp_path_factory.mktemp('operations') / 'writeoff.sqlite'}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        database_url = server.create_database(name)
    broker_url = valkey.create_database(name)
    world = World(database_url, broker_url, business_date=TODAY)
    live(world)
    yield Installation(
        world=world,
        environment={
            "WRITEOFF_DATABASE_URL": database_url,
            "WRITEOFF_BROKER_URL": broker_url,
            "WRITEOFF_TASKS_URL": broker_url,
        },
    )
    world.close()
    valkey.drop_database(name)
    if request.param == "postgresql":
        request.getfixturevalue("postgresql").drop_database(name)


def live(world: World) -> None:
    """Let something of everything happen, all of it on the 3rd of November in the end."""
    short = upstream.transaction("FT-SHORT", "2026-05-01", {"REVENUE": 500})
    world.publish(
        *(upstream.account(f"RW-{name}") for name in ("DONE", "BULK", "HELD", "FEW", "PAID", "SAME")),
        upstream.account("RW-DAY", defaulted_on="2026-09-01"),
        upstream.account("RW-SHORT", agreements=[upstream.agreement("SA-1", [short], balance="10500")]),
        upstream.account("KE-1", opco="KE", defaulted_on="2026-09-01"),
    )
    world.run()
    world.publish(
        upstream.request("WR-DONE", "RW-DONE"),
        upstream.request("WR-SHORT", "RW-SHORT"),
        upstream.request("WR-BULK", "RW-BULK", "RW-BULK", "RW-DONE", "RW-UNKNOWN"),
    )
    world.run_days(TODAY, 70, step=10)
    world.set_date(TODAY)
    world.publish(
        upstream.request("WR-SAME", "RW-SAME"),
        upstream.request("WR-SAME", "KE-1", opco="KE"),
        upstream.attempt("AT-HELD", "RW-HELD", "promised-to-pay", promised_to_pay_on="2026-11-20"),
        upstream.attempt("AT-FEW", "RW-FEW", "home-not-found"),
        upstream.attempt("AT-PAID", "RW-PAID", "home-not-found"),
        upstream.payment("PAY-1", "RW-PAID", 10_500),
        *(upstream.attempt(f"AT-DAY-{number}", "RW-DAY", "home-not-found") for number in range(3)),
    )
    torn = b'{"specversion": "1.0", "id": "x\x1b[31m", "data": ' + b"[1]" * 3_000
    world.send("writeoff.payments", torn, b"\xff\x00")
    world.run()


@pytest.fixture
def writeoff(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Command:
    """Run a command of the installation, in a folder without a `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WRITEOFF_")]:
        monkeypatch.delenv(name)
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        capfdbinary.readouterr()  # what the world has logged since
        code = execute(arguments)
        out, err = capfdbinary.readouterr()
        return Result(code=code, out=out.decode(errors="surrogateescape"), err=err.decode())

    return run
