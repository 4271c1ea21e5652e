"""Journal lines in the making: merged, with their sources, debits first (R19)."""

from datetime import date

from writeoff.account import Side
from writeoff.journal import JournalLine, Source

_LineKey = tuple[Side, str, str, str | None, date | None, date | None, date | None]


class Lines:
    """Collects amounts; lines merge on (side, GL account, code, agreement, dates of tax relief)."""

    def __init__(self) -> None:
        self._amounts: dict[_LineKey, int] = {}
        self._sources: dict[_LineKey, dict[tuple[str, str | None, str], int]] = {}

    def add(
        self,
        side: Side,
        gl_account: str,
        distribution_code: str,
        amount: int,
        *,
        sa_id: str | None,
        source: tuple[str, str | None, str] | None = None,
        claimable: tuple[date, date] | None = None,
        repay_by: date | None = None,
    ) -> None:
        """Add `amount` (minor units) to a line; `source` is (agreement, FT, code), or None."""
        claimable_from, claimable_until = claimable or (None, None)
        key = (side, gl_account, distribution_code, sa_id, claimable_from, claimable_until, repay_by)
        self._amounts[key] = self._amounts.get(key, 0) + amount
        sources = self._sources.setdefault(key, {})
        if source is not None:
            sources[source] = sources.get(source, 0) + amount

    def finished(self) -> tuple[JournalLine, ...]:
        """Return the lines, debits first, each side in order of first appearance; no line of zero."""
        ordered = sorted(self._amounts, key=lambda key: key[0] != "debit")
        return tuple(
            JournalLine(
                side=key[0],
                gl_account=key[1],
                distribution_code=key[2],
                amount=self._amounts[key],
                sa_id=key[3],
                claimable_from=key[4],
                claimable_until=key[5],
                repay_by=key[6],
                sources=tuple(
                    Source(sa_id=sa_id, ft_id=ft_id, distribution_code=code, amount=amount)
                    for (sa_id, ft_id, code), amount in self._sources[key].items()
                ),
            )
            for key in ordered
            if self._amounts[key]
        )
