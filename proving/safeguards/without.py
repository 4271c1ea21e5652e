"""`python -m proving.safeguards.without NAME -- COMMAND...`: a command of the product without a safeguard.

For your own eyes: `python -m proving.safeguards.without confirms -- writeoff run relay`.
"""

import os
import shutil
import sys

from proving.safeguards.removing import SAFEGUARDS
from proving.startup.hooks import WITHOUT, hooked


def main(arguments: list[str]) -> int:
    """Become the command; 2 when there is none, or no such safeguard."""
    name, separator, *command = [*arguments, "", "", ""][: max(len(arguments), 3)]
    program = shutil.which(command[0])
    if name in SAFEGUARDS and separator == "--" and program is not None:
        os.execve(program, command, hooked(os.environ, **{WITHOUT: name}))  # noqa: S606 - the whole point
    sys.stderr.write(f"usage: python -m proving.safeguards.without {'|'.join(SAFEGUARDS)} -- COMMAND...\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
