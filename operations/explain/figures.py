"""A journal's lines as they are stored, and as they are when computed again (R23)."""

from collections.abc import Sequence

import msgspec

from handlers.money.recomputing import NotComputable, Stored, recompute
from operations.explain.story import Line, Recomputed, Source
from store import opcos
from store.engine.transaction import AnyRow, Transaction
from store.queries import explaining
from writeoff import journal as domain
from writeoff.money import display, render

_sources = msgspec.json.Decoder(tuple[domain.Source, ...])
_WRITE_OFFS = ("write-off", "repossession")


def shown_lines(tx: Transaction, journal: AnyRow) -> list[Line]:
    """Return a journal's lines for people, with their sources."""
    return [
        Line(
            line=row.line,
            side=row.side,
            gl_account=row.gl_account,
            distribution_code=row.distribution_code,
            amount=render(row.amount_minor, journal.currency),
            sa_id=row.sa_id,
            sources=[
                Source(
                    sa_id=each.sa_id,
                    ft_id=each.ft_id,
                    distribution_code=each.distribution_code,
                    amount=render(each.amount, journal.currency),
                )
                for each in _sources.decode(row.sources)
            ],
        )
        for row in explaining.lines(tx, journal.journal_id)
    ]


def recomputed(tx: Transaction, journal: AnyRow) -> Recomputed:
    """Compute a journal again from its stored basis and policy version, and compare the lines."""
    stored = _stored(tx, journal)
    try:
        again = recompute(stored)
    except NotComputable as error:
        return Recomputed(same=False, differences=[f"It cannot be computed again: {error}."])
    differences = _differences(stored.posted.lines, again, journal.currency)
    return Recomputed(same=not differences, differences=differences)


def _stored(tx: Transaction, journal: AnyRow) -> Stored:
    reverses = journal.reverses_journal_id
    original = explaining.find(tx, reverses) if reverses is not None else None
    written: tuple[domain.JournalLine, ...] = ()
    after_reversal = False
    if journal.payment_id is not None and journal.kind == "reversal":
        for each in explaining.journals_of(tx, journal.process_id):
            if each.kind in _WRITE_OFFS:
                written += _lines(tx, each.journal_id)
            undone = each.kind == "reversal" and each.payment_id is None
            after_reversal = after_reversal or (undone and each.posted_at <= journal.posted_at)
    return Stored(
        kind=journal.kind,
        opco=journal.opco,
        account_id=journal.account_id,
        process_id=journal.process_id,
        payment_id=journal.payment_id,
        policy=opcos.policy_by_digest(tx, journal.policy_digest),
        basis=journal.basis.encode(),
        on=journal.transaction_date,
        posted=domain.Posted(
            journal_id=journal.journal_id,
            event_sequence=journal.event_sequence,
            fulfilment_centre=journal.fulfilment_centre,
            lines=_lines(tx, journal.journal_id),
        ),
        reverses=_stored(tx, original.row) if original is not None else None,
        written=written,
        after_reversal=after_reversal,
    )


def _lines(tx: Transaction, journal_id: str) -> tuple[domain.JournalLine, ...]:
    return tuple(
        domain.JournalLine(
            side=row.side,
            gl_account=row.gl_account,
            distribution_code=row.distribution_code,
            amount=row.amount_minor,
            sa_id=row.sa_id,
            claimable_from=row.claimable_from,
            claimable_until=row.claimable_until,
            repay_by=row.repay_by,
            sources=_sources.decode(row.sources),
        )
        for row in explaining.lines(tx, journal_id)
    )


def _differences(
    stored: Sequence[domain.JournalLine], again: Sequence[domain.JournalLine], currency: str
) -> list[str]:
    found: list[str] = []
    for number in range(max(len(stored), len(again))):
        here = stored[number] if number < len(stored) else None
        there = again[number] if number < len(again) else None
        if here == there:
            continue
        texts = [_shown(line, currency) for line in (here, there)]
        if texts[0] == texts[1] and here is not None and there is not None:
            names = [name for name in here.__struct_fields__ if getattr(here, name) != getattr(there, name)]
            found.append(f"Line {number + 1} is other in its {', '.join(names)}.")
        else:
            found.append(f"Line {number + 1} is stored as {texts[0]}, computed again it is {texts[1]}.")
    return found


def _shown(line: domain.JournalLine | None, currency: str) -> str:
    if line is None:
        return "nothing"
    return f"{line.side} {line.gl_account} {line.distribution_code} {display(line.amount, currency)}"
