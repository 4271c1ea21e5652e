"""What happens to accounts. An exact story says what must come of it to the cent; a wild one has no order."""

from collections.abc import Mapping

from proving.load.stories.exact import (
    canceled,
    opted_out,
    paid,
    recovered,
    returned,
    reversed_,
    visited,
    written_off,
)
from proving.load.stories.others import asked_twice, bulk, conflicting, not_in_default, small, unauthorised
from proving.load.stories.story import Telling
from proving.load.stories.wild import wild

#: Name -> how often it is told for each time that the others are, and how it goes.
STORIES: Mapping[str, tuple[int, Telling]] = {
    "written off": (4, written_off),
    "recovered": (4, recovered),
    "reversed": (3, reversed_),
    "returned goods": (2, returned),
    "opted out": (2, opted_out),
    "visited": (3, visited),
    "paid before the write-off": (3, paid),
    "canceled": (2, canceled),
    "bulk with approval": (1, bulk),
    "closed as small": (1, small),
    "not in default": (1, not_in_default),
    "unauthorised": (1, unauthorised),
    "asked twice": (1, asked_twice),
    "conflicting": (2, conflicting),
    "wild": (2, wild),
}
