"""`python -m proving.safeguards [--page FILE] [NAME...]`: takes safeguards away. The rig is to notice."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from proving.safeguards import page
from proving.safeguards.removing import SAFEGUARDS
from proving.safeguards.running import own_servers, play
from proving.safeguards.safeguard import Verdict


def main(arguments: Sequence[str]) -> int:
    """Play each twice; 0 when all were noticed and nothing else was, 1 when not, 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="python -m proving.safeguards", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SAFEGUARDS))
    parser.add_argument("--page", type=Path, help="write the table into this file, between its marks")
    options = parser.parse_args(arguments)
    names = options.names or list(SAFEGUARDS)
    if unknown := [name for name in names if name not in SAFEGUARDS]:
        sys.stderr.write(f"no safeguard is called {', '.join(unknown)}: use {', '.join(SAFEGUARDS)}\n")
        return 2
    verdicts: list[Verdict] = []
    with own_servers() as servers:
        for name in names:
            for removed in (True, False):
                verdicts.append(play(name, servers, removed=removed))
                sys.stdout.write(_line(verdicts[-1]) + "\n")
                sys.stdout.flush()
    if options.page is not None:
        page.write(options.page, verdicts)
    return 0 if all(each.ok for each in verdicts) else 1


def _line(verdict: Verdict) -> str:
    state = "without" if verdict.removed else "with"
    found = verdict.findings[0] if verdict.findings else "nothing found"
    mark = "ok   " if verdict.ok else "WRONG"
    more = f" (and {len(verdict.others)} by others)" if verdict.others else ""
    return f"{mark} {verdict.seconds:5.1f} s  {state} {verdict.safeguard}: {found}{more}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
