"""Relief of tax on written-off debt: what may be claimed, and recording that it was (R19, R24)."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from messages.inbound.operations.record_tax_claim import RecordTaxClaim
from operations.actor import operator
from operations.cli.options import As, Json, Opco
from operations.cli.printing import emit, exact, grouped, table
from operations.database import opened, reading
from operations.failures import NotFound, Unusable
from operations.orders import Refused, sentence
from operations.views.tax_claims import claimable_accounts, tax_claims_view
from store import opcos
from store.queries.finding import accounts_named
from store.queries.months import first_day
from store.queries.tax_claims import Place
from workers.intake.operators import Command, CommandUnusable, Outcome, submit
from workers.sets.shelf import PolicyShelf
from workers.settings import Settings
from writeoff.facts import TaxClaimRecorded
from writeoff.money import display

app = typer.Typer(help="Relief of tax on written-off debt (R19, R24).", no_args_is_help=True)

#: Accounts recorded in one transaction: it holds their locks, and payments wait for them.
ACCOUNTS_AT_ONCE = 200
DATE = ["%Y-%m-%d"]
After = Annotated[
    str | None, typer.Option("--after", help="Show those behind this one: OPCO/CODE/MONTH, as printed.")
]


@app.command("list")
def list_claims(
    opco: Opco = None,
    after: After = None,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """List the tax that is held and waits for its claim, by code and month of supply."""
    behind = _place(after) if after else None
    with reading(Settings()) as tx:
        view = tax_claims_view(tx, opco, behind)

    def draw(to: Console) -> None:
        table(
            to,
            ["Opco", "Month!", "Code", "Accounts>", "", "Later>", "Open>", "Lapsed>", "Claimed>"],
            [
                (
                    each.opco,
                    each.month,
                    each.distribution_code,
                    each.accounts,
                    each.currency,
                    *(grouped(minor) for minor in (each.later, each.open, each.lapsed, each.claimed)),
                )
                for each in view.months
            ],
        )
        if view.next is not None:
            to.print("There are more months; the next:")
            exact(to, f"--after {view.next}")

    emit(view, draw, as_json=as_json)


def _place(text: str) -> Place:
    opco, _, rest = text.partition("/")
    code, _, month = rest.rpartition("/")
    try:
        return Place(opco, code, first_day(month))
    except ValueError as error:
        raise Unusable(f"--after {text!r} is not OPCO/CODE/MONTH.") from error


@app.command()
def record(
    reference: Annotated[str, typer.Argument(help="The tax office's number of the claim.")],
    *,
    opco: Annotated[str, typer.Option("--opco", help="The opco whose claim it is.")],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=DATE, help="The day of the claim; the business date without it."),
    ] = None,
    code: Annotated[str | None, typer.Option("--code", help="One distribution code; all without it.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--supplied-until", formats=DATE, help="Only supplies until this day."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", help="One account; once for each. All that may be claimed without it."),
    ] = None,
    named: As = None,
) -> None:
    """Record that relief was claimed: what is recovered from now on credits the tax, to be repaid."""
    settings = Settings()
    who = operator(settings, named)
    supplied_until = until.date() if until else None
    with reading(settings) as tx:
        now = opcos.now(tx).get(opco)
        if now is None:
            raise NotFound(f"Opco {opco!r} is not known here.")
        for account_id in account or ():
            if not accounts_named(tx, account_id, opco):
                raise NotFound(f"No account of opco {opco} has the id {account_id!r}.")
        day = on.date() if on else now.today
        accounts = account or claimable_accounts(tx, opco, day, code, supplied_until)
        currency = opcos.policy_by_digest(tx, now.policy_digest).currency
    if not accounts:
        raise NotFound(f"No account of {opco} holds tax that may be claimed on {day}.")
    at = datetime.now(UTC)
    commands = [
        Command(
            user=who.user,
            publisher=who.system_user,
            opco=opco,
            at=at,
            data=RecordTaxClaim(
                account_id=account_id,
                reference=reference,
                claimed_on=day,
                distribution_code=code,
                supplied_until=supplied_until,
            ),
        )
        for account_id in dict.fromkeys(accounts)
    ]
    outcomes = _submitted(settings, commands)
    refused = [each for each in outcomes if each.refusal is not None]
    claims = [fact for each in outcomes for fact in each.facts if isinstance(fact, TaxClaimRecorded)]
    total = sum(part.amount for claim in claims for part in claim.parts)
    if claims:
        noun = "account" if len(claims) == 1 else "accounts"
        typer.echo(f"Claim {reference}: {display(total, currency)} of {len(claims):,} {noun}, on {day}.")
    for each in refused:
        typer.echo(f"writeoff: {sentence(each)}", err=True)
    if not claims:
        raise Refused(f"Nothing was recorded under {reference}.")


def _submitted(settings: Settings, commands: list[Command]) -> list[Outcome]:
    """Submit in sets: a claim may be about every account, and each is locked while its set lasts."""
    shelf = PolicyShelf()
    outcomes: list[Outcome] = []
    with opened(settings) as database:
        for start in range(0, len(commands), ACCOUNTS_AT_ONCE):
            try:
                outcomes += submit(database, shelf, commands[start : start + ACCOUNTS_AT_ONCE])
            except CommandUnusable as error:
                raise Unusable(str(error)) from error
    return outcomes
