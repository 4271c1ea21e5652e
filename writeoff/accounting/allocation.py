"""Laying a payment on the agreements: as it says, or oldest debt first."""

from collections.abc import Mapping
from datetime import date

from writeoff.account import Account
from writeoff.accounting.open_items import open_items
from writeoff.policy.model import DistributionCode


def allocate(
    amount: int,
    named: Mapping[str, int],
    account: Account,
    balances: Mapping[str, int],
    codes: Mapping[str, DistributionCode],
) -> dict[str, int]:
    """Return how much of a payment each agreement gets (minor units); the parts sum to `amount`.

    `named` allocations to agreements of the account stand. The rest goes to the oldest debt; what no debt
    takes is a credit on the agreement with the smallest id. Empty only when the account has no agreement.
    """
    parts = {sa_id: part for sa_id, part in named.items() if sa_id in balances}
    left = amount - sum(parts.values())
    for _, _, sa_id, owed in _debts(account, {k: v - parts.get(k, 0) for k, v in balances.items()}, codes):
        part = min(owed, left)
        if part:
            parts[sa_id] = parts.get(sa_id, 0) + part
            left -= part
    if left and balances:
        first = min(balances)
        parts[first] = parts.get(first, 0) + left
    return parts


def _debts(
    account: Account, balances: Mapping[str, int], codes: Mapping[str, DistributionCode]
) -> list[tuple[date, str, str, int]]:
    """Return what is owed by date: the newest transactions up to the balance, the rest as older than all."""
    debts: list[tuple[date, str, str, int]] = []
    for agreement in account.service_agreements:
        owed = balances.get(agreement.sa_id, 0)
        for item in open_items(agreement, codes):
            if owed <= 0:
                break
            part = min(item.amount, owed)
            debts.append((item.accounting_date, item.ft_id, agreement.sa_id, part))
            owed -= part
        if owed > 0:
            debts.append((date.min, "", agreement.sa_id, owed))
    return sorted(debts)
