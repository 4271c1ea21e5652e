"""Orders of operators: journaled and decided like any other command, and their answer at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from messages import codec
from messages.inbound.data import InboundData
from operations.actor import Operator
from operations.database import opened, reading, refuse_other_schema
from operations.failures import CommandFailed, NotFound, Unusable
from store import opcos as opco_store
from workers.intake.operators import Command, CommandUnusable, Outcome, submit
from workers.sets.shelf import PolicyShelf
from workers.settings import Settings
from writeoff import identity as identities


class Refused(CommandFailed):
    """The command was taken and refused; the sentence says why."""


def order(settings: Settings, who: Operator, orders: Mapping[str, InboundData]) -> tuple[Outcome, ...]:
    """Submit one order for each opco, in one transaction; raises `Refused` with the sentence of a refusal."""
    at = datetime.now(UTC)
    commands = [
        Command(user=who.user, publisher=who.system_user, opco=opco, data=data, at=at)
        for opco, data in orders.items()
    ]
    with opened(settings) as database:
        with database.read() as tx:
            refuse_other_schema(tx)
        try:
            outcomes = submit(database, PolicyShelf(), commands)
        except CommandUnusable as error:
            raise Unusable(str(error)) from error
    for outcome in outcomes:
        if outcome.refusal is not None:
            raise Refused(sentence(outcome))
    return outcomes


def derived_id(command: str, opco: str, data: Mapping[str, Any]) -> str:
    """Return the number of a command that was given none: what is ordered in the same words has the same."""
    return "OP-" + identities.derive("order", command, opco, codec.encode(data).decode())


def sentence(outcome: Outcome) -> str:
    """Return why a command was refused, as one sentence."""
    if outcome.message is not None:
        return f"{outcome.refusal}: {outcome.message}"
    return f"{outcome.refusal}: this was decided before, and nothing was changed now."


def opcos_named(settings: Settings, opco: str | None) -> Sequence[str]:
    """Return the opco if it is served here, or all of them; raises `NotFound`."""
    with reading(settings) as tx:
        known = sorted(opco_store.now(tx))
    if opco is not None and opco not in known:
        raise NotFound(f"Opco {opco!r} is not known here.")
    if not known:
        raise NotFound("No opco is known yet: start a role, which brings the policies.")
    return known if opco is None else [opco]
