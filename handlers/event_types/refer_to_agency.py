"""Places the debt of the process with a collection agency (R11)."""

from typing import Literal

from handlers.event_kind import EventKind
from handlers.todos import todo_for
from writeoff import identity
from writeoff.case import EventCase, Part
from writeoff.decision import Apply
from writeoff.facts import ReferralPlaced
from writeoff.process import Agreement
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`selection`: how the agency is chosen among the active ones."""

    selection: Literal["least-debt"] = "least-debt"


def decide(case: EventCase, _parameters: Parameters) -> Apply:
    """Refer what is owed to the agency with the least active referred debt, ties by code."""
    amount = case.amount
    if case.active_referral is not None or amount == 0:
        return Apply(facts=())
    sequence = case.event.sequence
    agencies = [agency.code for agency in case.current.agencies.values() if agency.active]
    if not agencies:
        return Apply(facts=(todo_for(case, "no-agency", sequence, amount=amount, sequence=sequence),))
    agency = min(agencies, key=lambda code: (case.agency_debt.get(code, 0), code))
    account = case.account
    if account is None:
        raise LookupError(f"process {case.process.process_id} has no account snapshot")
    debt = case.debt()
    referred = tuple(
        Agreement(sa_id=each.sa_id, sa_type=each.sa_type, amount=debt[each.sa_id])
        for each in case.process.agreements
        if debt.get(each.sa_id)
    )
    in_process = {each.sa_id for each in case.process.agreements if not each.left}
    return Apply(
        facts=(
            ReferralPlaced(
                cause=case.cause,
                referral_id=identity.derive("referral", case.process.process_id, sequence, 1),
                event_sequence=sequence,
                agency=agency,
                amount=amount,
                currency=case.process.currency,
                delinquent_since=account.defaulted_on,
                customer_class=account.customer_class,
                fulfilment_centre=account.fulfilment_centre,
                debtors=tuple(person for person in case.persons if person.financially_responsible),
                agreements=referred,
                products=tuple(
                    (agreement.sa_id, product)
                    for agreement in account.service_agreements
                    if agreement.sa_id in in_process
                    for product in agreement.products
                ),
                comments=None,
            ),
        )
    )


KIND = EventKind(
    name="refer-to-agency",
    parameters=Parameters,
    decide=decide,
    needs=Part.SNAPSHOT | Part.PERSONS | Part.REFERRALS | Part.BUCKETS | Part.AGENCY_DEBT,
    waits_while_held=True,
)
