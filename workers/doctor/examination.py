"""Every area looked at, one after the other; what does not answer is said, and stops none of the others."""

from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from handlers.kinds.discovery import modules
from store.engine.errors import StoreError
from workers.brokers import BrokerUnavailable
from workers.doctor import areas
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation
from workers.hints.tasks import TasksUnavailable
from writeoff.value import Value


class Area(Protocol):
    """A module of `areas`: its checks, and how they are made. Raises where its server does not answer."""

    CHECKS: Sequence[Check]
    __name__: str

    def look(self, at: Installation) -> Iterable[Finding]:
        """Return what is not as it should be."""
        ...


class Unanswered(Value, frozen=True, kw_only=True):
    """An area that could not be looked at, since its server does not answer, and what it says instead."""

    area: str
    problem: str


class Examination(Value, frozen=True, kw_only=True):
    """What was found, what loses data first, and what could not be looked at."""

    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]


def examine(at: Installation) -> Examination:
    """Look at everything. Nothing is changed anywhere."""
    findings: list[Finding] = []
    unanswered: list[Unanswered] = []
    for area in _areas():
        try:
            findings += area.look(at)
        except (StoreError, BrokerUnavailable, TasksUnavailable) as trouble:
            name = area.__name__.rpartition(".")[2]
            unanswered.append(Unanswered(area=name, problem=str(trouble)))
    return Examination(
        findings=tuple(sorted(findings, key=lambda each: not each.loses)), unanswered=tuple(unanswered)
    )


def checks() -> list[Check]:
    """Return every check there is."""
    return [check for area in _areas() for check in area.CHECKS]


def _areas() -> Sequence[Area]:
    return cast("Sequence[Area]", modules(areas))
