"""What every kind of inbound data is."""

from typing import ClassVar

import msgspec


class InboundData(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of one inbound message type. Unknown fields are accepted; the raw bytes keep them."""

    type_name: ClassVar[str]

    def check(self, at: str) -> None:
        """Check the fields against each other. Raises `Malformed` with a path that begins with `at`."""
