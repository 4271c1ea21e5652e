"""Accounts whose failed repossessions may lead to a process."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from operations.cli.options import Json, Limit, Opco
from operations.cli.printing import emit, exact, grouped, table
from operations.database import reading
from operations.failures import Unusable
from operations.views.candidates import candidates_view
from store.queries.candidates import Place
from workers.settings import Settings

After = Annotated[
    str | None, typer.Option("--after", help="Look at those behind this one: DATE/OPCO/ACCOUNT, as printed.")
]


def candidates(
    opco: Opco = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """List accounts in default with attempts: who is due for a process, who will be, and when."""
    behind = _place(after) if after else None
    with reading(Settings()) as tx:
        view = candidates_view(tx, opco, limit, behind)

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
        if view.next is not None:
            looked = sum(view.counts.values())
            to.print(f"These are of the {looked:,} that have been in default for longest; the next:")
            exact(to, f"--after {view.next}")

    emit(view, draw, as_json=as_json)


def _place(text: str) -> Place:
    day, _, rest = text.partition("/")
    opco, _, account_id = rest.partition("/")
    try:
        return Place(date.fromisoformat(day), opco, account_id)
    except ValueError as error:
        raise Unusable(f"--after {text!r} is not DATE/OPCO/ACCOUNT.") from error


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
