"""What a role does with the examination when it starts: it warns, or refuses."""

from collections.abc import Callable, Sequence

import structlog

from workers.brokers import BrokerUnavailable
from workers.doctor.examination import examine
from workers.doctor.finding import Finding
from workers.doctor.installation import Installation
from writeoff.errors import WriteoffError

log = structlog.get_logger()


class RoleRefused(WriteoffError):
    """A role does not start, since acknowledged data could be lost."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(f"{each.what} {each.why} {each.mend}" for each in findings))
        self.findings = findings


def admit(installation: Installation) -> None:
    """Log what weakens a promise, a line each; raises `RoleRefused` for what loses data.

    Raises `BrokerUnavailable` when not everything could be looked at: the caller waits, and comes again.
    """
    found = examine(installation)
    refused = [each for each in found.findings if each.loses]
    for each in refused:
        _tell(log.error, "writeoff.role.refused", each)
    if refused:
        raise RoleRefused(refused)
    if found.unanswered:
        raise BrokerUnavailable(found.unanswered[0].problem)
    for each in found.findings:
        _tell(log.warning, "writeoff.role.weakened", each)


def _tell(tell: Callable[..., object], event: str, finding: Finding) -> None:
    tell(
        event,
        check=finding.check,
        where=finding.where,
        what=finding.what,
        why=finding.why,
        mend=finding.mend,
    )
