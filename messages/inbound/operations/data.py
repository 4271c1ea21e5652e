"""What every operator's own command is."""

from typing import Final

from messages.inbound.data import InboundData

#: Begins the source of whatever an operator does; the user's name follows.
SOURCE: Final = "/operations/"


class OperatorData(InboundData, frozen=True, kw_only=True):
    """The `data` of a command that only an operator of this installation gives: `writeoff.operations.*`.

    It comes with a source below `/operations/`, through `workers.intake.operators`, never from a queue.
    """
