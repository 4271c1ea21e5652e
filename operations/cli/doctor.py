"""What weakens a promise on this installation."""

import typer
from rich.console import Console

from operations.brokers import broker_url
from operations.cli.options import Json
from operations.cli.printing import emit, fields, heading, note
from operations.database import opened
from operations.failures import ExitCode
from workers import doctor as examining
from workers.bootstrap import policies
from workers.brokers import contract_topology
from workers.doctor import Examination, Finding, Installation
from workers.settings import Settings


def doctor(as_json: Json = False) -> int:  # noqa: FBT002 - an option
    """Say what weakens a promise here, why, and how to mend it; exits 1 for any of it, 4 for a silent server.

    What loses data keeps every role from starting; the rest they log when they start. Changes nothing.
    """
    settings = Settings()
    broker = broker_url(settings)
    agencies = sorted({code for policy in policies(settings.policy_dir) for code in policy.agencies})
    with opened(settings) as database:
        found = examining.examine(
            Installation(settings, database=database, broker_url=broker, topology=contract_topology(agencies))
        )
    emit(found, lambda to: _draw(to, found, unseen=broker is None), as_json=as_json)
    if found.unanswered:
        return ExitCode.UNAVAILABLE
    return ExitCode.FAILED if found.findings else ExitCode.OK


def _draw(to: Console, found: Examination, *, unseen: bool) -> None:
    _section(to, "Loses data: no role starts", [each for each in found.findings if each.loses])
    _section(to, "Weakens a promise", [each for each in found.findings if not each.loses])
    if found.unanswered:
        heading(to, "Not looked at")
        for each in found.unanswered:
            fields(to, [(each.area, each.problem)])
    if unseen:
        note(to, "The broker is embedded and does not run: nothing is said of it.")
    if not found.findings and not found.unanswered:
        typer.echo(f"{len(examining.checks())} checks: nothing weakens a promise.")


def _section(to: Console, title: str, findings: list[Finding]) -> None:
    if not findings:
        return
    heading(to, title)
    for each in findings:
        to.print(f"{each.check} ({each.where})", markup=False, soft_wrap=True)
        fields(to, [("what", each.what), ("why", each.why), ("mend", each.mend)])
