"""A plan as JSON and CSV tell of it: amounts as decimal strings, persons by their ids alone (R4)."""

from datetime import date

from handlers.planning.plan import AccountPlan, PlannedEvent, lines_of
from handlers.planning.totals import Totals
from operations.views.view import View, amount
from writeoff.facts import DemeritRecorded
from writeoff.journal import JournalLine


class PlannedSource(View, frozen=True, kw_only=True):
    """Where part of a line would come from (R23)."""

    sa_id: str
    ft_id: str | None
    distribution_code: str
    amount: str


class PlannedLine(View, frozen=True, kw_only=True):
    """A journal line that would be posted."""

    side: str
    gl_account: str
    distribution_code: str
    amount: str
    sa_id: str | None
    claimable_from: date | None
    claimable_until: date | None
    sources: list[PlannedSource]


class PlannedRecipient(View, frozen=True, kw_only=True):
    """Who would be written to; without `recipients` the contact is recorded and no letter goes."""

    contact_type: str
    person_id: str
    recipients: list[str]


class PlannedReferral(View, frozen=True, kw_only=True):
    """The debt that would be referred; which agency gets it is decided on the day."""

    expected_agency: str
    amount: str
    debtors: list[str]


class PlannedTodo(View, frozen=True, kw_only=True):
    """A task that a role would get."""

    todo_type: str
    role: str


class PlannedDemerit(View, frozen=True, kw_only=True):
    """The demerit that would be recorded."""

    credit_rating_points: int
    cash_only_points: int
    effective_from: date
    effective_to: date


class PlannedStep(View, frozen=True, kw_only=True):
    """An event with everything that it would do."""

    sequence: int
    event_type: str
    kind: str
    day: int
    date: date
    outcome: str
    amount: str | None
    reason: str | None
    lines: list[PlannedLine]
    recipients: list[PlannedRecipient]
    referral: PlannedReferral | None
    todos: list[PlannedTodo]
    demerit: PlannedDemerit | None


class PlannedAccount(View, frozen=True, kw_only=True):
    """An account: eligible or why not, and its events."""

    account_id: str
    fulfilment_centre: str | None
    days_since_default: int | None
    eligible: bool
    refusal: str | None
    message: str | None
    template: str | None
    amount: str | None
    closed_at_once: list[PlannedLine]
    events: list[PlannedStep]


class GlTotal(View, frozen=True, kw_only=True):
    """What a GL account would get, in one currency."""

    currency: str
    gl_account: str
    debit: str
    credit: str


class PlanTotals(View, frozen=True, kw_only=True):
    """The totals of a plan."""

    accounts: int
    eligible: int
    refused: dict[str, int]
    templates: dict[str, int]
    amounts: dict[str, str]
    gl_accounts: list[GlTotal]
    events: dict[str, dict[str, int]]
    letters: int
    todos: dict[str, int]
    referred: dict[str, str]


def account_view(plan: AccountPlan, currency: str) -> PlannedAccount:
    """Return an account of a plan."""
    return PlannedAccount(
        account_id=plan.account_id,
        fulfilment_centre=plan.account.fulfilment_centre if plan.account else None,
        days_since_default=plan.days_in_default,
        eligible=plan.eligible,
        refusal=plan.refusal,
        message=plan.message,
        template=plan.process.template if plan.process else None,
        amount=amount(plan.amount, currency) if plan.amount is not None else None,
        closed_at_once=[_line(line, currency) for line in lines_of(plan.opening)],
        events=[_step(event, currency) for event in plan.events],
    )


def _step(event: PlannedEvent, currency: str) -> PlannedStep:
    referral = event.referral
    demerit = next((fact for fact in event.facts if isinstance(fact, DemeritRecorded)), None)
    return PlannedStep(
        sequence=event.sequence,
        event_type=event.event_type,
        kind=event.kind,
        day=event.day,
        date=event.on,
        outcome=event.outcome,
        amount=amount(event.amount, currency) if event.amount is not None else None,
        reason=event.reason,
        lines=[_line(line, currency) for line in event.lines],
        recipients=[
            PlannedRecipient(
                contact_type=contact.contact_type,
                person_id=contact.person.person_id,
                recipients=[person.person_id for person in contact.recipients],
            )
            for contact in event.contacts
        ],
        referral=PlannedReferral(
            expected_agency=referral.agency,
            amount=amount(referral.amount, currency),
            debtors=[person.person_id for person in referral.debtors],
        )
        if referral
        else None,
        todos=[PlannedTodo(todo_type=todo.todo_type, role=todo.role) for todo in event.todos],
        demerit=PlannedDemerit(
            credit_rating_points=demerit.credit_rating_points,
            cash_only_points=demerit.cash_only_points,
            effective_from=demerit.effective_from,
            effective_to=demerit.effective_to,
        )
        if demerit
        else None,
    )


def _line(line: JournalLine, currency: str) -> PlannedLine:
    return PlannedLine(
        side=line.side,
        gl_account=line.gl_account,
        distribution_code=line.distribution_code,
        amount=amount(line.amount, currency),
        sa_id=line.sa_id,
        claimable_from=line.claimable_from,
        claimable_until=line.claimable_until,
        sources=[
            PlannedSource(
                sa_id=each.sa_id,
                ft_id=each.ft_id,
                distribution_code=each.distribution_code,
                amount=amount(each.amount, currency),
            )
            for each in line.sources
        ],
    )


def totals_view(totals: Totals, currency: str) -> PlanTotals:
    """Return the totals, each in the opco's currency."""
    events: dict[str, dict[str, int]] = {}
    for (kind, outcome), count in sorted(totals.events.items()):
        events.setdefault(kind, {})[outcome] = count
    return PlanTotals(
        accounts=totals.accounts,
        eligible=totals.eligible,
        refused=dict(totals.refusals.most_common()),
        templates=dict(totals.templates.most_common()),
        amounts={currency: amount(totals.amount, currency)},
        gl_accounts=[
            GlTotal(
                currency=currency,
                gl_account=account,
                debit=amount(totals.debits[account], currency),
                credit=amount(totals.credits[account], currency),
            )
            for account in totals.gl_accounts
        ],
        events=events,
        letters=totals.letters,
        todos=dict(totals.todos.most_common()),
        referred={agency: amount(referred, currency) for agency, referred in sorted(totals.referred.items())},
    )
