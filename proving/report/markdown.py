"""A proof as Markdown."""

from collections.abc import Iterator, Sequence

from proving.proof import Proof
from proving.report import tables
from proving.report.wording import MAY_LOSE, NOT_SHOWN


def report(proof: Proof) -> str:
    """Return the whole report."""
    return "\n".join(_lines(proof)) + "\n"


def _lines(proof: Proof) -> Iterator[str]:
    yield "# Proof" if proof.proved else "# A promise is broken"
    yield ""
    yield from body(proof)


def body(proof: Proof) -> Iterator[str]:
    """Return the report without its title."""
    versions = ", ".join(f"{name} {value}" for name, value in proof.trials[0].outcome.versions.items())
    yield f"Seed {proof.seed}, {proof.seconds:.0f} seconds under load and faults. {versions}."
    yield ""
    yield from findings(proof)
    yield from _table(tables.TRIALS, tables.trials(proof))
    yield from _table(tables.PROMISES, tables.promises(proof))
    yield MAY_LOSE
    yield ""
    yield from _table(tables.FAULTS, tables.faults(proof))
    yield from _table(("Stories, and sorts of messages", "Times>"), tables.sorts(proof))
    for each in proof.left_out:
        yield f"Not tried: {each}"
        yield ""
    yield "What this does not show:"
    yield ""
    yield from (f"- {sentence}" for sentence in NOT_SHOWN)


def findings(proof: Proof) -> Iterator[str]:
    """Return what was found broken, in sentences, and how to see it again."""
    broken = [finding for tally in proof.tallies for finding in tally.findings]
    if broken:
        yield from (f"- {finding}" for finding in broken)
        yield ""
        seeds = ", ".join(f"`--seed {told.outcome.plan.seed}`" for told in proof.trials)
        folders = ", ".join(told.folder for told in proof.trials)
        yield f"The same load and the same faults again: {seeds}. Files and logs: {folders}."
        yield ""
    for told in proof.trials:
        for line, count in told.outcome.troubles.items():
            yield f"- Logged {count} times by a role on {told.outcome.plan.combination}: `{line}`"


def _table(headings: Sequence[str], rows: tables.Rows) -> Iterator[str]:
    yield "| " + " | ".join(name.rstrip(">") for name in headings) + " |"
    yield "|" + "|".join("--:" if name.endswith(">") else "---" for name in headings) + "|"
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""
