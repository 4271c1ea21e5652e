"""Commands whose processes end with this one, whatever ends it: `kill -9` runs no code of ours."""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

#: How often a child looks whether its parent is still there, where the kernel does not see to it.
LOOK_SECONDS = 1.0

_LAUNCHER = Path(__file__).with_name("launcher.py")


def bound_to_this_process(command: Sequence[str]) -> list[str]:
    """Return a command that becomes `command`, and is killed when the thread that starts it has ended.

    A launcher does what `preexec_fn` would: that is not safe in a process with threads.
    """
    return [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command]


def end_with_parent() -> None:
    """Kill this process soon after its parent has ended: macOS has nothing like `PR_SET_PDEATHSIG`."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, name="parent", daemon=True).start()
