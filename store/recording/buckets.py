"""What recoveries and reversals move in buckets, and the relief of tax that was claimed (R24, R25)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from store.engine.transaction import Transaction
from store.tables import bucket_movements, buckets, tax_claims
from writeoff import identity
from writeoff.facts import JournalPosted, TaxClaimRecorded

#: By bucket: by how much its holdings change, and the claimed part of them (minor units).
Changes = Mapping[str, tuple[int, int]]


def buckets_moved(tx: Transaction, facts: Sequence[JournalPosted]) -> None:
    """Append what journals moved, and change the buckets by it."""
    moved = [(fact, movement) for fact in facts for movement in fact.movements]
    tx.insert(
        bucket_movements,
        (
            "journal_id",
            "bucket_id",
            "claimed",
            "opco",
            "process_id",
            "amount_minor",
            "gl_account",
            "distribution_code",
        ),
        [
            (
                fact.journal.journal_id,
                movement.bucket_id,
                movement.claimed,
                fact.cause.opco,
                fact.cause.process_id,
                movement.amount,
                movement.gl_account,
                movement.distribution_code,
            )
            for fact, movement in moved
        ],
    )
    held: dict[str, int] = defaultdict(int)
    claimed: dict[str, int] = defaultdict(int)
    for _, movement in moved:
        held[movement.bucket_id] += movement.amount
        claimed[movement.bucket_id] += movement.amount if movement.claimed else 0
    change_buckets(tx, {bucket_id: (held[bucket_id], claimed[bucket_id]) for bucket_id in held})


def tax_claims_recorded(tx: Transaction, facts: Sequence[TaxClaimRecorded]) -> None:
    """Append claims, and mark what they claim in the buckets."""
    parts = [(fact, part) for fact in facts for part in fact.parts]
    tx.insert(
        tax_claims,
        (
            "claim_id",
            "opco",
            "reference",
            "account_id",
            "process_id",
            "bucket_id",
            "distribution_code",
            "accounting_date",
            "claimed_on",
            "amount_minor",
            "actor",
            "recorded_at",
        ),
        [
            (
                identity.derive("tax-claim", fact.cause.causation_id, part.bucket_id),
                fact.cause.opco,
                fact.reference,
                fact.cause.account_id,
                fact.cause.process_id,
                part.bucket_id,
                part.distribution_code,
                part.accounting_date,
                fact.claimed_on,
                part.amount,
                fact.cause.actor,
                fact.cause.at,
            )
            for fact, part in parts
        ],
    )
    claimed: dict[str, int] = defaultdict(int)
    for _, part in parts:
        claimed[part.bucket_id] += part.amount
    change_buckets(tx, {bucket_id: (0, amount) for bucket_id, amount in claimed.items()})


def change_buckets(tx: Transaction, changes: Changes) -> None:
    """Add to what the buckets hold now, whatever that is: whoever takes too much breaks the constraint."""
    if not changes:
        return
    columns = [buckets.c.bucket_id, buckets.c.held_minor, buckets.c.claimed_minor]
    given = tx.rows("moved", columns, [(bucket_id, *changes[bucket_id]) for bucket_id in sorted(changes)])
    statement = (
        buckets.update()
        .values(
            held_minor=buckets.c.held_minor + given.c.held_minor,
            claimed_minor=buckets.c.claimed_minor + given.c.claimed_minor,
        )
        .where(buckets.c.bucket_id == given.c.bucket_id)
    )
    if tx.connection.execute(statement).rowcount != len(changes):
        raise LookupError("a bucket to move is not there")
