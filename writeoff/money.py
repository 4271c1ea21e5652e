"""Money: integer minor units and an ISO 4217 currency (R17). No float anywhere."""

import re
from collections.abc import Sequence

from writeoff.errors import AmountMalformed, CurrencyUnknown
from writeoff.value import Value

#: Minor-unit digits of the currencies that do not have two (ISO 4217).
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_OTHER_DIGITS = {
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
#: The active currencies with two digits (ISO 4217).
_TWO_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
    CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS
    VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_TWO_DIGITS = frozenset(_TWO_CODES.split())
#: Largest amount in minor units that we take: it leaves a signed 64-bit column room for sums of a million.
MAX_MINOR = 9_000_000_000_000

_PATTERN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,4}))?", re.ASCII)


def digits(currency: str) -> int:
    """Return how many minor-unit digits `currency` has; raise `CurrencyUnknown` for other codes."""
    if currency in _TWO_DIGITS:
        return 2
    try:
        return _OTHER_DIGITS[currency]
    except KeyError:
        raise CurrencyUnknown(currency) from None


def parse(text: str, currency: str) -> int:
    """Return the minor units of a decimal string with at most the currency's digits.

    Raises `AmountMalformed` for anything else, so that nothing is ever rounded on the way in.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise AmountMalformed(text, "write it as a plain decimal number, such as 1234.50")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    places = digits(currency)
    if len(fraction) > places:
        raise AmountMalformed(text, f"{currency} has {places} decimal digits, not {len(fraction)}")
    minor = int(whole + fraction.ljust(places, "0"))
    if minor > MAX_MINOR:
        raise AmountMalformed(text, f"more than the {render(MAX_MINOR, currency)} that is taken")
    return -minor if sign else minor


def render(minor: int, currency: str) -> str:
    """Return minor units as a decimal string with exactly the currency's digits: `10500`, `-3.07`."""
    places = digits(currency)
    if places == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    text = str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{text[:-places]}.{text[-places:]}"


def display(minor: int, currency: str) -> str:
    """Return an amount for people: `RWF 10,500`, `KES -0.05`."""
    whole, point, fraction = render(abs(minor), currency).partition(".")
    sign = "-" if minor < 0 else ""
    return f"{currency} {sign}{int(whole):,}{point}{fraction}"


class Share(Value, frozen=True, kw_only=True):
    """One receiver of a split: its weight, and what settles a tie (R17)."""

    weight: int
    code: str = ""
    ft_id: str = ""


def split(amount: int, shares: Sequence[Share]) -> list[int]:
    """Split `amount` (>= 0, minor units) in proportion to positive weights, exactly (R17).

    Largest remainder: floors first, then one unit each to the largest remainders; ties go to the larger
    piece, then by code, then by FT id in code-point order. The parts sum to `amount`.
    """
    total = sum(share.weight for share in shares)
    if amount < 0 or total <= 0 or any(share.weight < 0 for share in shares):
        raise ValueError("a split needs an amount of zero or more and weights above zero")
    if amount == total:
        return [share.weight for share in shares]
    parts = [amount * share.weight // total for share in shares]
    missing = amount - sum(parts)
    if missing:
        order = sorted(
            range(len(shares)),
            key=lambda i: (
                -(amount * shares[i].weight % total),
                -shares[i].weight,
                shares[i].code,
                shares[i].ft_id,
            ),
        )
        for index in order[:missing]:
            parts[index] += 1
    return parts
