"""Upstream Pulse: answers, processes, demerits, and accounts that are written off."""

from handlers.downstream.general_ledger import VERSION_CHARACTERS
from handlers.kinds.projection import Addressed, Consumer, addressed, amounts, caused
from messages.destinations import PULSE_UPDATES
from messages.outbound import AccountRestored as RestoredMessage
from messages.outbound import AccountWrittenOff as WrittenOffMessage
from messages.outbound import DemeritEnded as DemeritEndedMessage
from messages.outbound import DemeritRecorded as DemeritMessage
from messages.outbound import ProcessEnded as EndedMessage
from messages.outbound import ProcessStarted as StartedMessage
from messages.outbound import RequestAnswered as AnsweredMessage
from messages.outbound.accounts import ProductOutcome, RestoredBalance, RestoredProduct
from messages.outbound.data import ServiceAgreementAmount
from messages.outbound.processes import EndedEvent, PlannedEvent
from messages.outbound.requests import Difference, Refused, Total
from writeoff.facts import (
    AccountRestored,
    AccountWrittenOff,
    DemeritEnded,
    DemeritRecorded,
    ProcessEnded,
    ProcessStarted,
    RequestAnswered,
)
from writeoff.money import render


def request_answered(fact: RequestAnswered) -> tuple[Addressed, ...]:
    """Answer a command, or one part of the answer."""
    cause = fact.cause
    data = AnsweredMessage(
        answers_message_id=fact.answers_message_id,
        request_id=fact.request_id,
        command=fact.command,
        origin=cause.origin,
        bulk=cause.bulk,
        process_id=cause.process_id,
        revision=fact.revision,
        status=fact.status,
        refusal=fact.refusal,
        message=fact.message,
        accepted=fact.accepted,
        refused=fact.refused,
        totals=tuple(
            Total(currency=currency, amount=render(amount, currency)) for currency, amount in fact.totals
        ),
        refusals=tuple(
            Refused(account_id=each.account_id, reason=each.reason, message=each.message)
            for each in fact.refusals
        ),
        differences=tuple(
            Difference(
                account_id=each.account_id, field=each.field, planned=each.planned, present=each.present
            )
            for each in fact.differences
        ),
        plan_digest=fact.plan_digest,
        part=fact.part,
        parts=fact.parts,
    )
    # A command that was taken is known by its request id; of what failed as such, only message ids differ.
    source = cause.source if fact.refusal is not None else ""
    key = (source, fact.answers_message_id, fact.command, fact.request_id, fact.revision, fact.part)
    return (addressed(fact, PULSE_UPDATES, data, *key, subject=fact.request_id),)


def process_started(fact: ProcessStarted) -> tuple[Addressed, ...]:
    """Tell of the process with its dated events."""
    process = fact.process
    data = StartedMessage(
        **caused(fact),
        template=process.template,
        policy_version=process.policy_digest[:VERSION_CHARACTERS],
        created_on=process.created_on,
        disposition=process.disposition,
        reason=process.reason,
        service_agreements=amounts(process.agreements, process.currency),
        amount=render(process.amount, process.currency),
        currency=process.currency,
        events=tuple(
            PlannedEvent(
                sequence=event.sequence,
                event_type=event.event_type,
                kind=event.kind,
                trigger_date=event.trigger_date,
            )
            for event in process.events
        ),
    )
    return (addressed(fact, PULSE_UPDATES, data, process.process_id),)


def process_ended(fact: ProcessEnded) -> tuple[Addressed, ...]:
    """Tell how the process ended, and what became of its events."""
    data = EndedMessage(
        **caused(fact),
        end_reason=fact.end_reason,
        ended_on=fact.ended_on,
        comments=fact.comments,
        events=tuple(
            EndedEvent(
                sequence=event.sequence,
                event_type=event.event_type,
                kind=event.kind,
                status="complete" if event.status == "complete" else "canceled",
                completed_on=event.completed_on,
            )
            for event in fact.events
        ),
    )
    return (addressed(fact, PULSE_UPDATES, data, fact.cause.process_id),)


def account_written_off(fact: AccountWrittenOff) -> tuple[Addressed, ...]:
    """Tell what was written off and what became of the goods."""
    data = WrittenOffMessage(
        **caused(fact),
        account_state=fact.account_state,
        disposition=fact.disposition,
        amount=render(fact.amount, fact.currency),
        currency=fact.currency,
        write_off_date=fact.write_off_date,
        write_off_reason=fact.reason,
        repossession_id=fact.repossession_id,
        repossession_date=fact.repossession_date,
        repossession_category=fact.repossession_category,
        still_under_enforcement=fact.still_under_enforcement,
        write_off_agreements=tuple(
            ServiceAgreementAmount(
                sa_id=each.sa_id, sa_type=each.sa_type, amount=render(each.amount, fact.currency)
            )
            for each in fact.write_off_agreements
        ),
        products=tuple(
            ProductOutcome(
                sa_id=each.sa_id, product_id=each.product_id, returned=each.returned, lost=each.lost
            )
            for each in fact.products
        ),
    )
    return (addressed(fact, PULSE_UPDATES, data, fact.cause.process_id),)


def account_restored(fact: AccountRestored) -> tuple[Addressed, ...]:
    """Tell that the write-off was undone, and what is owed and held again (R25)."""
    data = RestoredMessage(
        **caused(fact),
        reversal_request_id=fact.reversal_request_id,
        account_state=fact.account_state,
        currency=fact.currency,
        reason=fact.reason,
        effective_on=fact.cause.on,
        service_agreements=tuple(
            RestoredBalance(sa_id=sa_id, balance=render(balance, fact.currency))
            for sa_id, balance in fact.balances
        ),
        recoveries_kept=render(fact.recoveries_kept, fact.currency),
        products=tuple(
            RestoredProduct(sa_id=each.sa_id, product_id=each.product_id, restored=each.returned + each.lost)
            for each in fact.products
            if each.returned + each.lost
        ),
    )
    return (addressed(fact, PULSE_UPDATES, data, fact.cause.process_id),)


def demerit_recorded(fact: DemeritRecorded) -> tuple[Addressed, ...]:
    """Tell of the demerit and how long it lasts."""
    data = DemeritMessage(
        **caused(fact),
        demerit_id=fact.demerit_id,
        event_sequence=fact.event_sequence,
        credit_rating_points=fact.credit_rating_points,
        cash_only_points=fact.cash_only_points,
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
    )
    return (addressed(fact, PULSE_UPDATES, data, fact.demerit_id),)


def demerit_ended(fact: DemeritEnded) -> tuple[Addressed, ...]:
    """Tell that the demerit counts no longer."""
    data = DemeritEndedMessage(
        **caused(fact), demerit_id=fact.demerit_id, effective_to=fact.effective_to, reason=fact.reason
    )
    return (addressed(fact, PULSE_UPDATES, data, fact.demerit_id),)


CONSUMER = Consumer(
    name="pulse",
    projections={
        RequestAnswered: request_answered,
        ProcessStarted: process_started,
        ProcessEnded: process_ended,
        AccountWrittenOff: account_written_off,
        AccountRestored: account_restored,
        DemeritRecorded: demerit_recorded,
        DemeritEnded: demerit_ended,
    },
)
