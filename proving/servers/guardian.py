"""Runs one server process, and lets nothing of it outlive its owner.

`python guardian.py OWNER_PID FOLDER STOP_SIGNAL UID GID COMMAND...`, standard library alone.

The guardian ends the server, with every process that descends from it, when the owner is gone for whatever
reason (`kill -9` included) and then removes FOLDER. It adopts daemons that fork away (epmd does), so that
they cannot leave its tree. SIGTERM stops the server in order; SIGUSR1 kills it as a power cut would. After
either FOLDER stays, for a restart.
"""

import contextlib
import ctypes
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
IPC_RMID = 0

#: How often the owner is looked at. Signals and the server's own end wake the guardian at once.
LOOK_SECONDS = 0.2

#: How long a server may take to stop in order before it is killed.
STOP_SECONDS = 20.0

WAKING = {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1}


libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def descendants(root: int) -> list[int]:
    """All processes below `root`, parents before children. Zombies are left out: they are dead already."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found[1:]


def kill_tree() -> None:
    """SIGKILL to everything below this process, until nothing is left: a child may be forked meanwhile."""
    while below := descendants(os.getpid()):
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    reap(0)


def reap(options: int = os.WNOHANG) -> None:
    """Collect what has ended, adopted daemons too."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def free_shared_memory(creator: int) -> None:
    """Free what a killed PostgreSQL leaves behind: a System V segment, of which a system has 4,096."""
    _, *segments = Path("/proc/sysvipc/shm").read_text().splitlines()
    for segment in segments:
        _, identifier, _, _, made_by, *_ = map(int, segment.split())
        if made_by == creator:
            libc.shmctl(identifier, IPC_RMID, None)


def launch(command: list[str], uid: int, gid: int) -> int:
    def dies_with_the_guardian() -> None:  # runs after setuid, which would clear it
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAKING)

    as_other = uid != os.getuid()
    return subprocess.Popen(
        command,
        preexec_fn=dies_with_the_guardian,  # noqa: PLW1509 (one thread)
        user=uid if as_other else None,
        group=gid if as_other else None,
        extra_groups=[] if as_other else None,
    ).pid


def watch(owner: int, server: int, stop_signal: int) -> bool:
    """Wait until the server has ended, or must. True when that is because the owner has ended."""
    owner_end, server_end = (os.pidfd_open(pid) for pid in (owner, server))
    ends = select.poll()
    ends.register(owner_end, select.POLLIN)
    ends.register(server_end, select.POLLIN)
    stop_by = math.inf
    while True:
        received = signal.sigtimedwait(WAKING, LOOK_SECONDS)
        reap()
        ended = {descriptor for descriptor, _ in ends.poll(0)}
        killed = received is not None and received.si_signo == signal.SIGUSR1
        if ended or killed or time.monotonic() > stop_by:
            return owner_end in ended
        if received is not None and received.si_signo == signal.SIGTERM:
            stop_by = min(stop_by, time.monotonic() + STOP_SECONDS)
            os.kill(server, stop_signal)


def main(arguments: list[str]) -> None:
    owner, folder, stop_signal, uid, gid, *command = arguments
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKING)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    server = launch(command, int(uid), int(gid))
    try:
        orphaned = watch(int(owner), server, int(stop_signal))
    except ProcessLookupError:  # the owner ended before the first look
        orphaned = True
    kill_tree()
    free_shared_memory(server)
    if orphaned:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
