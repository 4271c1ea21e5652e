"""The command to list in the outbox again what was written since a moment: a broker's data are lost."""

from typing import ClassVar

from messages.fields import Code, Instant
from messages.inbound.operations.data import OperatorData


class ReplayOutbox(OperatorData, frozen=True, kw_only=True):
    """Messages of the opco that were written at or after `since` are published again: same ids, same bytes.

    Those to one destination, or to all. With `without_opco` also those that belong to no opco: what is told
    of dead letters that could not be read.
    """

    type_name: ClassVar[str] = "writeoff.operations.replay-outbox.v1"

    since: Instant
    destination: Code | None = None
    without_opco: bool = False
