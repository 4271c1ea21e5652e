"""The words and bounds of a policy file: what a single value may be, with the sentence that says so."""

from datetime import date
from typing import Annotated

from msgspec import Meta

#: More than any chart of accounts needs, and short enough for an index, a routing key and a screen.
NAME_LENGTH = 64

Name = Annotated[
    str,
    Meta(
        pattern=rf"\A[A-Za-z0-9][A-Za-z0-9._/+-]{{0,{NAME_LENGTH - 1}}}\Z",
        description=f"1 to {NAME_LENGTH} letters, digits and . _ / + -, the first a letter or digit",
    ),
]
#: A word of a routing key (`agency.<code>.referral-placed`): a dot or a star in it would misroute.
AgencyCode = Annotated[
    str,
    Meta(
        pattern=rf"\A[A-Z0-9-]{{1,{NAME_LENGTH}}}\Z",
        description=f"1 to {NAME_LENGTH} capital letters, digits and -",
    ),
]
OpcoCode = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Z][A-Z0-9-]{0,15}\Z",
        description="1 to 16 capital letters, digits and -, the first a letter",
    ),
]
#: How Pulse words a reason or a customer class is its own affair: any printable text that is not too long.
Label = Annotated[
    str,
    Meta(
        pattern=r"\A[^\x00-\x1f\x7f]{1,100}\Z",
        description="1 to 100 characters without line breaks",
    ),
]
OptionalLabel = Annotated[
    str,
    Meta(
        pattern=r"\A[^\x00-\x1f\x7f]{0,200}\Z",
        description="at most 200 characters without line breaks",
    ),
]
Text = Annotated[
    str,
    Meta(
        pattern=r"\A[^\x00-\x09\x0b-\x1f\x7f]{1,2000}\Z",
        description="1 to 2000 characters",
    ),
]
Amount = Annotated[
    str,
    Meta(
        pattern=r"\A[0-9]{1,15}(\.[0-9]{1,4})?\Z",
        description='an amount as a string, such as "1500"',
    ),
]
CurrencyCode = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z", description='an ISO 4217 code, such as "RWF"')]

Days = Annotated[int, Meta(ge=0, le=3650, description="a whole number of days from 0 to 3650")]
Years = Annotated[int, Meta(ge=0, le=30, description="a whole number of years from 0 to 30")]
#: Ten minutes: an account that Pulse has not sent by then will not come with this message.
WaitSeconds = Annotated[int, Meta(ge=0, le=600, description="a whole number of seconds from 0 to 600")]
#: A year: who has not answered by then will not.
Hours = Annotated[int, Meta(ge=1, le=8760, description="a whole number of hours from 1 to 8760")]
Day = Annotated[date, Meta(description="a date such as 2026-12-01, without quotes")]
Attempts = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")]
Holds = Annotated[int, Meta(ge=0, le=100, description="a whole number from 0 to 100")]
Sequence = Annotated[int, Meta(ge=1, le=9999, description="a whole number from 1 to 9999")]
Priority = Annotated[int, Meta(ge=1, le=9999, description="a whole number from 1 to 9999")]
TodoPriority = Annotated[int, Meta(ge=0, le=99, description="a whole number from 0 to 99")]
