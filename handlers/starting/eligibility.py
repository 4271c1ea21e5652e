"""Whether an account can be written off: the refusals of R2, first that applies, in their order."""

from collections.abc import Sequence

from writeoff.account import Account, Standing
from writeoff.case import Case
from writeoff.money import display
from writeoff.process import Disposition, ReturnedProduct
from writeoff.value import Value


class Ineligible(Value, frozen=True, kw_only=True):
    """Why not: the code of R2 and a plain sentence."""

    reason: str
    message: str


#: The states that may choose to stop (R21).
_OPT_OUT_STATES = {"normal", "late", "defaulted"}


def check_account(  # noqa: PLR0911 - one return for each refusal of R2
    case: Case, disposition: Disposition, returned: Sequence[ReturnedProduct], account_id: str
) -> Ineligible | tuple[Account, Standing]:
    """Apply R2 up to `invalid-return`; return the account and its standing when nothing is against it."""
    account, standing = case.account, case.standing
    name = f"Account {account_id}"
    if account is None or standing is None:
        return not_found(case, account_id)
    if account.currency != case.policy.currency:
        return Ineligible(
            reason="currency-mismatch",
            message=f"{name} is kept in {account.currency}, but opco {case.policy.opco} in "
            f"{case.policy.currency}.",
        )
    if standing.state == "inactive" or standing.locked_by is not None:
        return Ineligible(reason="already-terminated", message=f"{name} is inactive or already written off.")
    if case.process is not None and case.process.status == "active":
        return Ineligible(
            reason="process-active",
            message=f"{name} already has an active write-off process, {case.process.process_id}.",
        )
    if disposition == "opt_out":
        if standing.state not in _OPT_OUT_STATES:
            return Ineligible(
                reason="not-in-default",
                message=f"{name} is {standing.state}; an opt-out is open to normal, late and defaulted "
                "accounts.",
            )
    elif standing.state != "defaulted" and account.pending_repossession is None:
        return Ineligible(
            reason="not-in-default",
            message=f"{name} is {standing.state}, and no repossession is pending.",
        )
    wrong = _wrong_return(account, disposition, returned)
    if wrong is not None:
        return Ineligible(reason="invalid-return", message=f"{name}: {wrong}")
    return account, standing


def not_found(case: Case, account_id: str) -> Ineligible:
    """Return that the account is not known, or not in the version that the message names."""
    return Ineligible(
        reason="account-not-found",
        message=f"Account {account_id} is not known at opco {case.policy.opco}."
        if case.account is None
        else f"Account {account_id} is known at opco {case.policy.opco}, but not in the version that was "
        "named.",
    )


def on_hold(account_id: str, standing: Standing) -> Ineligible:
    """Return that a promise to pay holds the account (R6)."""
    return Ineligible(
        reason="on-hold",
        message=f"Account {account_id} has promised to pay; it is on hold until {standing.hold_until}.",
    )


def no_debt(account_id: str) -> Ineligible:
    """Return that nothing is owed on agreements that can be written off."""
    return Ineligible(
        reason="no-debt",
        message=f"Account {account_id} owes nothing on service agreements that can be written off.",
    )


def closed_as_small(account_id: str, amount: int, currency: str) -> Ineligible:
    """Return that the small balances were closed, and nothing is left (R7). Amount in minor units."""
    return Ineligible(
        reason="closed-as-small",
        message=f"Account {account_id} owed only small balances; {display(amount, currency)} was closed.",
    )


def credit_to_apply(account_id: str, sa_id: str, credit: int, currency: str) -> Ineligible:
    """Return that a credit must be refunded or transferred first (R7). Credit in minor units, above zero."""
    return Ineligible(
        reason="credit-to-apply",
        message=f"Account {account_id} has a credit of {display(credit, currency)} on {sa_id} while another "
        "agreement owes; refund or transfer it first.",
    )


def _wrong_return(
    account: Account, disposition: Disposition, returned: Sequence[ReturnedProduct]
) -> str | None:
    """Say what is wrong with returned goods (R21), or None."""
    if returned and disposition == "write_off":
        return "a write-off has no returned products; ask for a repossession instead."
    counts: dict[tuple[str, str], int] = {}
    for row in returned:
        where = f"{row.product_id} of {row.sa_id}"
        agreement = account.agreement(row.sa_id)
        products = agreement.products if agreement else ()
        product = next((each for each in products if each.product_id == row.product_id), None)
        if product is None:
            return f"the returned product {where} is not on the account."
        if row.quantity < 0 or row.fair_value < 0:
            return f"the returned product {where} has a negative quantity or value."
        key = (row.sa_id, row.product_id)
        counts[key] = counts.get(key, 0) + row.quantity
        if counts[key] > product.quantity:
            return f"{counts[key]} of {where} returned, but the customer has {product.quantity}."
    return None
