"""Safeguards of a set of events while it runs: its fence, and the lock under which agencies are chosen."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from messages.inbound.operations.retry_event import RetryEvent
from proving.safeguards.safeguard import Safeguard
from proving.safeguards.stage import Stage
from proving.startup.patching import Place, replace
from store.engine import locking
from store.engine.transaction import Transaction
from workers.events.executor import MAX_ATTEMPTS
from workers.intake.operators import Command, submit
from workers.scheduling.scheduler import RUNNING_LEASE_SECONDS
from workers.sets.shelf import PolicyShelf

#: Deaths after which it is plain that nobody counts them.
ENOUGH_DEATHS = MAX_ATTEMPTS + 2
#: How long something is waited for that does not happen with the safeguard, or without it.
GIVEN_SECONDS = 3.0
#: The first event of the template that the stage's write-offs have.
FIRST = 10


def _no_fence() -> None:
    replace(Place.of("store.work.events:start_running"), lambda _original: lambda *_arguments: None)
    replace(Place.of("store.work.events:finish_running"), lambda _original: lambda *_arguments: None)


def _an_event_that_kills(stage: Stage) -> None:
    """Whatever worker decides it dies. It is given up for those deaths, and only a fence tells of them."""
    worker = stage.play("worker", dies_at="events.decided", again=True)
    stage.play("intake", "relay")
    scheduler = stage.play("scheduler")
    stage.say(*stage.write_off("00001", exact=False))

    def given_up() -> bool:
        return stage.count("events", "status = 'failed'") > 0

    for deaths in range(1, ENOUGH_DEATHS + 1):
        stage.until(
            lambda deaths=deaths: given_up() or len(worker.ends) >= deaths,  # type: ignore[misc]
            "another death of the worker",
        )
        if given_up():
            break
        # The next scheduler begins with nothing in memory, long after the death.
        stage.stop(scheduler)
        _let_fences_age(stage)
        scheduler = stage.play("scheduler")
    stage.given(given_up, GIVEN_SECONDS)
    if given_up():  # somebody is told, mends what killed, and retries
        stage.stop(worker)
        stage.play("worker")
        _retry(stage)
    stage.settle(8)


def _let_fences_age(stage: Stage) -> None:
    age = f"interval '{RUNNING_LEASE_SECONDS + 1:g} seconds'"
    stage.execute(f"UPDATE running SET started_at = started_at - {age}")
    stage.execute(f"UPDATE leases SET expires_at = expires_at - {age}")


def _retry(stage: Stage) -> None:
    retry = RetryEvent(account_id="RW-00001-1", event_sequence=FIRST, reason="what killed is mended")
    order = Command(user="grace", publisher="root", opco="RW", data=retry, at=datetime.now(UTC))
    submit(stage.database, PolicyShelf(), [order])


def _fence_is_not_looked_for() -> None:
    def make(original: Any) -> Any:
        del original

        def finish_running(tx: Transaction, token: str) -> None:
            tx.connection.exec_driver_sql("DELETE FROM running WHERE token = %s", (token,))

        return finish_running

    replace(Place.of("store.work.events:finish_running"), make)


def _a_worker_wakes_too_late(stage: Stage) -> None:
    """It stands still with its set decided; the set is given to another; then it goes on to its commit.

    All are at work before: whoever starts waits for a lock that the sleeper holds, and after 30 s PostgreSQL
    ends its session (`idle_in_transaction_session_timeout`), which is one guard more.
    """
    sleeper = stage.play("worker", stops_at="events.decided")
    stage.play("intake", "relay")
    stage.play("scheduler")
    other = stage.play("worker")
    other.pause()
    stage.say(*stage.write_off("00001"))
    stage.until(sleeper.stands_still, f"{sleeper.name} to stand still")
    with stage.database.read() as tx:
        token = tx.connection.exec_driver_sql("SELECT token FROM running").scalar_one()
    _let_fences_age(stage)
    stage.until(lambda: stage.count("running", f"token = '{token}'") == 0, "the set to be taken over")
    other.resume()
    stage.until(lambda: _somebody_waits(stage), "the other worker to be at it")
    sleeper.resume()
    stage.settle()


def _somebody_waits(stage: Stage) -> bool:
    """Whether a session waits for a row that another holds."""
    return stage.count("pg_stat_activity", "datname = current_database() AND wait_event_type = 'Lock'") > 0


def _totals_are_not_locked() -> None:
    def make(original: Any) -> Any:
        del original

        def lock_agency_debt(tx: Transaction, opcos: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
            return {opco: locking.agency_debt_of(tx, opco) for opco in set(opcos)}

        return lock_agency_debt

    replace(Place.of("store.engine.locking:lock_agency_debt"), make)


def _two_choose_at_once(stage: Stage) -> None:
    """One worker has chosen an agency and not written it yet; another chooses for the next account."""
    first = stage.play("worker", stops_at="events.decided")
    stage.play("intake", "relay")
    stage.say(*stage.write_off("00001"))
    stage.until(first.stands_still, f"{first.name} to stand still")
    stage.play("worker")
    stage.say(*stage.write_off("00002"))
    stage.until(
        lambda: _somebody_waits(stage) or stage.count("referrals") > 0, "the other worker to wait, or not"
    )
    first.resume()
    stage.play("scheduler")
    stage.settle()


SAFEGUARDS = (
    Safeguard(
        name="fence",
        keeps="An event whose workers die is counted, runs alone, and is given up after five of them",
        removed="begins sets without a row that says so",
        trouble="an event kills every worker that decides it",
        remove=_no_fence,
        play=_an_event_that_kills,
        caught_by=frozenset({"no residue"}),
    ),
    Safeguard(
        name="fence-at-the-end",
        keeps="A set that was taken for dead commits nothing",
        removed="commits without a look for its fence",
        trouble="a worker stands still until its set is taken over, and then goes on",
        remove=_fence_is_not_looked_for,
        play=_a_worker_wakes_too_late,
        caught_by=None,
        behind="the accounts' locks, under which events are read again",
    ),
    Safeguard(
        name="agency-totals-locked",
        keeps="The agency with the least debt is chosen, however many choose at once",
        removed="reads the agencies' totals without a lock",
        trouble="two workers choose at the same moment",
        remove=_totals_are_not_locked,
        play=_two_choose_at_once,
        caught_by=frozenset({"the agency with the least debt"}),
    ),
)
