"""Stories of many steps, in any order: the books hold after each of them, on both databases.

`make test` tells a few; `make life STEPS=20000` tells many more, of another seed each time. A failure prints
its seed and the shortest story that shows it.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from proving.servers.postgresql import PostgreSQL
from proving.servers.valkey import Valkey
from store.engine import migrating
from tests.integration.life.machine import Life
from tests.support import policies
from tests.support.world import World

#: Steps a story: enough for a write-off, its recoveries, its reversal and a second one. Each story opens an
#: installation of its own, which takes as long as ten steps.
STEPS_A_STORY = 40
#: Steps a database by default: about ten seconds' worth.
STEPS = int(os.environ.get("WRITEOFF_LIFE_STEPS", "120"))
#: The same stories each time, unless somebody asks for others: these meet recoveries, goods and reversals.
SEED = int(os.environ.get("WRITEOFF_LIFE_SEED", "3"))
#: A story that fails is made short, which takes minutes; `0` shows it at once as it is.
SHRINK = os.environ.get("WRITEOFF_LIFE_SHRINK", "1") != "0"

OpenWorld = Callable[[], World]

_numbers = itertools.count(1)


#: Everything that policies may say about money and time, somewhere.
RWANDA = (
    (
        '{ sequence = 50, event_type = "WRITE-OFF", days = 60 }',
        '{ sequence = 50, event_type = "WRITE-OFF", days = 60, recall_wait_hours = 24 }',
    ),
    (
        "# ---- Letters and to-dos",
        '[[approvals]]\npriority = 10\nkind = "bulk"\n\n# ---- Letters and to-dos',
    ),
)
INCOME = '[distribution_codes.RECOVERY-INCOME]\nclass = "other"\ngl_account = "790000"\n\n'
KENYA = (
    (
        "[roles]",
        'recovery_credit = "recovery-income"\nrecovery_credit_code = "RECOVERY-INCOME"\n[roles]',
    ),
    (
        "[distribution_codes.RECOVERY-CLEARING]",
        INCOME + "[distribution_codes.RECOVERY-CLEARING]",
    ),
)


@pytest.fixture(scope="module")
def policy_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = policies.folder(tmp_path_factory.mktemp("life") / "policies", *RWANDA, opcos=("RW",))
    return policies.folder(path, *KENYA, opcos=("KE",))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is room: a story commits hundreds of times, and no power fails in it."""
    memory = Path("/dev/shm")  # noqa: S108 - what goes into it has a folder of its own
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(prefix="writeoff-life-", dir=memory) as name:
        yield Path(name)


@pytest.fixture
def open_sqlite(migrated_file: Path, folder: Path, valkey: Valkey, policy_dir: Path) -> OpenWorld:
    def opened() -> World:
        for file in folder.glob("life-*"):  # of the story before, which is over: there may be little room
            file.unlink()
        number = next(_numbers)
        path = folder / f"life-{number}.sqlite"
        shutil.copy(migrated_file, path)
        broker_url = valkey.create_database(f"life_{os.getpid()}_{number}")
        return World(f"sqlite:///{path}", broker_url, policy_dir=policy_dir)

    return opened


@pytest.fixture
def open_postgresql(postgresql: PostgreSQL, valkey: Valkey, policy_dir: Path) -> Iterator[OpenWorld]:
    postgresql.create_template("migrated", lambda url: migrating.upgrade(url) and None)
    names: list[str] = []

    def opened() -> World:
        while names:  # of the story before, which is over
            postgresql.drop_database(names.pop())
        name = f"life_{os.getpid()}_{next(_numbers)}"
        url = postgresql.create_database(name, "migrated")
        names.append(name)
        return World(url, valkey.create_database(name), policy_dir=policy_dir)

    yield opened
    for name in names:
        postgresql.drop_database(name)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_books_hold_whatever_comes_in_whatever_order(
    database: str, request: pytest.FixtureRequest
) -> None:
    open_world: OpenWorld = request.getfixturevalue(f"open_{database}")

    def life() -> Life:
        return Life(open_world)

    try:
        run_state_machine_as_test(
            seed(SEED)(life),
            settings=settings(
                max_examples=max(1, STEPS // STEPS_A_STORY),
                stateful_step_count=STEPS_A_STORY,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink] if SHRINK else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except BaseException as failure:
        failure.add_note(
            f"Seed {SEED}: WRITEOFF_LIFE_SEED={SEED} WRITEOFF_LIFE_STEPS={STEPS} tells it again."
        )
        raise
