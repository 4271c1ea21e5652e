"""Decimal strings of the wire into minor units, with the path of what cannot be (R17)."""

from messages.malformed import Malformed
from writeoff import money
from writeoff.errors import AmountMalformed, CurrencyUnknown


def minor(text: str, currency: str, path: str) -> int:
    """Return minor units; raises `Malformed` at `path` for more digits than the currency has."""
    try:
        return money.parse(text, currency)
    except AmountMalformed as error:
        raise Malformed(path, f"{error.problem}.") from error


def require_currency(currency: str, path: str) -> None:
    """Refuse a currency that ISO 4217 does not know: its digits, and so its amounts, would be a guess."""
    try:
        money.digits(currency)
    except CurrencyUnknown as error:
        raise Malformed(path, f"{error}.") from error
