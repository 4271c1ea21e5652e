"""Journals with their lines, and what write-off agreements hold."""

from collections.abc import Sequence

import msgspec

from store.engine.transaction import Transaction
from store.recording.buckets import buckets_moved
from store.tables import buckets, journal_lines, journals, unsealed, write_off_agreements
from writeoff.facts import JournalPosted


def journals_posted(tx: Transaction, facts: Sequence[JournalPosted]) -> None:
    """Append journals, lines and buckets, and open write-off agreements where the account has none."""
    _journals(tx, facts)
    _lines(tx, facts)
    tx.insert(
        unsealed,
        ("journal_id", "opco", "message_on"),
        [(fact.journal.journal_id, fact.cause.opco, tx.now.date()) for fact in facts],
    )
    held = [(fact, bucket) for fact in facts for bucket in fact.buckets]
    tx.insert_new(
        write_off_agreements,
        ("opco", "account_id", "sa_type", "sa_id", "opened_on"),
        [
            (
                fact.cause.opco,
                fact.cause.account_id,
                bucket.write_off_sa_type,
                bucket.write_off_sa_id,
                fact.cause.on,
            )
            for fact, bucket in held
        ],
        ("opco", "account_id", "sa_type"),
    )
    tx.insert(
        buckets,
        (
            "bucket_id",
            "opco",
            "account_id",
            "process_id",
            "from_sa_id",
            "write_off_sa_id",
            "write_off_sa_type",
            "distribution_code",
            "accounting_date",
            "gl_account",
            "treatment",
            "written_off_minor",
            "held_minor",
            "claimed_minor",
            "position",
        ),
        [
            (
                bucket.bucket_id,
                fact.cause.opco,
                fact.cause.account_id,
                bucket.process_id,
                bucket.from_sa_id,
                bucket.write_off_sa_id,
                bucket.write_off_sa_type,
                bucket.distribution_code,
                bucket.accounting_date,
                bucket.gl_account,
                bucket.treatment,
                bucket.written_off,
                bucket.held,
                bucket.claimed,
                bucket.position,
            )
            for fact, bucket in held
        ],
    )
    buckets_moved(tx, facts)


def _journals(tx: Transaction, facts: Sequence[JournalPosted]) -> None:
    tx.insert(
        journals,
        (
            "journal_id",
            "opco",
            "account_id",
            "process_id",
            "request_id",
            "event_sequence",
            "leg",
            "kind",
            "disposition",
            "reason",
            "fulfilment_centre",
            "transaction_date",
            "posting_date",
            "moved_from_period",
            "currency",
            "total_debit_minor",
            "total_credit_minor",
            "reverses_journal_id",
            "payment_id",
            "policy_digest",
            "basis",
            "correlation_id",
            "causation_id",
            "posted_at",
            "actor",
        ),
        [
            (
                journal.journal_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.cause.request_id,
                journal.event_sequence,
                journal.leg,
                journal.kind,
                journal.disposition,
                journal.reason,
                journal.fulfilment_centre,
                journal.transaction_date,
                journal.posting_date,
                journal.moved_from_period,
                journal.currency,
                journal.total,
                sum(line.amount for line in journal.lines if line.side == "credit"),
                journal.reverses_journal_id,
                journal.payment_id,
                journal.policy_digest,
                journal.basis.decode(),
                fact.cause.correlation_id,
                fact.cause.causation_id,
                fact.cause.at,
                fact.cause.actor,
            )
            for fact in facts
            for journal in (fact.journal,)
        ],
    )


def _lines(tx: Transaction, facts: Sequence[JournalPosted]) -> None:
    tx.insert(
        journal_lines,
        (
            "journal_id",
            "line",
            "opco",
            "side",
            "gl_account",
            "distribution_code",
            "amount_minor",
            "sa_id",
            "claimable_from",
            "claimable_until",
            "repay_by",
            "sources",
        ),
        [
            (
                fact.journal.journal_id,
                number,
                fact.cause.opco,
                line.side,
                line.gl_account,
                line.distribution_code,
                line.amount,
                line.sa_id,
                line.claimable_from,
                line.claimable_until,
                line.repay_by,
                msgspec.json.encode(line.sources).decode(),
            )
            for fact in facts
            for number, line in enumerate(fact.journal.lines, start=1)
        ],
    )
