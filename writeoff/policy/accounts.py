"""Checks of a policy's chart: distribution codes, their classes, and what stands on them (R19)."""

from collections.abc import Iterator

from writeoff.policy.model import DistributionClass
from writeoff.policy.references import known
from writeoff.policy.shape import DistributionCodeTable
from writeoff.policy.structure import Draft, join

_OWN_CODES = ("write_down_code", "inventory_code", "recovery_clearing_code")
_RELIEF = (
    "relief_gl_account",
    "relief_claimable_after_years",
    "relief_claimable_for_years",
    "relief_repay_within_days",
)
#: Kenya's, whose treatment this is: relief may be claimed from the third to the tenth year after supply.
CLAIMABLE_AFTER_YEARS, CLAIMABLE_FOR_YEARS = 3, 10
#: And what is recovered after the claim is paid to the tax office within so many days, Kenya's again (R24).
REPAY_WITHIN_DAYS = 60


def chart(draft: Draft) -> Iterator[str]:
    """Check every code by itself and every code that is named somewhere."""
    if draft.has("distribution_codes"):
        own = _own_accounts(draft)
        # A misspelt own account would make the code that it means look like one that bills carry.
        named = ("write_off_sa_types", "recovery_credit_code", *_OWN_CODES)
        sure = draft.whole(*named) and own <= draft.table.distribution_codes.keys()
        for code, entry in draft.table.distribution_codes.items():
            path = join("distribution_codes", code)
            yield from _write_off_control(draft, path, entry, needed=sure and code not in own)
            yield from _tax_treatment(path, entry)
    for key in _OWN_CODES:
        if draft.has(key):
            yield from _of_class(draft, key, getattr(draft.table, key), "other")
    yield from _recovery_credit(draft)
    if draft.has("sa_types"):
        for name, sa_type in draft.table.sa_types.items():
            path = f"{join('sa_types', name)}.receivable_code"
            yield from _of_class(draft, path, sa_type.receivable_code, "receivable")
    if draft.has("write_off_sa_types"):
        for name, write_off in draft.table.write_off_sa_types.items():
            path = f"{join('write_off_sa_types', name)}.distribution_code"
            yield from _of_class(draft, path, write_off.distribution_code, "other")


def _recovery_credit(draft: Draft) -> Iterator[str]:
    """Recoveries credit what was debited, or a code that is named for them (R24)."""
    key = "recovery_credit_code"
    if not draft.has("recovery_credit", key):
        return
    credit, code = draft.table.recovery_credit, draft.table.recovery_credit_code
    if credit == "write-off-expense" and code is not None:
        yield f'{key}: not allowed; recovery_credit = "write-off-expense" credits what was debited'
    elif credit != "write-off-expense" and code is None:
        yield f'{key}: missing; recovery_credit = "{credit}" needs one; allowed: a distribution code'
    elif code is not None:
        yield from _of_class(draft, key, code, "other")


def _own_accounts(draft: Draft) -> set[str]:
    """Return the codes that the worker posts to by itself; no bill need carry them."""
    table = draft.table
    named = {write_off.distribution_code for write_off in (table.write_off_sa_types or {}).values()}
    credited = {table.recovery_credit_code} if table.recovery_credit_code else set()
    return named | credited | {getattr(table, key) for key in _OWN_CODES}


def _write_off_control(
    draft: Draft, path: str, entry: DistributionCodeTable, *, needed: bool
) -> Iterator[str]:
    at = f"{path}.write_off_sa_type"
    if entry.distribution_class == "receivable":
        if entry.write_off_sa_type is not None:
            yield f"{at}: not allowed for class receivable, which a write-off credits; allowed: leave it out"
    elif entry.write_off_sa_type is not None:
        yield from known(draft, at, "write_off_sa_types", entry.write_off_sa_type)
    elif needed:
        yield (
            f"{at}: missing; class {entry.distribution_class} needs one, unless the code is only the own "
            "account of a write-off SA type, the inventory, clearing or write-down code"
        )


def _tax_treatment(path: str, entry: DistributionCodeTable) -> Iterator[str]:
    if entry.tax_treatment is not None and entry.distribution_class != "liability":
        yield (
            f"{path}.tax_treatment: not allowed for class {entry.distribution_class}; "
            "allowed: class liability alone"
        )
        return
    if entry.tax_treatment != "pending-claim":
        for key in _RELIEF:
            if getattr(entry, key) is not None:
                yield f'{path}.{key}: not allowed; allowed: with tax_treatment = "pending-claim" alone'
        return
    if entry.relief_gl_account is None:
        yield (
            f"{path}.relief_gl_account: missing; pending-claim debits it until the claim; "
            "allowed: a GL account"
        )
    after, until = entry.relief_claimable_after_years, entry.relief_claimable_for_years
    if (CLAIMABLE_AFTER_YEARS if after is None else after) >= (
        CLAIMABLE_FOR_YEARS if until is None else until
    ):
        yield (
            f"{path}.relief_claimable_for_years: the claim would end before it begins; "
            "allowed: more than relief_claimable_after_years"
        )


def _of_class(draft: Draft, path: str, code: str, wanted: DistributionClass) -> Iterator[str]:
    yield from known(draft, path, "distribution_codes", code)
    if not draft.has("distribution_codes"):
        return
    entry = draft.table.distribution_codes.get(code)
    if entry is not None and entry.distribution_class != wanted:
        yield f'{path}: "{code}" is of class {entry.distribution_class}; allowed: class {wanted}'
