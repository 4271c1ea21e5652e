"""A preview while it is made: a table, JSON or CSV (R3)."""

import csv
import sys

import msgspec
from rich.console import Console

from handlers.planning.plan import AccountPlan
from operations.cli.printing import exact, grouped, show, table
from operations.planning import Head, Planning
from operations.views.bulk import PREVIEW_COLUMNS, Previewed, previewed


class PreviewTable:
    """A table of the first accounts, and how many there are in all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._shown: list[Previewed] = []
        self._currency = ""

    def begin(self, head: Head) -> None:
        """Open the list."""
        self._currency = head.currency

    def account(self, plan: AccountPlan) -> None:
        """Write an account."""
        if len(self._shown) < self._limit:
            self._shown.append(previewed(plan, self._currency))

    def end(self, planning: Planning) -> None:
        """Close the list, with the digest of the plan."""
        show(lambda to: self._draw(to, planning))

    def _draw(self, to: Console, planning: Planning) -> None:
        rows = [
            (
                each.account_id,
                each.customer,
                each.fulfilment_centre,
                each.days_since_default,
                "yes" if each.eligible else each.refusal,
                grouped(each.amount) if each.amount is not None else None,
                grouped(each.owed) if each.owed is not None else None,
            )
            for each in self._shown
        ]
        table(to, ["Account!", "Customer", "Centre", "Days>", "Eligible", "Amount>", "Owed>"], rows)
        totals = planning.totals
        if (left := totals.accounts - len(self._shown)) > 0:
            to.print(f"{left:,} more: raise --limit, or take --csv for all.")
        to.print()
        eligible = f"{totals.eligible:,} of {totals.accounts:,} accounts are eligible"
        to.print(f"{eligible}; the amounts are in {self._currency}.")
        exact(to, f"plan digest {planning.digest}")


class PreviewJson:
    """JSON: `accounts`, each as R3 lists it, and the digest of the plan that they are part of."""

    def __init__(self) -> None:
        self._currency = ""
        self._between = "\n"

    def begin(self, head: Head) -> None:
        """Open the list."""
        self._currency = head.currency
        sys.stdout.write('{"accounts":[')

    def account(self, plan: AccountPlan) -> None:
        """Write an account."""
        body = msgspec.json.encode(previewed(plan, self._currency)).decode()
        sys.stdout.write(self._between + body)
        self._between = ",\n"

    def end(self, planning: Planning) -> None:
        """Close the list, with the digest of the plan."""
        counts = f'"count":{planning.totals.accounts},"eligible":{planning.totals.eligible}'
        sys.stdout.write(f'\n],{counts},"plan_digest":"{planning.digest}"}}\n')


class PreviewCsv:
    """CSV: a row an account."""

    def __init__(self) -> None:
        self._writer = csv.DictWriter(sys.stdout, PREVIEW_COLUMNS, lineterminator="\n")
        self._currency = ""

    def begin(self, head: Head) -> None:
        """Open the list."""
        self._currency = head.currency
        self._writer.writeheader()

    def account(self, plan: AccountPlan) -> None:
        """Write an account."""
        row = msgspec.structs.asdict(previewed(plan, self._currency))
        self._writer.writerow(row | {"eligible": "yes" if row["eligible"] else "no"})

    def end(self, planning: Planning) -> None:
        """Close the list, with the digest of the plan."""
        sys.stderr.write(f"plan digest {planning.digest}\n")
