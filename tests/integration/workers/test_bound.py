"""Children that end with their parents, whatever ends those."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.processes import alive, eventually
from workers.roles import bound

SLEEP = "import time; time.sleep(600)"
PARENT = f"""
import subprocess, sys, time
from workers.roles.bound import bound_to_this_process
child = subprocess.Popen(bound_to_this_process([sys.executable, "-c", {SLEEP!r}]))
print(child.pid, flush=True)
time.sleep(600)
"""
#: The child is not bound by the kernel and has to look for itself.
LOOKING_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import time
from workers.roles.bound import end_with_parent
end_with_parent()
print("looking", flush=True)
time.sleep(600)
'''], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def started(parent: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_the_kernel_kills_a_bound_child_of_a_killed_parent() -> None:
    parent, child = started(PARENT)
    assert alive(child)
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(child), "the end of the child", seconds=5)


def test_a_child_notices_by_itself_that_its_parent_has_gone() -> None:
    parent, child = started(LOOKING_PARENT)
    assert alive(child)
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(child), "the end of the child", seconds=10)


def test_a_child_whose_parent_has_gone_before_the_bond_does_not_start(tmp_path: Path) -> None:
    launcher = Path(bound.__file__).with_name("launcher.py")
    touched = tmp_path / "touched"
    nobody = 2**22 - 1  # above every process id of ours
    done = subprocess.run(
        [sys.executable, str(launcher), str(nobody), "/bin/touch", str(touched)], check=False
    )
    assert done.returncode == 1
    assert not touched.exists()


def test_the_bond_costs_no_process_in_between() -> None:
    parent, child = started(PARENT)
    try:
        status = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        assert int(status[1]) == parent.pid
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
