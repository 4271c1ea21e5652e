"""What SQLite must be set to, and where its file may lie."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation

#: `PRAGMA synchronous`: 2 is FULL, 3 EXTRA.
FULL = 2
#: File systems over a network (mount types), on which locks and memory maps do not hold.
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "afs"})
#: Of `/proc/self/mountinfo`, where Linux lists what is mounted (proc(5)): mount point, and type after ` - `.
MOUNTS = Path("/proc/self/mountinfo")

SYNCHRONOUS = Check(
    name="sqlite.synchronous",
    loses=True,
    what="SQLite runs with synchronous={found}, below FULL.",
    why="A power cut loses commits of which the messages were acknowledged.",
    mend="Run the worker as it is shipped: it sets synchronous=FULL itself.",
)
JOURNAL = Check(
    name="sqlite.journal",
    loses=True,
    what="SQLite's journal mode is {found}.",
    why="Without a journal on disk a crash leaves half a transaction, or a broken file.",
    mend="Put the database into a file on a local disk, where the write-ahead log can be.",
)
PLACE = Check(
    name="sqlite.network",
    what="The database file lies on {found}, a file system of other machines.",
    why="The write-ahead log needs memory and locks that only one machine's processes share.",
    mend="Move WRITEOFF_DATA_DIR or the file to a local disk, or use PostgreSQL.",
)
CHECKS = (SYNCHRONOUS, JOURNAL, PLACE)


def look(at: Installation) -> Iterator[Finding]:
    """Ask SQLite, on a connection as the roles have it."""
    if at.database.dialect != "sqlite":
        return
    with at.database.read() as tx:
        synchronous = int(tx.execute(text("PRAGMA synchronous")).scalar_one())
        journal = str(tx.execute(text("PRAGMA journal_mode")).scalar_one())
    if synchronous < FULL:
        yield SYNCHRONOUS.found(at.place, found=synchronous)
    if journal in {"memory", "off"}:
        yield JOURNAL.found(at.place, found=journal)
    if at.database.url.database and MOUNTS.exists():
        kind = file_system(Path(at.database.url.database), MOUNTS.read_text("utf-8", "replace"))
        if kind in NETWORK:
            yield PLACE.found(at.place, found=kind)


def file_system(path: Path, mounts: str) -> str | None:
    """Return the type of the file system that a path is on: that of the longest mount point above it."""
    found: tuple[int, str] | None = None
    resolved = path.resolve()
    for line in mounts.splitlines():
        mounted, _, after = line.partition(" - ")
        point = Path(mounted.split()[4].replace("\\040", " "))
        # Of equal ones the last counts: it hides those before it.
        if resolved.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = (len(point.parts), after.split()[0])
    return found[1] if found else None
