"""Nothing lost, nothing doubled, whatever is killed: tried here and now, and reported."""

import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from operations.benching import given, named
from operations.cli.options import Json
from operations.cli.printing import heading, note, show, table
from operations.failures import ExitCode, Unusable
from proving.places import own_place
from proving.proof import Proof, as_json, combinations, prove_on
from proving.proof import prove as run
from proving.report import markdown, tables
from proving.report.wording import MAY_LOSE, NOT_SHOWN
from proving.rig.places import Combination, Places
from proving.rig.roles import RigError
from proving.servers.binaries import MissingServerError
from proving.servers.server import ServerError
from workers.brokers.address import BrokerAddress, BrokerKind
from workers.settings import Settings

#: Seeds that are made up: short enough to be said on the telephone.
_SEEDS = 100_000
#: How often progress is told where there is no terminal.
_TELL_SECONDS = 10.0


class Database(StrEnum):
    """Which database is tried."""

    postgresql = "postgresql"
    sqlite = "sqlite"


class Broker(StrEnum):
    """Which broker is tried."""

    rabbitmq = "rabbitmq"
    redis = "redis"


class Against(StrEnum):
    """Whose servers: private ones, started here, or those of this installation's settings."""

    private = "private"
    external = "external"


Minutes = Annotated[
    float, typer.Option("--minutes", min=0.1, max=10_000, help="Under load and faults, over all servers.")
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The same load and faults; made up without.")]
OfDatabase = Annotated[Database | None, typer.Option("--database", help="This one alone.")]
OfBroker = Annotated[Broker | None, typer.Option("--broker", help="This one alone.")]
Whose = Annotated[
    Against, typer.Option("--against", help="`external`: the servers of the settings, in a place prove-SEED.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder for report.md, report.json and all files of the trials.")
]
Vhost = Annotated[
    str | None, typer.Option("--vhost", help="External: an empty vhost made beforehand, where none can be.")
]


def prove(  # noqa: PLR0917 - options
    minutes: Minutes = 4.0,
    seed: Seed = None,
    database: OfDatabase = None,
    broker: OfBroker = None,
    against: Whose = Against.private,
    out: Out = None,
    vhost: Vhost = None,
    json: Json = False,  # noqa: FBT002 - an option
) -> int:
    """Try to break it: real processes under load, killed, stopped and cut off; then check every promise.

    Exit code 0: no promise broken. 1: one is, and the report says which. 2: it could not be tried.
    """
    seed = secrets.randbelow(_SEEDS) if seed is None else seed
    folder = out or Path(tempfile.mkdtemp(prefix=f"writeoff-prove-{seed}-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    # So that a place on other people's servers is dropped whoever ends this.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if against is Against.external:
            proof = _external(seed, minutes * 60, folder, vhost)
        else:
            wanted, left_out = combinations(
                database.value if database else None, broker.value if broker else None, seed
            )
            proof = run(wanted, left_out, seed=seed, seconds=minutes * 60, folder=folder, watch=_teller())
    except (MissingServerError, RigError, ServerError) as error:
        raise Unusable(f"{error} Files and logs are in {folder}; nothing is proved.") from error
    (folder / "report.md").write_text(markdown.report(proof), "utf-8")
    (folder / "report.json").write_bytes(as_json(proof))
    if json:
        sys.stdout.write(as_json(proof).decode() + "\n")
    else:
        show(lambda to: _draw(to, proof))
    if proof.proved and out is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif not json:
        sys.stdout.write(f"\nReport and files: {folder}\n")
    return ExitCode.OK if proof.proved else ExitCode.FAILED


def _external(seed: int, seconds: float, folder: Path, vhost: str | None) -> Proof:
    """Try it on the servers of the settings, in a place that is made and dropped."""
    name = named("prove", seed)
    with own_place(given(Settings(), vhost), name, tell=_teller()) as place:
        places = Places(
            combination=Combination(
                database="postgresql", broker=_kind(place.broker_url), tasks=_kind(place.tasks_url)
            ),
            folder=folder,
            database_url=place.database_url,
            broker_url=place.broker_url,
            tasks_url=place.tasks_url,
        )
        return prove_on(places, place.opco, seed=seed, seconds=seconds, watch=_teller())


def _kind(url: str) -> Literal["rabbitmq", "redis"]:
    return "rabbitmq" if BrokerAddress.of(url).kind is BrokerKind.RABBITMQ else "redis"


def _draw(to: Console, proof: Proof) -> None:
    heading(to, "No promise broken" if proof.proved else "A PROMISE IS BROKEN")
    for line in markdown.findings(proof):
        note(to, line)
    for told in proof.trials:
        note(to, ", ".join(f"{name.rstrip('>').lower()} {value}" for name, value in _pairs(told, proof)))
    table(to, tables.PROMISES, tables.promises(proof))
    table(to, tables.FAULTS, tables.faults(proof))
    note(to, MAY_LOSE)
    for each in proof.left_out:
        note(to, f"Not tried: {each}")
    heading(to, "What this does not show")
    for sentence in NOT_SHOWN:
        note(to, sentence)
    note(to, f"The same again: writeoff prove --seed {proof.seed} --minutes {proof.seconds / 60:g}")


def _pairs(told: object, proof: Proof) -> list[tuple[str, str]]:
    number = [id(each) for each in proof.trials].index(id(told))
    return list(zip(tables.TRIALS, tables.trials(proof)[number], strict=True))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _teller() -> Callable[[str], None]:
    """Return what tells of progress on stderr, seldom enough for a log."""
    told_at, last = 0.0, ""

    def tell(text: str) -> None:
        nonlocal told_at, last
        kind = text.partition(" ")[2]
        if text != last and (time.monotonic() - told_at >= _TELL_SECONDS or not kind):
            told_at, last = time.monotonic(), text
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    return tell
