"""Becomes another program that is killed when its parent ends. Standard library alone, and little of it.

`python launcher.py PARENT_PID COMMAND...`. On Linux by `prctl(PR_SET_PDEATHSIG)`, which outlives `execve`.
"""

import ctypes
import os
import signal
import sys

#: <linux/prctl.h>
PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Bind this process to its parent, then become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the bond was made
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the whole point


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
