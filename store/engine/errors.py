"""What can go wrong with the database, as our own errors. After any of them the connection is gone."""

from writeoff.errors import WriteoffError


class StoreError(WriteoffError):
    """A database error; the transaction is rolled back (or its outcome unknown) and the step starts over."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or the connection broke. A commit in flight may have happened."""


class StoreBusy(StoreError):
    """A lock was not to be had in time, a deadlock was broken, or a statement took too long."""


class StoreConflict(StoreError):
    """A constraint refused a row: another transaction was first, or an invariant is broken."""


class LeaseLost(StoreError):
    """The fence or lease of this work is gone: somebody else has taken it over. Roll back."""


class SchemaAhead(StoreError):
    """The database has the schema of a newer version than this one."""
