"""The command to clean up at once what the settings let go."""

from typing import Annotated, ClassVar

from msgspec import Meta

from messages.inbound.operations.data import OperatorData


class CleanUp(OperatorData, frozen=True, kw_only=True):
    """The bytes of messages that are older than `keep_days` shall go, as the installation's setting says."""

    type_name: ClassVar[str] = "writeoff.operations.clean-up.v1"

    keep_days: Annotated[
        int, Meta(ge=400, le=36_500, description="a whole number of days from 400 to 36,500")
    ]
