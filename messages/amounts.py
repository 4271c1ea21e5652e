"""Exact sums of decimal strings (R17), before anybody knows the currency's digits."""

from typing import Final

#: Inbound amounts have at most 4 decimals (`fields.Amount`); ISO 4217 has none with more.
DECIMALS: Final = 4


def scaled(amount: str) -> int:
    """Give an amount that matches `fields.Amount` in units of 1/10,000."""
    whole, _, fraction = amount.partition(".")
    return int(whole + fraction.ljust(DECIMALS, "0"))
