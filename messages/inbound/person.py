"""A person of an account, as Pulse knows them. Personal data: never logged."""

from typing import Annotated

import msgspec
from msgspec import Meta

from messages.fields import Code, Id, Name

#: More lines than any envelope window shows.
MAX_ADDRESS_LINES = 10


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a letter goes."""

    lines: Annotated[tuple[Name, ...], Meta(max_length=MAX_ADDRESS_LINES)] = ()
    city: Name | None = None
    postcode: Name | None = None
    country: Name | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the account: who owes (`financially_responsible`) and who is written to (R11)."""

    person_id: Id
    name: Name
    financially_responsible: bool
    receives_notifications: bool
    language: Code | None = None
    channel: Code | None = None
    phone: Name | None = None
    email: Name | None = None
    address: Address | None = None
