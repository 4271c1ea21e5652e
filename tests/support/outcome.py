"""What a run came to, in a form that two runs can be compared by: messages by id, rows by what they mean.

Left out is what may differ between two runs that did the same: moments of the clock, tokens, tries.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from store.ledger import enforced, totals
from tests.support.world import World

Messages = Mapping[str, Iterable[Mapping[str, Any]]]

#: Table -> what of it must be the same, whatever was delivered twice, late or never.
STABLE = {
    "accounts": "opco, account_id, version, state, currency, defaulted_on, locked_by, hold_until, standing",
    "agency_debt": "opco, agency, active_minor",
    "attempts": "opco, attempt_id, account_id, reason, promised_to_pay_on, message_id, decided",
    "bucket_movements": "journal_id, bucket_id, claimed, amount_minor, gl_account, distribution_code",
    "buckets": "bucket_id, account_id, from_sa_id, write_off_sa_id, distribution_code, held_minor",
    "business_keys": "opco, kind, key, source, id",
    "contacts": "contact_id, account_id, event_sequence, person_id, contact_type, corrects_contact_id",
    "demerits": "demerit_id, account_id, event_sequence, effective_from, effective_to, ended_on",
    "events": "process_id, sequence, kind, trigger_date, due_on, status, amount_minor, completed_on, reason",
    "goods": "process_id, sa_id, product_id, returned, lost, restored",
    "inbox": "source, id, opco, type, digest, state, account_id, refusal",
    "journal_lines": "journal_id, line, side, gl_account, distribution_code, amount_minor, sa_id, sources",
    "journals": "journal_id, account_id, kind, transaction_date, posting_date, total_debit_minor",
    "messages_out": "destination, type, message_id, account_id, process_id",
    "payment_cancellations": "opco, payment_id, account_id, reason",
    "payments": "opco, payment_id, account_id, amount_minor, allocations, counted",
    "processes": "process_id, account_id, request_id, bulk, template, end_reason, ended_on, amount_minor",
    "referral_history": "referral_id, sequence, history_reason, activity_date, amount_minor, payment_id",
    "referrals": "referral_id, account_id, agency, amount_minor, active",
    "request_items": "opco, request_id, ordinal, account_id, state, refusal, process_id, amount_minor",
    "requests": "opco, request_id, kind, disposition, origin, bulk, revision",
    "reversals": "process_id, account_id, request_id, reversed_on, amount_minor, recoveries_kept_minor",
    "timers": "opco, kind, subject, account_id, due_on",
    "todos": "todo_id, account_id, process_id, event_sequence, todo_type, status, closed_on, amount_minor",
    "write_off_agreements": "opco, account_id, sa_type, sa_id, opened_on",
}


def by_id(messages: Messages) -> dict[str, dict[str, dict[str, Any]]]:
    """Return each destination's messages by id; the same id with other content is an error."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for destination, received in messages.items():
        here = found.setdefault(destination, {})
        for message in received:
            known = here.setdefault(message["id"], dict(message))
            if known != message:
                raise AssertionError(f"two messages {message['id']} for {destination} differ")
    return found


def said(messages: Messages) -> dict[str, dict[str, Any]]:
    """Return what each destination was told: (type, data) by message id."""
    return {
        destination: {key: (message["type"], message["data"]) for key, message in received.items()}
        for destination, received in by_id(messages).items()
    }


def rows(world: World) -> dict[str, list[tuple[str, ...]]]:
    """Return every table as sorted rows of what must be the same."""
    found = {
        table: sorted(
            tuple(map(_plain, row.values())) for row in world.select(f"SELECT {columns} FROM {table}")
        )
        for table, columns in STABLE.items()
    }
    return found | {"ledger_totals": _totals(world), "enforced": _enforced(world)}


def _enforced(world: World) -> list[tuple[str, ...]]:
    """Return what is with agencies after its write-off, whatever of it is added up."""
    with world.database.read() as tx:
        return [(*key, *map(str, sums)) for key, sums in enforced.now(tx, None).items()]


def _totals(world: World) -> list[tuple[str, ...]]:
    """Return the ledger's totals: those kept, and those that a scheduler has not come to adding up yet."""
    with world.database.read() as tx:
        sums = totals.kept(tx)
        totals.add_pending(tx, sums, None, ())
    return sorted(tuple(map(_plain, (*key, *added))) for key, added in sums.found.items())


def _plain(value: Any) -> str:
    """Return a value as text, the same from either database; a standing without the moments in it."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, str) and value.startswith('{"state"'):
        standing = json.loads(value)
        for each in (*standing.get("write_downs", ()), *standing.get("restored", ())):
            del each["at"]
        return json.dumps(standing, sort_keys=True)
    return str(value)


def told(messages: Messages, destination: str, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the data of a destination's messages, of one kind such as `request-answered`."""
    wanted = f"writeoff.{kind}.v1"
    return [dict(m["data"]) for m in messages[destination] if kind is None or m["type"] == wanted]


def kinds(messages: Messages) -> dict[str, list[str]]:
    """Return, for each destination that was told anything, the kinds of its messages, sorted."""
    return {
        destination: sorted(m["type"].removeprefix("writeoff.").removesuffix(".v1") for m in received)
        for destination, received in messages.items()
        if received
    }
