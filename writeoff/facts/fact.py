"""The base of all facts."""

from writeoff.process import Cause
from writeoff.value import Value


class Fact(Value, frozen=True, kw_only=True):
    """Base of all facts."""

    cause: Cause
