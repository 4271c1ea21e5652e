"""Run by Python at its start where this folder is on PYTHONPATH: in processes of the rig, and nowhere else.

An error here would only be a line in the log to Python, and the product would run as if nothing had been
asked of it: so it ends the process.
"""

import os
import sys
import traceback

#: <sysexits.h>, EX_CONFIG.
_UNUSABLE = 78

try:
    from proving.startup.hooks import apply

    apply(os.environ)
except BaseException:  # noqa: BLE001 - whatever it is
    traceback.print_exc(file=sys.stderr)
    sys.stderr.flush()
    os._exit(_UNUSABLE)
