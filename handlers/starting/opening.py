"""Opening a write-off process for one account, or saying why not (R2, R7, R8, R9)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from handlers.starting import eligibility, holds
from handlers.starting.eligibility import Ineligible
from handlers.wording.todos import todo_for
from writeoff import identity
from writeoff.account import Account, ServiceAgreement, Standing, WriteDown
from writeoff.accounting.write_down import write_down_lines
from writeoff.case import Case
from writeoff.facts import Fact, JournalPosted, ProcessStarted, StandingChanged
from writeoff.journal import Journal, checked
from writeoff.policy.model import Policy, Template, TemplateRule
from writeoff.process import Agreement, Disposition, Event, Origin, Process, ReturnedProduct
from writeoff.standing import written_down
from writeoff.value import Value

#: Events laid out, by policy, template and day: a set of hundreds begins on one day, and a replay on many.
_layouts: dict[tuple[str, Template, date], tuple[Event, ...]] = {}
_MOST_LAYOUTS = 1_000


class Order(Value, frozen=True, kw_only=True):
    """What a request or an attempt wants for one account.

    `approved` (minor units) is what it owed when the request was let through (R5).
    """

    request_id: str
    kind: Literal["personal", "bulk"]
    origin: Origin
    disposition: Disposition
    reason: str
    comments: str | None
    account_id: str
    returned: tuple[ReturnedProduct, ...] = ()
    override_hold: bool = False
    approved: int | None = None


class Opened(Value, frozen=True, kw_only=True):
    """A process was opened."""

    process: Process
    facts: tuple[Fact, ...]


class Declined(Value, frozen=True, kw_only=True):
    """No process: the code of R2, a plain sentence, and what happened all the same."""

    reason: str
    message: str
    facts: tuple[Fact, ...] = ()


def open_process(order: Order, case: Case) -> Opened | Declined:
    """Decide R2, R7 and R8 for one account, and lay out the events (R9)."""
    checked_account = eligibility.check_account(case, order.disposition, order.returned, order.account_id)
    if isinstance(checked_account, Ineligible):
        return _declined(checked_account)
    account, standing = checked_account
    policy = case.policy
    eligible = [
        (sa, standing.balances.get(sa.sa_id, 0))
        for sa in account.service_agreements
        if sa.sa_type in policy.sa_types and policy.sa_types[sa.sa_type].eligible
    ]
    owing = [(sa, balance) for sa, balance in eligible if balance > 0]
    if not owing:
        return _declined(eligibility.no_debt(order.account_id))
    limit = policy.small_balance_below
    small = [(sa, balance) for sa, balance in eligible if balance and abs(balance) < limit]
    debts = [(sa, balance) for sa, balance in owing if balance >= limit]
    credit = _larger_credit(account, standing, limit)
    if credit is not None:
        return _credit_to_apply(order, case, credit)
    if not debts:
        total = sum(balance for _, balance in small)
        facts = _write_downs(order, case, account, standing, small)
        return _declined(eligibility.closed_as_small(order.account_id, total, policy.currency), facts)
    if standing.held_on(case.today) and not order.override_hold:
        return _declined(eligibility.on_hold(order.account_id, standing))
    case, lifted = holds.lift(case, standing) if order.override_hold else (case, ())
    standing = case.standing or standing
    process = _process(order, case, account, debts)
    inner = msgspec.structs.replace(case, cause=process.cause(case.now, case.today, case.cause.actor))
    return Opened(
        process=process,
        facts=(
            *lifted,
            ProcessStarted(cause=inner.cause, process=process),
            *_write_downs(order, inner, account, standing, small),
        ),
    )


def _larger_credit(account: Account, standing: Standing, limit: int) -> tuple[ServiceAgreement, int] | None:
    """Return the first agreement with a credit that is not small, and the credit; deposits count (R7)."""
    for agreement in account.service_agreements:
        credit = -standing.balances.get(agreement.sa_id, 0)
        if credit > 0 and credit >= limit:
            return agreement, credit
    return None


def _declined(ineligible: Ineligible, facts: tuple[Fact, ...] = ()) -> Declined:
    return Declined(reason=ineligible.reason, message=ineligible.message, facts=facts)


def _credit_to_apply(order: Order, case: Case, credit: tuple[ServiceAgreement, int]) -> Declined:
    agreement, amount = credit
    why = eligibility.credit_to_apply(order.account_id, agreement.sa_id, amount, case.policy.currency)
    task = todo_for(
        case,
        "credit-to-apply",
        order.request_id,
        order.account_id,
        amount=amount,
        detail=f"a credit on {agreement.sa_id}",
    )
    return _declined(why, (task,))


def _process(
    order: Order, case: Case, account: Account, debts: Sequence[tuple[ServiceAgreement, int]]
) -> Process:
    amount = sum(balance for _, balance in debts)
    template = case.policy.templates[_rule(order, case.policy, account, amount, case).template]
    cause = case.cause
    return Process(
        process_id=identity.process_id(account.opco, order.request_id, account.account_id),
        opco=account.opco,
        account_id=account.account_id,
        request_id=order.request_id,
        origin=order.origin,
        bulk=order.kind == "bulk",
        disposition=order.disposition,
        reason=order.reason,
        comments=order.comments,
        template=template.name,
        policy_digest=case.policy.digest,
        created_on=case.today,
        currency=account.currency,
        amount=amount,
        agreements=tuple(
            Agreement(sa_id=sa.sa_id, sa_type=sa.sa_type, amount=balance, products=sa.products)
            for sa, balance in debts
        ),
        returned=order.returned,
        events=_laid_out(case.policy, template, case.today),
        approved=order.approved if order.approved is not None and order.approved < amount else None,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        traceparent=cause.traceparent,
        tracestate=cause.tracestate,
    )


def _laid_out(policy: Policy, template: Template, today: date) -> tuple[Event, ...]:
    """Return the events of a process that begins on a day: the same for all of its template."""
    key = (policy.digest, template, today)
    known = _layouts.get(key)
    if known is None:
        if len(_layouts) >= _MOST_LAYOUTS:
            _layouts.clear()
        known = _layouts[key] = tuple(
            Event(
                sequence=step.sequence,
                event_type=step.event_type,
                kind=policy.event_types[step.event_type].kind,
                trigger_date=(trigger := today + timedelta(days=step.days)),
                after=step.after,
                due_on=None if step.after else trigger,
            )
            for step in template.events
        )
    return known


def _rule(order: Order, policy: Policy, account: Account, amount: int, case: Case) -> TemplateRule:
    """Return the first rule in priority order whose criteria match; the last one is unconditional (R8)."""
    days = (case.today - account.defaulted_on).days if account.defaulted_on else None
    for rule in policy.template_rules:
        if (
            rule.origin in {None, order.origin}
            and rule.kind in {None, order.kind}
            and rule.disposition in {None, order.disposition}
            and rule.reason in {None, order.reason}
            and rule.customer_class in {None, account.customer_class}
            and _within(amount, rule.amount_from, rule.amount_below)
            and _within(days, rule.days_in_default_from, rule.days_in_default_below)
        ):
            return rule
    raise LookupError(f"policy {policy.version} has no unconditional template rule")


def _within(value: int | None, lower: int | None, upper: int | None) -> bool:
    if lower is None and upper is None:
        return True
    return value is not None and (lower is None or value >= lower) and (upper is None or value < upper)


def _write_downs(
    order: Order,
    case: Case,
    account: Account,
    standing: Standing,
    small: Sequence[tuple[ServiceAgreement, int]],
) -> tuple[Fact, ...]:
    """Close small balances, one journal an agreement; state and goods stay (R7)."""
    if not small:
        return ()
    journals: tuple[Fact, ...] = tuple(
        JournalPosted(cause=case.cause, journal=_write_down(order, case, account, sa, balance), buckets=())
        for sa, balance in small
    )
    closed = [WriteDown(sa_id=sa.sa_id, amount=balance, at=case.now) for sa, balance in small]
    return (*journals, StandingChanged(cause=case.cause, standing=written_down(standing, closed)))


def _write_down(
    order: Order, case: Case, account: Account, agreement: ServiceAgreement, balance: int
) -> Journal:
    dates = case.periods.dates(case.today)
    return checked(
        Journal(
            journal_id=identity.derive(
                "journal", account.opco, order.request_id, account.account_id, "write-down", agreement.sa_id
            ),
            kind="write-down",
            leg=f"write-down:{agreement.sa_id}",
            event_sequence=None,
            disposition=order.disposition,
            reason="small-balance",
            description=f"Write-down {account.account_id}",
            fulfilment_centre=account.fulfilment_centre,
            transaction_date=dates.transaction_date,
            posting_date=dates.posting_date,
            moved_from_period=dates.moved_from_period,
            currency=account.currency,
            lines=write_down_lines(case.policy, agreement.sa_id, agreement.sa_type, balance),
            policy_digest=case.policy.digest,
            basis=msgspec.json.encode(
                {
                    "account_version": account.version,
                    "as_of": account.as_of,
                    "policy": case.policy.digest,
                    "agreement": agreement.sa_id,
                    "sa_type": agreement.sa_type,
                    "balance": balance,
                }
            ),
        )
    )
