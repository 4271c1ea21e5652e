"""Names that say whose a place is: `bench-7`, `prove-7`."""

import re
from typing import Literal, Self

from writeoff.value import Value

Kind = Literal["bench", "prove"]
#: Seeds have so many digits at most: an opco's name has 16 characters.
MOST_DIGITS = 9
_NAME = re.compile(r"\A(bench|prove)-[0-9]{1,9}\Z")


class Name(Value, frozen=True, kw_only=True):
    """A place's name. Only what has such a name is ever made, used or dropped."""

    text: str

    @classmethod
    def of(cls, kind: Kind, seed: int) -> Self:
        """Return the name for a seed; raises `ValueError` for a seed of more than nine digits or below 0."""
        text = f"{kind}-{seed}"
        if not _NAME.match(text):
            raise ValueError(f"a seed is a number from 0 to {10**MOST_DIGITS - 1}, not {seed}")
        return cls(text=text)

    @property
    def opco(self) -> str:
        """The opco whose policy, accounts and messages are in the place."""
        return self.text.upper()

    def __str__(self) -> str:
        return self.text


def is_a_name(text: str) -> bool:
    """Tell whether something is named as a place is."""
    return _NAME.match(text) is not None
