"""One journal: whether its rows balance, its sources add up, and are what the general ledger was told."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from messages.outbound import JournalPosted
from messages.outbound.journals import JournalLine
from operations.audit.findings import Finding
from store.engine.transaction import AnyRow
from writeoff.journal import FEWEST_LINES, Source
from writeoff.money import render

#: Fields of the message that a column of the journal repeats as they are.
_SAME = (
    "journal_id",
    "kind",
    "reverses_journal_id",
    "event_sequence",
    "payment_id",
    "disposition",
    "reason",
    "fulfilment_centre",
    "transaction_date",
    "posting_date",
    "moved_from_period",
    "currency",
    "account_id",
    "process_id",
    "request_id",
)
_SAME_OF_LINES = (
    "line",
    "side",
    "gl_account",
    "distribution_code",
    "sa_id",
    "claimable_from",
    "claimable_until",
    "repay_by",
)
_fields = attrgetter(*_SAME)
_line_fields = attrgetter(*_SAME_OF_LINES)
_source_fields = attrgetter("sa_id", "ft_id", "distribution_code")

_sources = msgspec.json.Decoder(tuple[Source, ...])


@lru_cache(maxsize=100)  # looked at twice, one after the other
def _sources_of(text: str) -> tuple[Source, ...]:
    return _sources.decode(text)


class _Envelope(msgspec.Struct):
    """What an audit reads of a message."""

    opco: str
    data: JournalPosted


_messages = msgspec.json.Decoder(_Envelope)


def wrong_rows(journal: AnyRow, lines: Sequence[AnyRow]) -> Iterator[Finding]:
    """Yield what is wrong with a journal by itself: balance, amounts, sources (R22, R23)."""
    sums = {"debit": 0, "credit": 0}
    for line in lines:
        sums[line.side] += line.amount_minor
        yield from _wrong_sources(journal, line)
    shown = {side: render(total, journal.currency) for side, total in sums.items()}
    if sums["debit"] != sums["credit"] or len(lines) < FEWEST_LINES:
        yield _of(journal, f"its lines do not balance: debits {shown['debit']}, credits {shown['credit']}")
    elif (sums["debit"], sums["credit"]) != (journal.total_debit_minor, journal.total_credit_minor):
        total = render(journal.total_debit_minor, journal.currency)
        yield _of(journal, f"its lines come to {shown['debit']}, the journal says {total}")


def _wrong_sources(journal: AnyRow, line: AnyRow) -> Iterator[Finding]:
    sources = _sources_of(line.sources)
    total = sum(source.amount for source in sources)
    if sources and total != line.amount_minor:
        amounts = [render(amount, journal.currency) for amount in (total, line.amount_minor)]
        yield _of_line(journal, line, f"its sources add up to {amounts[0]}, the line is {amounts[1]}")
    elif not sources and _needs_sources(journal, line):
        yield _of_line(journal, line, "it does not say where it comes from")


def _needs_sources(journal: AnyRow, line: AnyRow) -> bool:
    """Inventory and clearing lines, and the receivable line of a reversal, have none (R23)."""
    if journal.kind in {"write-off", "repossession", "write-down"}:
        return bool(line.side == "credit" or journal.kind == "write-down")
    return bool(journal.kind == "recovery" and line.side == "credit")


def other_rows(journal: AnyRow, lines: Sequence[AnyRow], body: str) -> Iterator[Finding]:
    """Yield where the rows of a journal are not what its message said when it was posted."""
    try:
        told = _messages.decode(body)
    except msgspec.DecodeError as error:
        yield _of(journal, f"its message cannot be read: {error}")
        return
    data, currency = told.data, told.data.currency
    if told.opco == journal.journal_opco and _is_as_posted(journal, lines, data):
        return
    if told.opco != journal.journal_opco:
        yield _of(journal, f"opco is {journal.journal_opco}, posted was {told.opco}")
    for name in _SAME:
        yield from _compared(journal, None, name, getattr(journal, name), getattr(data, name))
    if not journal.policy_digest.startswith(data.policy_version):
        yield from _compared(journal, None, "policy_digest", journal.policy_digest, data.policy_version)
    total = render(journal.total_debit_minor, currency)
    yield from _compared(journal, None, "total_debit_minor", total, data.total_debit)
    known = {line.line: line for line in lines}
    for line in data.lines:
        row = known.pop(line.line, None)
        if row is None:
            yield Finding(
                table="journal_lines",
                opco=journal.journal_opco,
                row=f"{journal.known_id} line {line.line}",
                problem=f"the line is gone: {line.side} {line.gl_account} {line.amount} {currency}",
            )
        else:
            yield from _other_line(journal, row, line, currency)
    for row in known.values():
        yield _of_line(journal, row, "the line was never posted")


def _is_as_posted(journal: AnyRow, lines: Sequence[AnyRow], data: JournalPosted) -> bool:
    """Compare all at once: nearly every journal is as it was posted, and there may be millions."""
    currency = data.currency
    return bool(
        _fields(journal) == _fields(data)
        and journal.policy_digest.startswith(data.policy_version)
        and render(journal.total_debit_minor, currency) == data.total_debit
        and [
            (
                *_line_fields(row),
                render(row.amount_minor, currency),
                [(*_source_fields(each), render(each.amount, currency)) for each in _sources_of(row.sources)],
            )
            for row in lines
        ]
        == [
            (
                *_line_fields(line),
                line.amount,
                [(*_source_fields(each), each.amount) for each in line.sources],
            )
            for line in data.lines
        ]
    )


def _other_line(journal: AnyRow, row: AnyRow, line: JournalLine, currency: str) -> Iterator[Finding]:
    for name in _SAME_OF_LINES:
        yield from _compared(journal, row, name, getattr(row, name), getattr(line, name))
    yield from _compared(journal, row, "amount_minor", render(row.amount_minor, currency), line.amount)
    sources = [
        (each.sa_id, each.ft_id, each.distribution_code, render(each.amount, currency))
        for each in _sources_of(row.sources)
    ]
    posted = [(each.sa_id, each.ft_id, each.distribution_code, each.amount) for each in line.sources]
    if sources != posted:
        yield _of_line(journal, row, f"sources are {sources}, posted was {posted}")


def _compared(journal: AnyRow, line: Any, name: str, found: object, posted: object) -> Iterator[Finding]:
    if found != posted:
        problem = f"{name} is {_shown(found)}, posted was {_shown(posted)}"
        yield _of(journal, problem) if line is None else _of_line(journal, line, problem)


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _of(journal: Any, problem: str) -> Finding:
    return Finding(table="journals", opco=journal.journal_opco, row=journal.known_id, problem=problem)


def _of_line(journal: Any, line: Any, problem: str) -> Finding:
    row = f"{journal.known_id} line {line.line}"
    return Finding(table="journal_lines", opco=journal.journal_opco, row=row, problem=problem)
