"""Closing a small balance (R7): no tax split, no transactions."""

from writeoff.accounting.lines import Lines
from writeoff.journal import JournalLine
from writeoff.policy.model import Policy


def write_down_lines(policy: Policy, sa_id: str, sa_type: str, balance: int) -> tuple[JournalLine, ...]:
    """Return the two lines that close `balance` (minor units, not zero); a credit the other way round."""
    expense = policy.distribution_codes[policy.write_down_code]
    receivable = policy.distribution_codes[policy.sa_types[sa_type].receivable_code]
    debit, credit = (expense, receivable) if balance > 0 else (receivable, expense)
    lines = Lines()
    for side, code in (("debit", debit), ("credit", credit)):
        lines.add(
            "debit" if side == "debit" else "credit",
            code.gl_account,
            code.code,
            abs(balance),
            sa_id=sa_id,
            source=(sa_id, None, receivable.code),
        )
    return lines.finished()
