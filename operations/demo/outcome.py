"""What the demonstration came to, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from operations.demo.checker import Finding
from operations.demo.figures import Figures
from operations.demo.ledger import Account
from writeoff.money import render


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The figures, what the checker found, and how it was run. `kept_in` is None if nothing was kept."""

    figures: Figures
    found: Mapping[str, Sequence[Finding]]
    accounts: int
    sent: int
    read: int
    dates: Sequence[date]
    seconds: float
    kept_in: Path | None

    @property
    def all_right(self) -> bool:
        """Whether the consumers read exactly what the file of expected figures says."""
        return not any(self.found.values())

    def as_json(self) -> dict[str, Any]:
        """Return it as data; amounts are decimal strings."""
        figures = asdict(self.figures)
        figures["ledger"] = {
            currency: _ledger_as_json(accounts, currency)
            for currency, accounts in self.figures.ledger.items()
        }
        return {
            "accounts": self.accounts,
            "sent": self.sent,
            "read": self.read,
            "business_dates": [each.isoformat() for each in self.dates],
            "seconds": self.seconds,
            "kept_in": str(self.kept_in) if self.kept_in else None,
            **figures,
            **{name: list(findings) for name, findings in self.found.items()},
        }


def _ledger_as_json(accounts: Sequence[Account], currency: str) -> dict[str, Any]:
    return {
        "accounts": {
            account.gl_account: {
                "name": account.name,
                "debit": render(account.debit_minor, currency),
                "credit": render(account.credit_minor, currency),
            }
            for account in accounts
        },
        "total_debit": render(sum(account.debit_minor for account in accounts), currency),
        "total_credit": render(sum(account.credit_minor for account in accounts), currency),
    }
