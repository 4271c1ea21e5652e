"""What an audit finds, row by row."""

from operations.views.view import View


class Finding(View, frozen=True, kw_only=True):
    """A row that is not as it must be: which, in which table, and what is wrong with it, as a sentence."""

    table: str
    opco: str | None
    row: str
    problem: str


class Chain(View, frozen=True, kw_only=True):
    """The seals of an opco: how many, the last of them, and how many journals wait for theirs.

    `position` and `seal` are what to keep elsewhere: `--anchor OPCO:POSITION:SEAL` compares it.
    """

    opco: str
    position: int
    seal: str | None
    waiting: int


class Audit(View, frozen=True, kw_only=True):
    """What was looked at, and what was found, the first wrong row first. `more` says that there is more."""

    chains: list[Chain]
    journals: int
    lines: int
    findings: list[Finding]
    more: bool
