"""The general ledger: every journal, with where each line came from (R22, R23)."""

from handlers.kinds.projection import Addressed, Consumer, addressed, caused
from messages import destinations
from messages.outbound import JournalPosted as Message
from messages.outbound.journals import JournalLine, JournalSource
from writeoff.facts import JournalPosted
from writeoff.money import render

#: How much of the policy's digest names its version on the wire.
VERSION_CHARACTERS = 16


def journal_posted(fact: JournalPosted) -> tuple[Addressed, ...]:
    """Tell of the journal."""
    journal = fact.journal
    currency = journal.currency
    total = render(journal.total, currency)
    data = Message(
        **caused(fact),
        journal_id=journal.journal_id,
        kind=journal.kind,
        reverses_journal_id=journal.reverses_journal_id,
        event_sequence=journal.event_sequence,
        payment_id=journal.payment_id,
        disposition=journal.disposition,
        reason=journal.reason,
        description=journal.description,
        fulfilment_centre=journal.fulfilment_centre,
        transaction_date=journal.transaction_date,
        posting_date=journal.posting_date,
        period=journal.period,
        moved_from_period=journal.moved_from_period,
        currency=currency,
        lines=tuple(
            JournalLine(
                line=number,
                side=line.side,
                gl_account=line.gl_account,
                distribution_code=line.distribution_code,
                amount=render(line.amount, currency),
                sa_id=line.sa_id,
                claimable_from=line.claimable_from,
                claimable_until=line.claimable_until,
                repay_by=line.repay_by,
                sources=tuple(
                    JournalSource(
                        sa_id=source.sa_id,
                        ft_id=source.ft_id,
                        distribution_code=source.distribution_code,
                        amount=render(source.amount, currency),
                    )
                    for source in line.sources
                ),
            )
            for number, line in enumerate(journal.lines, start=1)
        ),
        total_debit=total,
        total_credit=total,
        policy_version=journal.policy_digest[:VERSION_CHARACTERS],
    )
    return (addressed(fact, destinations.GL, data, journal.journal_id),)


CONSUMER = Consumer(name="general-ledger", projections={JournalPosted: journal_posted})
