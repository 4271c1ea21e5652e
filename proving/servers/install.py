"""`python -m proving.servers.install`: PostgreSQL, RabbitMQ and Valkey for the tests, where they are missing.

Through the system's package manager, as root or with a password-less sudo; no service is started. What cannot
be installed is said in one sentence. Standard library alone.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proving.servers import binaries
from proving.servers.binaries import MissingServerError

SERVERS = {"postgresql": binaries.postgresql, "rabbitmq": binaries.rabbitmq, "valkey": binaries.valkey}

#: Debian starts a service when its package is installed, unless this file forbids it.
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")
FORBIDDEN = "#!/bin/sh\nexit 101\n"

#: A slow mirror may need it. The rest of `make test` takes less than this.
INSTALL_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class PackageManager:
    program: str
    refresh: tuple[str, ...]
    install: tuple[str, ...]
    packages: dict[str, str]


MANAGERS = (
    PackageManager(
        program="apt-get",
        refresh=("update", "-qq"),
        install=("install", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"),
        packages={"postgresql": "postgresql", "rabbitmq": "rabbitmq-server", "valkey": "redis-server"},
    ),
    PackageManager(
        program="dnf",
        refresh=("makecache", "-q"),
        install=("install", "-q", "-y"),
        packages={"postgresql": "postgresql-server", "rabbitmq": "rabbitmq-server", "valkey": "redis"},
    ),
    PackageManager(
        program="apk",
        refresh=("update", "-q"),
        install=("add", "-q"),
        packages={"postgresql": "postgresql", "rabbitmq": "rabbitmq-server", "valkey": "redis"},
    ),
)


def missing() -> dict[str, str]:
    """The servers that are not on this machine, each with the sentence that says what to do."""
    sentences = {}
    for server, find in SERVERS.items():
        try:
            find()
        except MissingServerError as error:
            sentences[server] = str(error)
    return sentences


def install(servers: list[str]) -> None:
    manager = next((manager for manager in MANAGERS if shutil.which(manager.program)), None)
    as_root = _as_root()
    if manager is None or as_root is None:
        return
    packages = [manager.packages[server] for server in servers]
    _say(f"Installing {', '.join(packages)} with {manager.program}; no service will be started.")
    with _no_service_starts(as_root):
        for arguments in (manager.refresh, (*manager.install, *packages)):
            _run([*as_root, "env", "DEBIAN_FRONTEND=noninteractive", manager.program, *arguments])


def _run(command: list[str]) -> None:
    """What fails is said and not raised: whether the servers are there is asked afterwards."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        _say(f"{' '.join(command)} took longer than {INSTALL_SECONDS} s.")
        return
    if done.returncode != 0:
        _say(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None where nothing helps."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    able = (
        shutil.which("sudo")
        and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0
    )
    return sudo if able else None


@contextlib.contextmanager
def _no_service_starts(as_root: list[str]) -> Iterator[None]:
    """Whoever keeps a policy already keeps it."""
    if SERVICE_POLICY.exists() or not shutil.which("dpkg"):
        yield
        return
    write = f"printf '{FORBIDDEN}' > {SERVICE_POLICY} && chmod 755 {SERVICE_POLICY}"
    subprocess.run([*as_root, "sh", "-c", write], check=True)
    try:
        yield
    finally:
        subprocess.run([*as_root, "rm", "-f", str(SERVICE_POLICY)], check=True)


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")


def main() -> int:
    if sys.platform != "linux":
        _say("The servers of the tests need Linux: run the tests in a container.")
        return 1
    if servers := missing():
        install(list(servers))
    still = missing()
    if still:
        _say(" ".join(still.values()))
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main())
