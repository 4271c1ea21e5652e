"""Tax on written-off debt whose relief may be claimed, later, now or no more (R19, R24)."""

from collections.abc import Iterable, Iterator
from datetime import date

from operations.views.view import View, amount
from store import opcos
from store.engine.transaction import AnyRow, Transaction
from store.queries import tax_claims
from store.queries.tax_claims import Place
from writeoff.accounting.posting import period_of
from writeoff.accounting.write_off import years_after
from writeoff.policy.model import Policy

#: Buckets whose months are shown at once: some hundredths of a second.
MOST = 5_000


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
    """What is held by opco, code and month of supply, the oldest first.

    It is all of it, or the months of `MOST` buckets; then `next` is what `--after` takes.
    """

    months: list[TaxMonth]
    next: str | None


class _Sum:
    def __init__(self) -> None:
        self.accounts = 0
        self.minor = {"later": 0, "open": 0, "lapsed": 0, "claimed": 0}


def tax_claims_view(
    tx: Transaction, opco: str | None, after: Place | None = None, most: int = MOST
) -> TaxClaims:
    """Return what is held at one opco, or at all, behind a month of the list."""
    sums: dict[tuple[str, str, str, str], _Sum] = {}
    page = tax_claims.page(tx, opco, after, most)
    for row, policy, state in _with_states(tx, tax_claims.sums(tx, page.where)):
        month = period_of(row.accounting_date)
        total = sums.setdefault((row.opco, row.distribution_code, month, policy.currency), _Sum())
        total.accounts += int(row.accounts)
        total.minor["claimed"] += int(row.claimed_minor)
        total.minor[state] += int(row.held_minor - row.claimed_minor)
    return TaxClaims(
        months=[
            TaxMonth(
                opco=name,
                distribution_code=code,
                month=month,
                accounts=total.accounts,
                currency=currency,
                **{state: amount(minor, currency) for state, minor in total.minor.items()},
            )
            for (name, code, month, currency), total in sorted(sums.items())
        ],
        next=f"{page.last.opco}/{page.last.distribution_code}/{period_of(page.last.first)}"
        if page.last is not None
        else None,
    )


def claimable_accounts(
    tx: Transaction, opco: str, on: date, code: str | None, supplied_until: date | None
) -> list[str]:
    """Return the accounts of an opco that hold tax of the code which may be claimed on that day."""
    return sorted(
        {
            row.account_id
            for row, _, state in _with_states(tx, tax_claims.held(tx, opco), on)
            if state == "open"
            and row.held_minor > row.claimed_minor
            and code in {None, row.distribution_code}
            and (supplied_until is None or row.accounting_date <= supplied_until)
        }
    )


def _with_states(
    tx: Transaction, rows: Iterable[AnyRow], on: date | None = None
) -> Iterator[tuple[AnyRow, Policy, str]]:
    """Yield what is held with its policy and what may become of it, on a day or on the business date."""
    today = {name: each.today for name, each in opcos.now(tx).items()}
    policies: dict[str, Policy] = {}
    for row in rows:
        if row.policy_digest not in policies:
            policies[row.policy_digest] = opcos.policy_by_digest(tx, row.policy_digest)
        policy = policies[row.policy_digest]
        yield row, policy, _state(row, policy, on or today[row.opco])


def _state(row: AnyRow, policy: Policy, on: date) -> str:
    code = policy.distribution_codes[row.distribution_code]
    if on < years_after(row.accounting_date, code.relief_claimable_after_years):
        return "later"
    if on > years_after(row.accounting_date, code.relief_claimable_for_years):
        return "lapsed"
    return "open"
