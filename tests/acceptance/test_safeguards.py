"""The checker is checked: two safeguards are taken away, and the rig notices."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from proving.safeguards.removing import SAFEGUARDS
from proving.safeguards.running import play
from proving.safeguards.stage import Servers
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey

#: Another choice: PROVE_SEED=7. Without it, another one for each checkout.
SEED = os.environ.get("PROVE_SEED") or str(Path(__file__).stat().st_mtime_ns)
#: Those whose trouble is over soonest: the whole of them are in `make prove`.
QUICK = (
    "acknowledge-after-commit",
    "agency-totals-locked",
    "confirms",
    "conflicts",
    "contiguous-prefix",
    "dead-letters",
    "delete-after-confirm",
    "inbox-identity",
)
CHOSEN = Random(SEED).sample(QUICK, 2)  # noqa: S311 - to be repeatable


@pytest.mark.parametrize("number", [0, 1])
def test_the_rig_notices_that_a_safeguard_is_gone(
    number: int, postgresql: PostgreSQL, rabbitmq: RabbitMQ, valkey: Valkey, tmp_path: Path
) -> None:
    name = CHOSEN[number]
    servers = Servers(postgresql=postgresql, rabbitmq=rabbitmq, valkey=valkey)
    verdict = play(name, servers, removed=True, folder=tmp_path)
    assert verdict.ok, f"without {name} the checker found nothing: repeat with PROVE_SEED={SEED}"


def test_every_safeguard_is_still_where_it_is_taken_from() -> None:
    """In a process of its own, since each is taken away for good."""
    assert set(QUICK) <= set(SAFEGUARDS)
    remove_all = (
        "from proving.safeguards.removing import SAFEGUARDS, remove\nfor name in SAFEGUARDS: remove(name)"
    )
    done = subprocess.run([sys.executable, "-c", remove_all], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_process_without_an_unknown_safeguard_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "proving.safeguards.without", "gravity", "--", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "confirms" in done.stderr
