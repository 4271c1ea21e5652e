"""What an account has written off and what came back since, told from facts as the store would tell it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from writeoff import facts as happened
from writeoff.accounting.recovery import after_movements
from writeoff.facts import Fact, JournalPosted
from writeoff.journal import Bucket
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.recoveries import Recovery, WrittenOff


def ledgers(facts: Iterable[Fact], processes: Mapping[str, Process], policy: Policy) -> dict[str, Any]:
    """Return the fields of a case that are about written-off debt."""
    told = list(facts)
    journals = [fact for fact in told if isinstance(fact, JournalPosted)]
    written = {
        fact.cause.process_id: fact
        for fact in journals
        if fact.journal.kind in {"write-off", "repossession"} and fact.cause.process_id is not None
    }
    reversed_ids = {fact.journal.reverses_journal_id for fact in journals}
    return {
        "written_off": {
            process_id: _written_off(fact, processes[process_id], policy, buckets_of(told, process_id))
            for process_id, fact in written.items()
        },
        "recoveries": tuple(
            Recovery(
                journal_id=fact.journal.journal_id,
                process_id=fact.cause.process_id or "",
                payment_id=fact.journal.payment_id or "",
                lines=fact.journal.lines,
                movements=fact.movements,
                undone=fact.journal.journal_id in reversed_ids,
            )
            for fact in journals
            if fact.journal.kind == "recovery"
        ),
        "cancellations": {
            fact.payment_id: fact.canceled_at for fact in told if isinstance(fact, happened.PaymentCanceled)
        },
    }


def buckets_of(facts: Iterable[Fact], process_id: str | None) -> tuple[Bucket, ...]:
    """Return what is held from a process after all of its journals and claims."""
    held: tuple[Bucket, ...] = ()
    for fact in facts:
        if fact.cause.process_id != process_id:
            continue
        match fact:
            case JournalPosted():
                held = (*after_movements(held, fact.movements), *fact.buckets)
            case happened.TaxClaimRecorded():
                claimed = {part.bucket_id: part.amount for part in fact.parts}
                held = tuple(
                    msgspec.structs.replace(each, claimed=each.claimed + claimed.get(each.bucket_id, 0))
                    for each in held
                )
    return held


def _written_off(
    fact: JournalPosted, process: Process, policy: Policy, buckets: tuple[Bucket, ...]
) -> WrittenOff:
    basis = msgspec.json.decode(fact.journal.basis)
    return WrittenOff(
        process=process,
        policy=policy,
        buckets=buckets,
        booked=frozenset(basis["booked"]),
        as_of=datetime.fromisoformat(basis["as_of"]),
        lines=fact.journal.lines,
    )
