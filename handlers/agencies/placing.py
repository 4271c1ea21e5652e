"""Placing debt with an agency: the first time, and again after an agency has given it back (R11, R26)."""

from writeoff import identity
from writeoff.case import EventCase, Part
from writeoff.facts import ReferralPlaced
from writeoff.process import Agreement

#: What the case must hold for a debt to be placed.
NEEDS = Part.SNAPSHOT | Part.PERSONS | Part.REFERRALS | Part.BUCKETS | Part.AGENCY_DEBT


def place(case: EventCase, agency: str, ordinal: int = 1) -> ReferralPlaced:
    """Return the referral of what is owed now, by the case's event, to the agency that comes `ordinal`th.

    Its debtors are all financially responsible persons.
    """
    account, sequence = case.account, case.event.sequence
    if account is None:
        raise LookupError(f"process {case.process.process_id} has no account snapshot")
    debt = case.debt()
    in_process = {each.sa_id for each in case.process.agreements if not each.left}
    return ReferralPlaced(
        cause=case.cause,
        referral_id=identity.derive("referral", case.process.process_id, sequence, ordinal),
        event_sequence=sequence,
        ordinal=ordinal,
        agency=agency,
        amount=sum(debt.values()),
        currency=case.process.currency,
        delinquent_since=account.defaulted_on,
        customer_class=account.customer_class,
        fulfilment_centre=account.fulfilment_centre,
        debtors=tuple(person for person in case.persons if person.financially_responsible),
        agreements=tuple(
            Agreement(sa_id=each.sa_id, sa_type=each.sa_type, amount=debt[each.sa_id])
            for each in case.process.agreements
            if debt.get(each.sa_id)
        ),
        products=tuple(
            (agreement.sa_id, product)
            for agreement in account.service_agreements
            if agreement.sa_id in in_process
            for product in agreement.products
        ),
        comments=None,
        enforced=case.written_off_by_now,
    )
