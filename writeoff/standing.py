"""Whose balance counts: the snapshot, payments on top of it, what we have closed ourselves (R7, R15, R16)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec

from writeoff.account import Account, Payment, Standing, WriteDown
from writeoff.accounting.allocation import allocate

#: Stands for an account on which every payment has held.
NONE_CANCELED: Mapping[str, datetime] = MappingProxyType({})


def after_snapshot(
    account: Account,
    previous: Standing | None,
    payments: Sequence[Payment],
    cancellations: Mapping[str, datetime] = NONE_CANCELED,
) -> Standing:
    """Return the standing under a new snapshot.

    Payments that it has not booked and that came after it count on top, and so do cancellations of payments
    that it has; agreements that are written off owe nothing whatever it says; an account that is locked keeps
    its state. What a reversal has restored stays as it is under a snapshot that cannot know of it (R25).
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
        holds = payment.payment_id not in cancellations
        if counts_on_top and holds and payment.currency in {None, account.currency}:
            new = not (payment.allocations or payment.after_write_off)
            parts = allocate(payment.amount, {}, account, balances, {}) if new else payment.allocations
            balances = less(balances, parts, known)
    for payment_id, canceled_at in cancellations.items():
        if canceled_at > account.as_of:
            balances = less(balances, booked_amounts(account, payment_id), known)
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


def booked_amounts(account: Account, payment_id: str) -> dict[str, int]:
    """Return what the snapshot has booked of a payment that it takes for valid, signed, by agreement."""
    amounts: dict[str, int] = {}
    for sa in account.service_agreements:
        undone = {ft.reverses_ft_id for ft in sa.financial_transactions if not ft.canceled}
        for ft in sa.financial_transactions:
            if ft.payment_id == payment_id and not ft.canceled and ft.ft_id not in undone:
                amounts[sa.sa_id] = amounts.get(sa.sa_id, 0) + ft.amount
    return amounts


def raised(
    account: Account,
    standing: Standing,
    payments: Sequence[Payment],
    cancellations: Mapping[str, datetime],
    canceled: tuple[str, datetime],
) -> dict[str, int]:
    """Return by how much the cancellation of one more payment raises each balance, as the snapshot stands.

    Of what a reversal has restored, as if it had not (R25): the payment was in what came back.
    """
    bare = msgspec.structs.replace(standing, restored=())
    payment_id, canceled_at = canceled
    before = after_snapshot(account, bare, payments, cancellations).balances
    after = after_snapshot(account, bare, payments, {**cancellations, payment_id: canceled_at}).balances
    return {sa_id: owed - before[sa_id] for sa_id, owed in after.items() if owed != before[sa_id]}


def more_owed(before: Mapping[str, int], after: Mapping[str, int], sa_id: str) -> int:
    """Return how much more an agreement owes than it did, in minor units; a credit owes nothing."""
    return max(after.get(sa_id, 0), 0) - max(before.get(sa_id, 0), 0)


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
