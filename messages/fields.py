"""The kinds of value that fields hold. Each says in its description what a sender shall send.

A length counts characters. Every text is bounded, so that whatever is accepted fits its column.
"""

from datetime import date, datetime
from typing import Annotated, Final

from msgspec import Meta

#: Integers stay exact in JavaScript and fit a BIGINT.
MAX_INTEGER: Final = 2**53 - 1

# `$` alone would match before a trailing newline too: hence the lookahead.
_END: Final = r"$(?!\n)"

#: CloudEvents 1.0 §2.2 allows no control character; identifiers of effects are derived with U+001F between.
_VISIBLE: Final = r"^[^\x00-\x1f\x7f-\x9f]+" + _END


def visible(max_length: int, noun: str) -> Meta:
    """Give the constraint of a text of 1 to `max_length` characters that identifies something."""
    description = f"{noun} of 1 to {max_length} characters, none of them a control character"
    return Meta(min_length=1, max_length=max_length, pattern=_VISIBLE, description=description)


Id = Annotated[str, visible(128, "an identifier")]
Code = Annotated[str, visible(64, "a code")]
Name = Annotated[str, Meta(max_length=400, description="a name of at most 400 characters")]
Text = Annotated[str, Meta(max_length=4000, description="a text of at most 4,000 characters")]
ReasonText = Annotated[
    str, Meta(min_length=1, max_length=4000, description="a reason of 1 to 4,000 characters")
]

Amount = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?" + _END,
        description='a decimal number as a string, such as "10500" or "10500.25"',
    ),
]
UnsignedAmount = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?" + _END,
        description='a decimal number without a sign as a string, such as "10500" or "10500.25"',
    ),
]
Currency = Annotated[
    str, Meta(pattern=r"^[A-Z]{3}" + _END, description="a currency as an ISO 4217 code of three letters")
]
AgencyCode = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z0-9-]{1,64}" + _END,
        description="an agency's code of 1 to 64 capital letters, digits and hyphens",
    ),
]
Day = Annotated[date, Meta(description="a date such as 2026-11-03, in the opco's time zone")]
Instant = Annotated[
    datetime, Meta(tz=True, description="an RFC 3339 time with an offset, such as 2026-11-03T09:00:00Z")
]

Number = Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="a whole number from 0 to 2^53 - 1")]
Sequence = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1,000,000")]
Quantity = Annotated[int, Meta(ge=0, le=1_000_000, description="a whole number from 0 to 1,000,000")]
SignedQuantity = Annotated[
    int,
    Meta(ge=-1_000_000, le=1_000_000, description="a whole number from -1,000,000 to 1,000,000"),
]
