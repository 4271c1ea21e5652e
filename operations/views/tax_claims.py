"""Tax on written-off debt whose relief may be claimed, later, now or no more (R19, R24)."""

from collections.abc import Iterator, Mapping
from datetime import date

from operations.views.view import View, amount
from store import opcos
from store.engine.transaction import AnyRow, Transaction
from store.queries import tax_claims
from writeoff.accounting.posting import period_of
from writeoff.accounting.write_off import years_after
from writeoff.policy.model import Policy


class TaxMonth(View, frozen=True, kw_only=True):
    """What is held of one code's tax on supplies of one month, over all accounts.

    `claimed` was claimed, and must be repaid as it is recovered. Of the rest, `open` may be claimed on the
    business date, `later` not before a later one, `lapsed` no more.
    """

    opco: str
    distribution_code: str
    month: str
    accounts: int
    currency: str
    later: str
    open: str
    lapsed: str
    claimed: str


class TaxClaims(View, frozen=True, kw_only=True):
    """What is held by opco, code and month of supply, the oldest first."""

    months: list[TaxMonth]


class _Sum:
    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.minor = {"later": 0, "open": 0, "lapsed": 0, "claimed": 0}


def tax_claims_view(tx: Transaction, opco: str | None) -> TaxClaims:
    """Return what is held at one opco, or at all."""
    sums: dict[tuple[str, str, str, str], _Sum] = {}
    for row, state in _rows(tx, opco):
        month = period_of(row.accounting_date)
        total = sums.setdefault((row.opco, row.distribution_code, month, row.currency), _Sum())
        total.accounts.add(row.account_id)
        total.minor["claimed"] += row.claimed_minor
        total.minor[state] += row.held_minor - row.claimed_minor
    return TaxClaims(
        months=[
            TaxMonth(
                opco=name,
                distribution_code=code,
                month=month,
                accounts=len(total.accounts),
                currency=currency,
                **{state: amount(minor, currency) for state, minor in total.minor.items()},
            )
            for (name, code, month, currency), total in sorted(sums.items())
        ]
    )


def claimable_accounts(
    tx: Transaction, opco: str, on: date, code: str | None, supplied_until: date | None
) -> list[str]:
    """Return the accounts of an opco that hold tax of the code which may be claimed on that day."""
    return sorted(
        {
            row.account_id
            for row, state in _rows(tx, opco, on)
            if state == "open"
            and row.held_minor > row.claimed_minor
            and code in {None, row.distribution_code}
            and (supplied_until is None or row.accounting_date <= supplied_until)
        }
    )


def _rows(tx: Transaction, opco: str | None, on: date | None = None) -> Iterator[tuple[AnyRow, str]]:
    """Return what is held with what may become of it, on a day or on the business date."""
    today = {name: each.today for name, each in opcos.now(tx).items()}
    policies: dict[str, Policy] = {}
    for row in tax_claims.held(tx, opco):
        if row.policy_digest not in policies:
            policies[row.policy_digest] = opcos.policy_by_digest(tx, row.policy_digest)
        yield row, _state(row, policies, on or today[row.opco])


def _state(row: AnyRow, policies: Mapping[str, Policy], on: date) -> str:
    code = policies[row.policy_digest].distribution_codes[row.distribution_code]
    if on < years_after(row.accounting_date, code.relief_claimable_after_years):
        return "later"
    if on > years_after(row.accounting_date, code.relief_claimable_for_years):
        return "lapsed"
    return "open"
