"""Policies on disk, each with its mistakes; policies in the database, each with its use."""

from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from handlers.event_types import problems
from operations.failures import Unusable
from operations.views.view import View, of_row
from store.engine.transaction import Transaction
from store.queries import policy_versions
from writeoff.errors import PolicyInvalid
from writeoff.policy.reading import read


class File(View, frozen=True, kw_only=True):
    """A policy file: what it is when it is usable, else every mistake as `path: what is wrong`."""

    file: str
    opco: str | None = None
    digest: str | None = None
    problems: tuple[str, ...] = ()


class Checked(View, frozen=True, kw_only=True):
    """What a folder's policies came to."""

    usable: bool
    files: list[File]


class Version(View, frozen=True, kw_only=True):
    """A policy version; processes keep the one that they began with."""

    opco: str
    digest: str
    current: bool
    stored_at: datetime
    active_processes: int


class Versions(View, frozen=True, kw_only=True):
    """Policy versions, the newest first."""

    policies: list[Version]


def check_policies(folder: Path | None) -> Checked:
    """Check a folder's policies, or the shipped ones. Raises `Unusable` where there is no folder."""
    files = list(_once([_checked(file) for file in _files(folder)]))
    return Checked(usable=bool(files) and not any(file.problems for file in files), files=files)


def stored_policies(tx: Transaction, opco: str | None) -> Versions:
    """Return what is in the database."""
    return Versions(policies=[of_row(Version, row) for row in policy_versions.versions(tx, opco)])


def _files(folder: Path | None) -> list[Traversable]:
    place: Traversable = resources.files("writeoff.policy") / "defaults" if folder is None else folder
    if not place.is_dir():
        raise Unusable(f"{place} is no folder.")
    return sorted(
        (file for file in place.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )


def _checked(file: Traversable) -> File:
    try:
        policy = read(file.read_text("utf-8"), file.name, problems)
    except PolicyInvalid as error:
        return File(file=file.name, problems=error.problems)
    except (OSError, UnicodeDecodeError) as error:
        return File(file=file.name, problems=(f"cannot be read: {error}",))
    return File(file=file.name, opco=policy.opco, digest=policy.digest)


def _once(files: list[File]) -> Iterator[File]:
    """Refuse a second policy of one opco: which of them would count would depend on their names."""
    first: dict[str, str] = {}
    for file in files:
        other = first.setdefault(file.opco, file.file) if file.opco is not None else file.file
        if other == file.file:
            yield file
        else:
            yield File(
                file=file.file, opco=file.opco, problems=(f"opco: {file.opco} has a policy in {other} too",)
            )
