"""The table of safeguards in the documentation: what each keeps, and how the rig noticed that it was gone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from proving.safeguards.removing import SAFEGUARDS
from proving.safeguards.safeguard import Verdict

BEGIN = "<!-- safeguards: written by `python -m proving.safeguards --page` -->"
END = "<!-- end of safeguards -->"


def write(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Put the table between the marks of a page. Raises `ValueError` where they are missing."""
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{path} has no place for the table: {BEGIN} ... {END}")
    path.write_text("\n".join([before + BEGIN, "", *table(verdicts), "", END]) + after, "utf-8")


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Return the lines of the table: one a safeguard."""
    yield "| Safeguard | What it keeps | Without it, the product | In this trouble | Noticed by | With it |"
    yield "|---|---|---|---|---|---|"
    without = {each.safeguard: each for each in verdicts if each.removed}
    with_it = {each.safeguard: each for each in verdicts if not each.removed}
    for name, safeguard in SAFEGUARDS.items():
        if name in without:
            checks = sorted({each.split(":", 1)[0] for each in without[name].findings})
            nobody = f"nobody: before it stand {safeguard.behind}" if safeguard.behind else "**nobody**"
            noticed = ", ".join(f"*{check}*" for check in checks) or nobody
            calm = "not played" if name not in with_it else "nothing found"
            if name in with_it and with_it[name].findings:
                calm = "**found too**"
            parts = (f"`{name}`", safeguard.keeps, safeguard.removed, safeguard.trouble, noticed, calm)
            yield f"| {' | '.join(parts)} |"
