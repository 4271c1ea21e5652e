"""Who is at the keyboard, as the journal of messages names them."""

import os
import pwd

from operations.failures import Unusable
from workers.settings import Settings
from writeoff.value import Value


class Operator(Value, frozen=True, kw_only=True):
    """Who orders: `user` as they say, or as the system says; `system_user` runs this process."""

    user: str
    roles: tuple[str, ...]
    system_user: str


def operator(settings: Settings, named: str | None = None, roles: list[str] | None = None) -> Operator:
    """Return who orders: by name, else WRITEOFF_USER, else the system's user; roles else WRITEOFF_ROLES.

    Whoever can write to the database could write anything: the name is for the record, not a lock.
    """
    system_user = _system_user()
    user = (named or settings.user or system_user).strip()
    held = roles or [role.strip() for role in settings.roles.split(",") if role.strip()]
    if not user:
        raise Unusable("The name of the user is empty: --as or WRITEOFF_USER says who you are.")
    return Operator(user=user, roles=tuple(dict.fromkeys(held)), system_user=system_user)


def _system_user() -> str:
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
