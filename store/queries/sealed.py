"""The chains of seals with what they cover, a page at a time, and what no seal covers (R22, R23)."""

from collections.abc import Sequence

from sqlalchemy import and_, exists, func, select

from store import tables
from store.engine.transaction import AnyRow, Transaction
from store.ledger.seals import message_id
from store.tables import journal_lines, journals, messages_out, seals, unsealed

GL = "gl"


def opcos(tx: Transaction) -> list[str]:
    """Return the opcos that are served here: each has a chain, or will."""
    return sorted(tx.execute(select(tables.opcos.c.opco)).scalars())


def page(tx: Transaction, opco: str, after: int, limit: int) -> Sequence[AnyRow]:
    """Return the seals behind a position, in order, with their journals and messages where those are."""
    statement = (
        select(
            seals,
            journals.c.journal_id.label("known_id"),
            *[column for column in journals.c if column.name not in {"journal_id", "opco"}],
            journals.c.opco.label("journal_opco"),
            messages_out.c.body,
            messages_out.c.digest.label("message_digest"),
        )
        .outerjoin(journals, journals.c.journal_id == seals.c.journal_id)
        .outerjoin(
            messages_out,
            and_(
                messages_out.c.created_on == seals.c.message_on,
                messages_out.c.message_id == seals.c.message_id,
            ),
        )
        .where(seals.c.opco == opco, seals.c.position > after)
        .order_by(seals.c.position)
        .limit(limit)
    )
    return tx.execute(statement).all()


def lines_of(tx: Transaction, journal_ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    """Return the lines of journals, in their order."""
    found: dict[str, list[AnyRow]] = {journal_id: [] for journal_id in journal_ids}
    if not found:
        return found
    rows = tx.rows("wanted", [journal_lines.c.journal_id], [(each,) for each in sorted(found)])
    statement = select(journal_lines).join(rows, journal_lines.c.journal_id == rows.c.journal_id)
    for row in tx.execute(statement.order_by(journal_lines.c.journal_id, journal_lines.c.line)).all():
        found[row.journal_id].append(row)
    return found


def never_sealed(tx: Transaction, names: Sequence[str], limit: int) -> Sequence[AnyRow]:
    """Return journals that have no seal and do not wait for one."""
    return tx.execute(
        select(journals.c.opco, journals.c.journal_id)
        .where(
            journals.c.opco.in_(names),
            ~exists().where(seals.c.journal_id == journals.c.journal_id),
            ~exists().where(unsealed.c.journal_id == journals.c.journal_id),
        )
        .order_by(journals.c.posted_at, journals.c.journal_id)
        .limit(limit)
    ).all()


def waiting_for_nothing(tx: Transaction, names: Sequence[str], limit: int) -> Sequence[AnyRow]:
    """Return journals that wait for their seal and are not there."""
    return tx.execute(
        select(unsealed.c.opco, unsealed.c.journal_id)
        .where(unsealed.c.opco.in_(names), ~exists().where(journals.c.journal_id == unsealed.c.journal_id))
        .order_by(unsealed.c.opco, unsealed.c.journal_id)
        .limit(limit)
    ).all()


def lines_of_nothing(tx: Transaction, names: Sequence[str], limit: int) -> Sequence[AnyRow]:
    """Return lines whose journal is not there."""
    return tx.execute(
        select(journal_lines.c.opco, journal_lines.c.journal_id, journal_lines.c.line)
        .where(
            journal_lines.c.opco.in_(names),
            ~exists().where(journals.c.journal_id == journal_lines.c.journal_id),
        )
        .order_by(journal_lines.c.journal_id, journal_lines.c.line)
        .limit(limit)
    ).all()


def unsealed_journals(
    tx: Transaction, names: Sequence[str], after: str | None, limit: int
) -> Sequence[AnyRow]:
    """Return the journals that wait for their seal, in the order of their ids."""
    statement = (
        select(
            journals.c.journal_id.label("known_id"),
            journals.c.opco.label("journal_opco"),
            journals.c.kind,
            journals.c.currency,
            journals.c.total_debit_minor,
            journals.c.total_credit_minor,
        )
        .join(unsealed, unsealed.c.journal_id == journals.c.journal_id)
        .where(unsealed.c.opco.in_(names))
        .order_by(unsealed.c.journal_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(unsealed.c.journal_id > after)
    return tx.execute(statement).all()


def messages_without_seal(tx: Transaction, opco: str, limit: int) -> Sequence[str]:
    """Return messages to the general ledger whose journal is neither sealed nor waits for its seal."""
    told = select(func.count()).where(messages_out.c.destination == GL, messages_out.c.opco == opco)
    sealed = select(func.count()).where(seals.c.opco == opco)
    waiting = tx.execute(select(unsealed.c.journal_id).where(unsealed.c.opco == opco)).scalars().all()
    if tx.execute(told).scalar_one() <= tx.execute(sealed).scalar_one() + len(waiting):
        return []
    known = {message_id(opco, journal_id) for journal_id in waiting}
    found = tx.execute(
        select(messages_out.c.message_id)
        .where(
            messages_out.c.destination == GL,
            messages_out.c.opco == opco,
            ~exists().where(seals.c.message_id == messages_out.c.message_id, seals.c.opco == opco),
        )
        .order_by(messages_out.c.created_at, messages_out.c.message_id)
        .limit(limit + len(known))
    ).scalars()
    return [each for each in found if each not in known][:limit]
