"""When the oldest of what was published in an hour had been written: where a replay has to begin."""

from datetime import datetime

from sqlalchemy import func, select, update

from store.engine.transaction import Transaction
from store.tables import publications


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of a moment's hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def note(tx: Transaction, destination: str, oldest_at: datetime) -> None:
    """Note that a message of that age was published just now, unless an older one was in this hour."""
    names = ("destination", "hour", "oldest_at")
    hour = hour_of(tx.now)
    if not tx.insert_new(publications, names, [(destination, hour, oldest_at)], names[:2]):
        tx.execute(
            update(publications)
            .where(
                publications.c.destination == destination,
                publications.c.hour == hour,
                publications.c.oldest_at > oldest_at,
            )
            .values(oldest_at=oldest_at)
        )


def written_from(tx: Transaction, since: datetime, destination: str | None) -> datetime:
    """Return from when on a message may have been written that was published since a moment."""
    oldest = select(func.min(publications.c.oldest_at)).where(publications.c.hour >= hour_of(since))
    if destination is not None:
        oldest = oldest.where(publications.c.destination == destination)
    found: datetime | None = tx.execute(oldest).scalar_one()
    return since if found is None else min(since, found)
