"""A consumer to be killed: notes the numbers of each set in a file, then acknowledges it."""

import sys
from pathlib import Path

from tests.integration.brokers.samples import MIB, numbers
from workers.brokers import connect_inbound


def main(url: str, notes: Path) -> None:
    """Read until the end, which comes from outside."""
    channel = connect_inbound(url, ["orders"], visibility_seconds=1)
    with notes.open("a") as file:
        while True:
            taken = channel.take(50, MIB, wait_seconds=1)
            file.writelines(f"{number}\n" for number in numbers(taken))
            file.flush()
            channel.acknowledge(taken)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
