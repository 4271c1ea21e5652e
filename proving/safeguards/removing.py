"""Every safeguard there is, and how one is taken away from the process that calls this."""

from proving.safeguards import events, intake, publishing, sets
from proving.safeguards.safeguard import Safeguard

SAFEGUARDS = {
    each.name: each
    for each in (*intake.SAFEGUARDS, *publishing.SAFEGUARDS, *events.SAFEGUARDS, *sets.SAFEGUARDS)
}


def remove(name: str) -> Safeguard:
    """Take a safeguard away, in this process, for good.

    Raises `KeyError` for one that is not there, and `NameGone` when the product has changed under it.
    """
    safeguard = SAFEGUARDS[name]
    safeguard.remove()
    return safeguard
