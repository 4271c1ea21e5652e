"""One thing that is not as it should be, in three sentences."""

from writeoff.value import Value


class Finding(Value, frozen=True, kw_only=True):
    """What was found, why it matters, and how to mend it: one sentence each.

    With `loses` acknowledged data can be lost, and no role starts. `where` is the server, without passwords.
    """

    check: str
    loses: bool
    where: str
    what: str
    why: str
    mend: str


class Check(Value, frozen=True, kw_only=True):
    """One thing that is looked at. `what`, `why` and `mend` may have `{names}` that `found` fills in."""

    name: str
    what: str
    why: str
    mend: str
    loses: bool = False

    def found(self, where: str, *, pardoned: bool = False, **details: object) -> Finding:
        """Return the finding. `pardoned`: the server says itself that its data may be lost."""
        return Finding(
            check=self.name,
            loses=self.loses and not pardoned,
            where=where,
            what=self.what.format(**details),
            why=self.why.format(**details),
            mend=self.mend.format(**details),
        )
