"""Who asks or decides."""

from typing import Annotated

import msgspec
from msgspec import Meta

from messages.fields import Code, Id, Name

#: Far more roles than anybody has.
MAX_ROLES = 50


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A user and the roles claimed; who may do what is decided on the proof, not on this claim."""

    user_id: Id
    name: Name | None = None
    roles: Annotated[tuple[Code, ...], Meta(max_length=MAX_ROLES)]
