"""What the neighbours may say, drawn from a few of everything, so that stories meet."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.upstream import (
    CURRENCIES,
    Event,
    account,
    agreement,
    event,
    transaction,
)
from writeoff.money import render

FIRST_DAY = date(2026, 11, 3)
#: Two opcos whose taxes are treated differently, and currencies with and without decimals.
ACCOUNTS = ("RW-1", "RW-2", "RW-3", "KE-1", "KE-2")
CLERK = {"user_id": "u-900", "name": "Nobody", "roles": ["field-agent"]}

accounts = st.sampled_from(ACCOUNTS)
#: What is owed on an agreement of a snapshot: nothing, little, all that was billed, more, a credit.
balances = st.sampled_from([0, 49, 3_333, 10_500, 10_500, 20_000, -700])
days_later = st.sampled_from([0, 0, 1, 10, 29, 60, 100])
numbers = st.integers(min_value=0, max_value=5)
amounts = st.sampled_from([1, 49, 700, 2_000, 10_500, 50_000])
reasons = st.sampled_from(
    [
        "home-not-found",
        "product-not-found",
        "refused-to-return",
        "promised-to-pay",
        "customer-paid",
        "product-issue",
    ]
)


def opco_of(account_id: str) -> str:
    """Return the opco of an account: the first letters of its id."""
    return account_id[:2]


def snapshot(
    account_id: str,
    *,
    version: int,
    as_of: datetime,
    state: str,
    owed: tuple[int, int],
    booked: tuple[tuple[str, int], ...],
) -> Event:
    """Return a snapshot with two agreements: one with two bills, taxed; one with a single bill."""
    opco = opco_of(account_id)
    currency = CURRENCIES[opco]
    first = [
        # Supplied so long ago that relief of the tax may be claimed where there is such a thing (R19).
        transaction("FT-1", "2023-04-01", {"REVENUE": 5_001, "VAT-PAYABLE": 799}, opco=opco),
        transaction("FT-2", "2026-05-01", {"REVENUE": 4_003, "VAT-PAYABLE": 697}, opco=opco),
        *(_paid(payment_id, amount, currency) for payment_id, amount in booked),
    ]
    second = [transaction("FT-3", "2026-05-02", {"REVENUE": 10_500}, opco=opco)]
    lamp = {"product_id": "PR-1", "name": "lamp", "quantity": 2}
    panel = {"product_id": "PR-2", "name": "panel", "quantity": 1}
    return account(
        account_id,
        opco=opco,
        version=version,
        as_of=as_of.isoformat(),
        state=state,
        defaulted_on="2026-06-14" if state == "defaulted" else None,
        agreements=[
            agreement(f"SA-{account_id}-1", first, balance=render(owed[0], currency), products=[lamp]),
            agreement(f"SA-{account_id}-2", second, balance=render(owed[1], currency), products=[panel]),
        ],
    )


def _paid(payment_id: str, amount: int, currency: str) -> dict[str, Any]:
    text = render(amount, currency)
    return {
        "ft_id": f"FT-{payment_id}",
        "kind": "payment",
        "accounting_date": "2026-11-04",
        "amount": f"-{text}",
        "canceled": False,
        "payment_id": payment_id,
        "gl": [
            {"distribution_code": "RECEIVABLE", "side": "credit", "amount": text},
            {"distribution_code": "CASH", "side": "debit", "amount": text},
        ],
    }


def at(day: date, hour: int) -> datetime:
    """Return an hour of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


def command(kind: str, opco: str, **data: Any) -> Event:
    """Return a command of upstream, such as `write-off-reversal-requested`."""
    return event(f"pulse.{kind}.v1", data, opco=opco)


def reply(referral: dict[str, Any], kind: str, number: int) -> Event:
    """Return what an agency says about a referral."""
    data = {"referral_id": referral["referral_id"], "agency": referral["agency"], "reply": kind}
    return event(
        "agency.referral-replied.v1",
        data | {"agency_reference": f"REF-{number}"},
        opco=referral["opco"],
        source=f"/agency/{referral['agency']}",
    )
