"""Referrals to agencies, with their history."""

from collections.abc import Sequence
from datetime import date, datetime

from operations.views.view import View, amount, by_process, of_row
from store.engine.transaction import Transaction
from store.queries.process_parts import history_of, of_processes, replies_of
from store.tables import referrals


class Change(View, frozen=True, kw_only=True):
    """A row of a referral's history; `amount` is what was left."""

    sequence: int
    history_reason: str
    activity_date: date
    amount: str
    reason: str | None
    payment_id: str | None


class Reply(View, frozen=True, kw_only=True):
    """What the agency said; `amount` is what it named, and no money was booked from it."""

    sequence: int
    reply: str
    activity_date: date
    agency_reference: str | None
    amount: str | None
    reason: str | None


class Referral(View, frozen=True, kw_only=True):
    """Debt placed with an agency; `amount` is what counts as referred now.

    `end_reason` is why it is no longer active: `paid`, `cancellation`, `rejected` or `uncollectible`.
    """

    referral_id: str
    event_sequence: int
    agency: str
    amount: str
    active: bool
    end_reason: str | None
    recall_acknowledged_at: datetime | None
    history: list[Change]
    replies: list[Reply]


def referrals_of(tx: Transaction, process_ids: Sequence[str]) -> dict[str, list[Referral]]:
    """Return the processes' referrals."""
    placed = by_process(of_processes(tx, referrals, process_ids))
    currencies = {row.referral_id: row.currency for rows in placed.values() for row in rows}
    changes: dict[str, list[Change]] = {referral_id: [] for referral_id in currencies}
    for row in history_of(tx, process_ids):
        left = amount(row.amount_minor, currencies[row.referral_id])
        changes[row.referral_id].append(of_row(Change, row, amount=left))
    said: dict[str, list[Reply]] = {referral_id: [] for referral_id in currencies}
    for row in replies_of(tx, process_ids):
        currency = currencies[row.referral_id]
        named = None if row.amount_minor is None else amount(row.amount_minor, currency)
        said[row.referral_id].append(of_row(Reply, row, amount=named))
    return {
        process_id: [
            of_row(
                Referral,
                row,
                amount=amount(row.amount_minor, row.currency),
                history=changes[row.referral_id],
                replies=said[row.referral_id],
            )
            for row in rows
        ]
        for process_id, rows in placed.items()
    }
