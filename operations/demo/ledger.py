"""The general ledger as its consumer sees it: journal lines added up by currency and account."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from operations.demo.consumers import Read
from writeoff.money import parse
from writeoff.policy.model import Policy

#: An account that is in no policy: a snapshot named it (`charged_off`).
CHARGED_OFF = "Charged off upstream"


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One account of one company: the sums of both sides in minor units."""

    gl_account: str
    name: str
    debit_minor: int
    credit_minor: int


def ledger(read: Iterable[Read], policies: Iterable[Policy]) -> Mapping[str, Sequence[Account]]:
    """Return the accounts of each currency, by number."""
    sums: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for each in read:
        if each.kind == "journal-posted":
            currency = each.data["currency"]
            for line in each.data["lines"]:
                sums[currency][line["gl_account"], line["side"]] += parse(line["amount"], currency)
    names = {policy.currency: _names(policy) for policy in policies}
    return {
        currency: [
            Account(
                gl_account=account,
                name=names[currency].get(account, CHARGED_OFF),
                debit_minor=sides[account, "debit"],
                credit_minor=sides[account, "credit"],
            )
            for account in sorted({account for account, _ in sides})
        ]
        for currency, sides in sums.items()
    }


def _names(policy: Policy) -> dict[str, str]:
    """Return what the policy calls its accounts; where tax waits for a claim is named after the tax."""
    names: dict[str, str] = {}
    for code in policy.distribution_codes.values():
        names.setdefault(code.gl_account, code.name)
        if code.relief_gl_account:
            names.setdefault(code.relief_gl_account, f"{code.name}, to be claimed back")
    return names
