"""Commands whose processes end with this one, whatever ends it: `kill -9` runs no code of ours."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")


def bound_to_this_process(command: Sequence[str]) -> list[str]:
    """Return a command that becomes `command`, and is killed when the thread that starts it has ended.

    A launcher does what `preexec_fn` would: that is not safe in a process with threads.
    """
    return [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command]
