"""Safeguards of what is done: it is found again, and known again."""

import os

from proving.safeguards.safeguard import Safeguard
from proving.safeguards.stage import Stage
from proving.startup.patching import Place, replace

RESIDUE = frozenset({"no residue"})


def _scheduler_sends_nothing() -> None:
    for method in ("_send_due", "_send_requests", "_send_timers"):
        replace(
            Place.of(f"workers.scheduling.scheduler:Scheduler.{method}"),
            lambda _original: lambda _scheduler, *_arguments: 0,
        )


def _hints_are_lost(stage: Stage) -> None:
    """The hints of what intake has decided are lost before any worker has seen them."""
    intake = stage.play("intake")
    stage.say(*stage.write_off("00001"))
    stage.until(lambda: stage.count("processes") == 1, "a process")
    stage.stop(intake)
    stage.forget_hints()
    stage.play("intake", "scheduler", "worker", "relay")
    stage.settle(12)


def _ids_of_this_process() -> None:
    replace(Place.of("writeoff.identity:_ROOT_BYTES"), lambda _original: os.urandom(16))


def _a_backup_is_restored(stage: Stage) -> None:
    """Everything is done and told; the database is restored, and upstream says it again."""
    stage.play("intake", "scheduler", "worker", "relay")
    said = stage.say(*stage.write_off("00001"))
    stage.settle()
    stage.restore()
    stage.say_again(said)
    stage.play("intake", "scheduler", "worker", "relay")
    stage.settle()


SAFEGUARDS = (
    Safeguard(
        name="scheduler-sends-again",
        keeps="What is due is found again in the database, whatever hint was lost",
        removed="trusts that every hint arrives",
        trouble="Dramatiq's broker loses everything that it has",
        remove=_scheduler_sends_nothing,
        play=_hints_are_lost,
        caught_by=RESIDUE | {"stories end as they must"},
    ),
    Safeguard(
        name="derived-ids",
        keeps="The id of an effect follows from its cause, so that a repetition makes the same one",
        removed="draws ids by lot, anew in each process",
        trouble="a backup is restored, and upstream repeats what it had said",
        remove=_ids_of_this_process,
        play=_a_backup_is_restored,
        caught_by=frozenset({"received exactly what was caused", "each effect once"}),
    ),
)
