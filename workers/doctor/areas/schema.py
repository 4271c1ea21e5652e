"""Whether the database has the schema of this version."""

from collections.abc import Iterator

from store.engine import migrating
from store.engine.errors import StoreUnavailable
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation

BEHIND = Check(
    name="schema.behind",
    loses=True,
    what="{sentence}",
    why="This version writes what the tables there have no place for.",
    mend="Run `writeoff db upgrade` of this version before its roles.",
)
AHEAD = Check(
    name="schema.ahead",
    loses=True,
    what="{sentence}",
    why="An older version leaves out what the newer one keeps of each message.",
    mend="Run the version that the database was upgraded with, or a newer one.",
)
CHECKS = (BEHIND, AHEAD)


def look(at: Installation) -> Iterator[Finding]:
    """Compare the steps."""
    state = migrating.check(at.database.url.render_as_string(hide_password=False))
    match state.status:
        case "behind":
            yield BEHIND.found(at.place, sentence=state.sentence)
        case "ahead":
            yield AHEAD.found(at.place, sentence=state.sentence)
        case "unreachable":
            raise StoreUnavailable(state.sentence)
