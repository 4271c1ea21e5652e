"""`python -m proving.consumers FOLDER QUEUE...`: record queues of WRITEOFF_BROKER_URL until SIGTERM."""

import sys
from pathlib import Path

from proving.consumers.recording import run
from workers.roles.bound import end_with_parent
from workers.settings import Settings


def main(arguments: list[str]) -> int:
    """Record; 2 when it cannot run as it is called."""
    url = Settings().broker_url
    if len(arguments) < 2 or url is None:  # noqa: PLR2004 - a folder and a queue at least
        sys.stderr.write("usage: WRITEOFF_BROKER_URL=... python -m proving.consumers FOLDER QUEUE...\n")
        return 2
    end_with_parent()
    run(url.get_secret_value(), Path(arguments[0]), arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
