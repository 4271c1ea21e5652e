"""Sums over the ledger for reports, by month of posting."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select

from store.partitions import following
from store.queries.months import first_day, month_of
from store.tables import journal_lines, journals, referrals
from store.transaction import AnyRow, Transaction
from writeoff.value import Value

_WRITE_OFFS = ("write-off", "repossession")
#: Inventory is debited without a source (R23).
_NO_SOURCES = "[]"
#: Journals read at a time, each with what it was decided on: a few megabytes.
_PAGE = 1_000


class Range(Value, frozen=True, kw_only=True):
    """Which journals: of an opco, posted from one month to another, both included; None: of all."""

    opco: str | None = None
    first: str | None = None
    last: str | None = None


def write_offs(tx: Transaction, within: Range) -> Sequence[AnyRow]:
    """Return what was written off, and the inventory that came back, by month, opco, disposition, reason."""
    month = month_of(tx, journals.c.posting_date).label("month")
    key = [month, journals.c.opco, journals.c.currency, journals.c.disposition, journals.c.reason]
    from_debt = journal_lines.c.sources != _NO_SOURCES
    amount = journal_lines.c.amount_minor
    return tx.execute(
        select(
            *key,
            func.count(func.distinct(journals.c.journal_id)).label("journals"),
            func.sum(case((from_debt, amount), else_=0)).label("amount"),
            func.sum(case((from_debt, 0), else_=amount)).label("inventory"),
        )
        .join(journal_lines, journal_lines.c.journal_id == journals.c.journal_id)
        .where(journals.c.kind.in_(_WRITE_OFFS), journal_lines.c.side == "debit", *_within(within))
        .group_by(*key)
        .order_by(*key)
    ).all()


def recoveries(tx: Transaction, within: Range) -> Sequence[AnyRow]:
    """Return what was recovered, and what of it did not hold, by month, opco and disposition."""
    month = month_of(tx, journals.c.posting_date).label("month")
    key = [month, journals.c.opco, journals.c.currency, journals.c.disposition]
    canceled = journals.c.kind == "reversal"
    total = journals.c.total_debit_minor
    return tx.execute(
        select(
            *key,
            func.sum(case((canceled, 0), else_=1)).label("payments"),
            func.sum(case((canceled, 0), else_=total)).label("recovered"),
            func.sum(case((canceled, 1), else_=0)).label("canceled_payments"),
            func.sum(case((canceled, total), else_=0)).label("canceled"),
        )
        .where(
            (journals.c.kind == "recovery") | (canceled & journals.c.payment_id.is_not(None)),
            *_within(within),
        )
        .group_by(*key)
        .order_by(*key)
    ).all()


def reversals(tx: Transaction, within: Range) -> Sequence[AnyRow]:
    """Return the write-offs that were undone, with what is owed again, by month, opco and disposition."""
    month = month_of(tx, journals.c.posting_date).label("month")
    key = [month, journals.c.opco, journals.c.currency, journals.c.disposition]
    receivable = case((journal_lines.c.sources == _NO_SOURCES, journal_lines.c.amount_minor), else_=0)
    return tx.execute(
        select(
            *key,
            func.count(func.distinct(journals.c.journal_id)).label("reversals"),
            func.sum(receivable).label("owed_again"),
        )
        .join(journal_lines, journal_lines.c.journal_id == journals.c.journal_id)
        .where(
            journals.c.kind == "reversal",
            journals.c.payment_id.is_(None),
            journal_lines.c.side == "debit",
            *_within(within),
        )
        .group_by(*key)
        .order_by(*key)
    ).all()


def enforced(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return the active referrals of what was written off, by opco and agency (R28)."""
    key = [referrals.c.opco, referrals.c.currency, referrals.c.agency]
    statement = (
        select(*key, func.count().label("referrals"), func.sum(referrals.c.amount_minor).label("amount"))
        .where(
            referrals.c.active.is_(True),
            exists().where(journals.c.process_id == referrals.c.process_id, journals.c.kind.in_(_WRITE_OFFS)),
        )
        .group_by(*key)
        .order_by(*key)
    )
    return tx.execute(statement if opco is None else statement.where(referrals.c.opco == opco)).all()


def write_offs_with_basis(tx: Transaction, within: Range) -> Iterator[Sequence[AnyRow]]:
    """Yield pages of the credit lines of write-offs, each with what its journal was decided on."""
    after: str | None = None
    while True:
        statement = select(journals.c.journal_id).where(journals.c.kind.in_(_WRITE_OFFS), *_within(within))
        if after is not None:
            statement = statement.where(journals.c.journal_id > after)
        ids = tx.execute(statement.order_by(journals.c.journal_id).limit(_PAGE)).scalars().all()
        if not ids:
            return
        after = ids[-1]
        wanted = tx.rows("wanted", [journals.c.journal_id], [(each,) for each in ids])
        yield tx.execute(
            select(
                month_of(tx, journals.c.posting_date).label("month"),
                journals.c.opco,
                journals.c.currency,
                journals.c.transaction_date,
                journals.c.basis,
                journal_lines.c.sources,
            )
            .join(wanted, wanted.c.journal_id == journals.c.journal_id)
            .join(journal_lines, journal_lines.c.journal_id == journals.c.journal_id)
            .where(journal_lines.c.side == "credit")
        ).all()


def _within(within: Range) -> list[ColumnElement[Any]]:
    """Return the conditions; days and not months of days, so that a month reads its own part of the table."""
    conditions: list[ColumnElement[Any]] = []
    if within.opco is not None:
        conditions.append(journals.c.opco == within.opco)
    if within.first is not None:
        conditions.append(journals.c.posting_date >= first_day(within.first))
    if within.last is not None:
        conditions.append(journals.c.posting_date < following(first_day(within.last)))
    return conditions
