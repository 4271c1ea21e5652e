"""Who is at the keyboard, as the journal of changes names them."""

import os
import pwd


def actor() -> str:
    """Return `/operations/` and the name of the process's user, or its number where it has no name."""
    user = os.getuid()
    try:
        return f"/operations/{pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"/operations/{user}"
