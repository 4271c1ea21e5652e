"""Accounts whose failed repossessions may lead to a process."""

from rich.console import Console

from operations.cli.options import Json, Limit, Opco
from operations.cli.printing import emit, grouped, table
from operations.database import reading
from operations.views.candidates import candidates_view
from workers.settings import Settings


def candidates(opco: Opco = None, limit: Limit = 50, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """List accounts in default with attempts: who is due for a process, who will be, and when."""
    with reading(Settings()) as tx:
        view = candidates_view(tx, opco, limit)

    def draw(to: Console) -> None:
        counts = [f"{count:,} {_MEANING[status]}" for status, count in view.counts.items() if count]
        to.print((", ".join(counts) or "No account in default has attempts and no process") + ".")
        table(
            to,
            ["On!", "What", "Opco", "Account", "Attempts>", "Days>", "Last attempt", "Owed>"],
            [
                (
                    each.on,
                    _WHAT[each.status],
                    each.opco,
                    each.account_id,
                    f"{each.attempts} of {each.attempts_needed}",
                    f"{each.days_in_default} of {each.days_needed}",
                    each.last_reason,
                    f"{each.currency} {grouped(each.owed)}",
                )
                for each in view.candidates
            ],
        )
        if (left := sum(view.counts.values()) - view.counts["paid"] - len(view.candidates)) > 0:
            to.print(f"{left} more: raise --limit.")

    emit(view, draw, as_json=as_json)


_MEANING = {
    "due": "due",
    "day": "due on a later day",
    "held": "held by a promise to pay",
    "attempts": "short of attempts",
    "asked": "asked for and refused",
    "paid": "owing nothing",
}
_WHAT: dict[str, str] = {
    "due": "process due",
    "day": "process due",
    "held": "hold ends",
    "attempts": "more attempts",
    "asked": "was refused",
}
