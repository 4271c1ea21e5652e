"""What a schema cannot say: checks between the fields of one message. Each raises `Malformed`."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from messages.malformed import Malformed

#: Within these years, adding a few decades of days or converting between time zones never overflows.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


def refuse_implausible(value: date | None, path: str) -> None:
    """Refuse a date or time whose year nobody can have meant."""
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Malformed(path, f"The year is not plausible; send one from {FIRST_YEAR} to {LAST_YEAR}.")


def refuse_not_positive(amount_minor: int, path: str) -> None:
    """Refuse an amount of zero or below."""
    if amount_minor <= 0:
        raise Malformed(path, "The amount is not above zero; send what was received, without a sign.")


def refuse_absent(value: object, path: str, because: str) -> None:
    """Refuse a field left out, or null, that another field makes necessary."""
    if value is None:
        raise Malformed(path, f"The field is required {because}; send it.", "missing-field")


def refuse_repeated(identifiers: Iterable[str], path: str, field: str) -> None:
    """Refuse the second row of the list at `path` whose `field` names the same thing."""
    seen: set[str] = set()
    for index, identifier in enumerate(identifiers):
        if identifier in seen:
            problem = "The same identifier stands in an earlier row; send each once."
            raise Malformed(f"{path}[{index}].{field}", problem)
        seen.add(identifier)
