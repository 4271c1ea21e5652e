"""Amounts as they arrive (R17): decimal strings with at most the currency's digits."""

from messages.malformed import Malformed
from writeoff import money
from writeoff.errors import CurrencyUnknown


def digits_of(currency: str, path: str) -> int:
    """Give the currency's ISO 4217 digits; refuse a code that is none."""
    try:
        return money.digits(currency)
    except CurrencyUnknown as error:
        raise Malformed(path, "The currency is not an active one of ISO 4217; send its code.") from error


def minor_units(amount: str, digits: int, path: str) -> int:
    """Give an amount that matches `fields.Amount` in units of the currency's last digit.

    Refuses more digits than the currency has, even zeros, and what no ledger column could sum.
    """
    whole, _, fraction = amount.partition(".")
    if len(fraction) > digits:
        raise Malformed(path, f"The currency has {digits} decimal digits; send no more than that.")
    minor = int(whole + fraction.ljust(digits, "0"))
    if abs(minor) > money.MAX_MINOR:
        raise Malformed(path, f"The amount is above {money.MAX_MINOR} minor units; send a possible one.")
    return minor
