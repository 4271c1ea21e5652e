"""Whose balance counts: the snapshot, payments on top of it, what we have closed ourselves (R7, R15, R16)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from writeoff.account import Account, Payment, Standing, WriteDown
from writeoff.accounting.allocation import allocate


def after_snapshot(account: Account, previous: Standing | None, payments: Sequence[Payment]) -> Standing:
    """Return the standing under a new snapshot.

    Payments that it has not booked and that came after it count on top; agreements that are written off owe
    nothing whatever it says; an account that is locked keeps its state. What a reversal has restored stays as
    it is under a snapshot that cannot know of it (R25).
    """
    known = previous or Standing(state=account.state, balances={})
    booked = booked_payments(account)
    restored = tuple(each for each in known.restored if each.at >= account.as_of)
    kept = {each.sa_id: known.balances.get(each.sa_id, 0) for each in restored}
    balances = {
        sa.sa_id: 0 if sa.sa_id in known.written_off_agreements else sa.balance
        for sa in account.service_agreements
    }
    for payment in payments:
        counts_on_top = payment.received_at > account.as_of and payment.payment_id not in booked
        if counts_on_top and payment.currency in {None, account.currency}:
            parts = payment.allocations or allocate(payment.amount, {}, account, balances, {})
            balances = less(balances, parts, known)
    write_downs = tuple(each for each in known.write_downs if each.at >= account.as_of)
    for each in write_downs:
        balances = less(balances, {each.sa_id: each.amount}, known)
    balances |= {sa_id: owed for sa_id, owed in kept.items() if sa_id in balances}
    same_default = known.holds_since == account.defaulted_on
    return msgspec.structs.replace(
        known,
        state=known.state if known.locked_by or restored else account.state,
        balances=balances,
        write_downs=write_downs,
        restored=restored,
        holds=known.holds if same_default else 0,
        holds_since=account.defaulted_on,
    )


def booked_payments(account: Account) -> frozenset[str]:
    """Return the payments that the snapshot has booked."""
    return frozenset(
        ft.payment_id
        for sa in account.service_agreements
        for ft in sa.financial_transactions
        if ft.payment_id is not None
    )


def counts(payment_id: str, received_at: datetime, account: Account) -> bool:
    """Tell whether a payment counts on top of the snapshot (R16)."""
    return payment_id not in booked_payments(account) and received_at > account.as_of


def less(balances: Mapping[str, int], amounts: Mapping[str, int], standing: Standing) -> dict[str, int]:
    """Return the balances less the amounts, agreement by agreement; written-off ones stay at nothing."""
    return {
        sa_id: owed if sa_id in standing.written_off_agreements else owed - amounts.get(sa_id, 0)
        for sa_id, owed in balances.items()
    }


def written_down(standing: Standing, closed: Sequence[WriteDown]) -> Standing:
    """Return the standing after small balances were closed (R7)."""
    return msgspec.structs.replace(
        standing,
        balances=less(standing.balances, {each.sa_id: each.amount for each in closed}, standing),
        write_downs=(*standing.write_downs, *closed),
    )
