"""`python -m workers ROLE`: one role in this process, as the supervisor starts it."""

import sys

from workers.roles.bound import end_with_parent
from workers.roles.running import ROLES, run_role
from workers.settings import Settings
from writeoff.errors import WriteoffError


def main(arguments: list[str]) -> int:
    """Run the role that is named; 2 when it cannot run as it is set up."""
    if len(arguments) != 1 or arguments[0] not in ROLES:
        sys.stderr.write(f"usage: python -m workers {'|'.join(ROLES)}\n")
        return 2
    end_with_parent()
    try:
        return run_role(arguments[0], Settings())
    except WriteoffError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
