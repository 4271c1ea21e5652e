"""A person as letters and agencies are told. Personal data: never logged."""

from writeoff.value import Value


class PostalAddress(Value, frozen=True, kw_only=True):
    """Where a letter goes."""

    lines: tuple[str, ...]
    city: str | None
    postcode: str | None
    country: str | None


class Addressee(Value, frozen=True, kw_only=True):
    """Somebody who is written about, or to, and by which channel."""

    person_id: str
    name: str
    language: str | None
    channel: str | None
    phone: str | None
    email: str | None
    address: PostalAddress | None


class Debtor(Value, frozen=True, kw_only=True):
    """A financially responsible person, as an agency needs to find them."""

    person_id: str
    name: str
    phone: str | None
    email: str | None
    language: str | None
    address: PostalAddress | None
