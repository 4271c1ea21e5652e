"""What both write-off kinds have in common: journal, lock, goods, and telling Pulse (R14, R15)."""

from collections.abc import Sequence

import msgspec

from handlers.agencies.referrals import follow
from handlers.wording.todos import todo_for
from writeoff import identity
from writeoff.account import Account, Standing
from writeoff.accounting.write_off import Debt, Ledger, Method, NotCovered, Written
from writeoff.case import EventCase
from writeoff.decision import Apply, Fail
from writeoff.facts import AccountWrittenOff, Fact, HeldByType, JournalPosted, ProductOutcome, StandingChanged
from writeoff.journal import Bucket, Journal, checked
from writeoff.standing import booked_payments


def write_off(case: EventCase, method: Method) -> Apply | Fail:
    """Write off every agreement of the process by `method`, in one journal, all or nothing."""
    account = case.account
    if account is None:
        raise LookupError(f"process {case.process.process_id} has no account snapshot")
    debts, excess = _debts(case, account)
    if not debts:
        return Apply(facts=())
    ledger = Ledger(case.policy, account.opco, account.account_id, case.process.process_id)
    written = method(ledger, debts)
    if isinstance(written, NotCovered):
        return Fail(reason=written.reason, detail=written.detail)
    facts: list[Fact] = [
        JournalPosted(
            cause=case.cause, journal=_journal(case, account, debts, written), buckets=written.buckets
        )
    ]
    if excess:
        sequence = case.event.sequence
        facts.append(todo_for(case, "excess-goods", sequence, amount=excess, sequence=sequence))
    left = sum(debt.rest for debt in debts)
    if any(debt.goods for debt in debts):
        facts += follow(case, left, "returned-goods")
    standing = _locked(case, debts)
    facts.append(StandingChanged(cause=case.cause, standing=standing))
    facts.append(_account_written_off(case, account, standing, written.buckets, debts))
    return Apply(facts=tuple(facts))


def _debts(case: EventCase, account: Account) -> tuple[list[Debt], int]:
    """Return what is written off, less the goods that came back, and their value beyond the debt (R21)."""
    values: dict[str, int] = {}
    for product in case.process.returned:
        values[product.sa_id] = values.get(product.sa_id, 0) + product.fair_value
    debts: list[Debt] = []
    for each in case.process.agreements:
        balance = case.standing.balances.get(each.sa_id, 0)
        agreement = account.agreement(each.sa_id)
        if each.left or balance <= 0 or agreement is None:
            continue
        goods = min(values.pop(each.sa_id, 0), balance)
        debts.append(Debt(agreement=agreement, balance=balance, goods=goods))
    recognised = sum(debt.goods for debt in debts)
    return debts, sum(product.fair_value for product in case.process.returned) - recognised


def _journal(case: EventCase, account: Account, debts: Sequence[Debt], written: Written) -> Journal:
    process, sequence = case.process, case.event.sequence
    dates = case.periods.dates(case.today)
    return checked(
        Journal(
            journal_id=identity.derive("journal", process.process_id, sequence, "write-off"),
            kind="repossession" if process.disposition == "repossession" else "write-off",
            leg="write-off",
            event_sequence=sequence,
            disposition=process.disposition,
            reason=process.reason,
            description=f"Write-off {process.account_id}",
            fulfilment_centre=account.fulfilment_centre,
            transaction_date=dates.transaction_date,
            posting_date=dates.posting_date,
            moved_from_period=dates.moved_from_period,
            currency=process.currency,
            lines=written.lines,
            policy_digest=case.policy.digest,
            basis=_basis(case, account, debts),
        )
    )


def _basis(case: EventCase, account: Account, debts: Sequence[Debt]) -> bytes:
    """Return what the figures were decided on, for computing them again (R23)."""
    return msgspec.json.encode(
        {
            "account_version": account.version,
            "as_of": account.as_of,
            "policy": case.policy.digest,
            "event_type": case.event.event_type,
            "disposition": case.process.disposition,
            "booked": sorted(booked_payments(account)),
            "debts": debts,
        }
    )


def _locked(case: EventCase, debts: Sequence[Debt]) -> Standing:
    """Return the standing after it: nothing owed on these agreements, the account locked (R14, R15)."""
    gone = {debt.agreement.sa_id for debt in debts}
    balances = {sa_id: 0 if sa_id in gone else owed for sa_id, owed in case.standing.balances.items()}
    return msgspec.structs.replace(
        case.standing,
        balances=balances,
        state=case.standing.state if any(owed > 0 for owed in balances.values()) else "inactive",
        locked_by=case.process.process_id,
        state_before=case.standing.state_before or case.standing.state,
        written_off_agreements=(*case.standing.written_off_agreements, *sorted(gone)),
    )


def _referred(case: EventCase, debts: Sequence[Debt]) -> tuple[tuple[str, int], ...]:
    """Return what is under enforcement from now on (R28): goods that came back have lessened it."""
    if case.written_off_by_now:
        return ()
    left = sum(debt.rest for debt in debts)
    followed = any(debt.goods for debt in debts)
    return tuple((each.agency, left if followed else each.amount) for each in case.referrals if each.active)


def _account_written_off(
    case: EventCase,
    account: Account,
    standing: Standing,
    buckets: Sequence[Bucket],
    debts: Sequence[Debt],
) -> AccountWrittenOff:
    process, amount = case.process, sum(debt.rest for debt in debts)
    held: dict[tuple[str, str], int] = {}
    for bucket in buckets:
        key = (bucket.write_off_sa_id, bucket.write_off_sa_type)
        held[key] = held.get(key, 0) + bucket.held
    products = _products(case)
    repossession = process.disposition != "opt_out"
    pending = account.pending_repossession
    return AccountWrittenOff(
        cause=case.cause,
        account_state=standing.state,
        disposition=process.disposition,
        reason=process.reason,
        amount=amount,
        currency=process.currency,
        write_off_date=case.today,
        repossession_id=pending.repossession_id if pending and repossession else None,
        repossession_date=case.today if repossession else None,
        repossession_category=_category(case, products),
        still_under_enforcement=case.active_referral is not None and amount > 0,
        write_off_agreements=tuple(
            HeldByType(sa_id=sa_id, sa_type=sa_type, amount=total) for (sa_id, sa_type), total in held.items()
        ),
        products=products,
        referred=_referred(case, debts),
    )


def _category(case: EventCase, products: Sequence[ProductOutcome]) -> str | None:
    match case.process.disposition:
        case "write_off":
            return "nothing-recovered"
        case "opt_out":
            return None
        case "repossession":
            lost = any(product.lost for product in products)
            returned = any(product.returned for product in products)
            return "fully-recovered" if returned and not lost else "partly-recovered"


def _products(case: EventCase) -> tuple[ProductOutcome, ...]:
    """Return what became of the goods of the process's agreements, quantity by quantity (R14)."""
    returned: dict[tuple[str, str], int] = {}
    for product in case.process.returned:
        key = (product.sa_id, product.product_id)
        returned[key] = returned.get(key, 0) + product.quantity
    return tuple(
        ProductOutcome(
            sa_id=agreement.sa_id,
            product_id=product.product_id,
            returned=returned.get((agreement.sa_id, product.product_id), 0),
            lost=product.quantity - returned.get((agreement.sa_id, product.product_id), 0),
        )
        for agreement in case.process.agreements
        if not agreement.left
        for product in agreement.products
    )
