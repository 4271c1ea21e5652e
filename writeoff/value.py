"""The base of every domain value."""

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frozen, keyword-only, slotted value; equal when its fields are equal.

    Values hold no cycles, so the garbage collector need not track them (`gc=False`).
    """
