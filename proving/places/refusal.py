"""Why there is no place, or why one is still there."""

from writeoff.errors import WriteoffError


class PlaceRefused(WriteoffError):
    """No place can be made there: something is there already, or a right is missing; nothing is left."""


class PlaceLeft(WriteoffError):
    """Something that was made could not be dropped again; its text says what, and how to drop it."""
