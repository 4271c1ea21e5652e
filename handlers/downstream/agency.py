"""The agencies: each is told of its own referrals alone (R26)."""

from handlers.downstream.letter import address
from handlers.kinds.projection import Addressed, Consumer, addressed, amounts, caused
from messages.destinations import agency_destination
from messages.outbound import ReferralCancelled, ReferralPaid
from messages.outbound import ReferralChanged as ChangedMessage
from messages.outbound import ReferralPlaced as PlacedMessage
from messages.outbound.person import Debtor
from messages.outbound.referrals import ReferredProduct
from writeoff.facts import ReferralChanged, ReferralClosed, ReferralPlaced
from writeoff.money import render


def placed(fact: ReferralPlaced) -> tuple[Addressed, ...]:
    """Hand the debt over, with the debtors and the goods."""
    data = PlacedMessage(
        **caused(fact),
        referral_id=fact.referral_id,
        history_sequence=1,
        agency=fact.agency,
        event_sequence=fact.event_sequence,
        activity_date=fact.cause.on,
        amount=render(fact.amount, fact.currency),
        currency=fact.currency,
        delinquent_since=fact.delinquent_since,
        customer_class=fact.customer_class,
        fulfilment_centre=fact.fulfilment_centre,
        debtors=tuple(
            Debtor(
                person_id=person.person_id,
                name=person.name,
                phone=person.phone,
                email=person.email,
                language=person.language,
                address=address(person),
            )
            for person in fact.debtors
        ),
        service_agreements=amounts(fact.agreements, fact.currency),
        products=tuple(
            ReferredProduct(
                sa_id=sa_id,
                product_id=product.product_id,
                name=product.name or product.product_id,
                quantity=product.quantity,
            )
            for sa_id, product in fact.products
        ),
        comments=fact.comments,
    )
    return (addressed(fact, agency_destination(fact.agency), data, fact.referral_id, 1),)


def changed(fact: ReferralChanged) -> tuple[Addressed, ...]:
    """Tell the amount that is left."""
    data = ChangedMessage(
        **caused(fact),
        referral_id=fact.referral_id,
        agency=fact.agency,
        currency=fact.currency,
        history_sequence=fact.history_sequence,
        activity_date=fact.cause.on,
        amount=render(fact.amount, fact.currency),
        reason=fact.reason,
        payment_id=fact.payment_id,
    )
    return (addressed(fact, agency_destination(fact.agency), data, fact.referral_id, fact.history_sequence),)


def closed(fact: ReferralClosed) -> tuple[Addressed, ...]:
    """Tell that nothing is owed any more, or recall the debt; who gave it back knows."""
    if fact.end in ("rejected", "uncollectible"):
        return ()
    zero = render(0, fact.currency)
    data: ReferralPaid | ReferralCancelled
    if fact.end == "paid":
        data = ReferralPaid(
            **caused(fact),
            referral_id=fact.referral_id,
            agency=fact.agency,
            currency=fact.currency,
            history_sequence=fact.history_sequence,
            activity_date=fact.cause.on,
            amount=zero,
            reason=fact.reason,
            payment_id=fact.payment_id,
        )
    else:
        data = ReferralCancelled(
            **caused(fact),
            referral_id=fact.referral_id,
            agency=fact.agency,
            currency=fact.currency,
            history_sequence=fact.history_sequence,
            activity_date=fact.cause.on,
            amount=zero,
            reason=fact.reason,
            acknowledgement_wanted=True,
        )
    return (addressed(fact, agency_destination(fact.agency), data, fact.referral_id, fact.history_sequence),)


CONSUMER = Consumer(
    name="agency",
    projections={ReferralPlaced: placed, ReferralChanged: changed, ReferralClosed: closed},
)
