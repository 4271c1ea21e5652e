"""The story of one id: a journal or a line of it, a letter, a referral, a to-do, a message."""

import re
from collections.abc import Iterable

import msgspec

from messages.outbound import JournalPosted, LetterCorrectionRequested, LetterRequested, TodoCreated
from operations.explain.back import way_back
from operations.explain.figures import recomputed, shown_lines
from operations.explain.story import Caused, Story
from operations.views.view import amount
from store.engine.transaction import AnyRow, Transaction
from store.queries import explaining
from store.queries.explaining import Found
from writeoff import identity

#: An id, or that of a journal with the number of a line: `ID/3`, as lists print it.
WANTED = re.compile(r"([0-9a-fA-F-]{36})(?:(?:/|:| line )(\d{1,4}))?")


def tell(tx: Transaction, wanted: str) -> Story | None:
    """Return the story of an id, or None where there is nothing with that id."""
    match = WANTED.fullmatch(wanted.strip())
    if match is None:
        return None
    found = explaining.find(tx, match[1].lower())
    if found is None:
        return None
    if found.kind == "journal":
        return _journal(tx, found.row, int(match[2]) if match[2] else None)
    if match[2]:
        return None
    return {"letter": _letter, "referral": _referral, "to-do": _todo, "message": _message}[found.kind](
        tx, found
    )


def _journal(tx: Transaction, row: AnyRow, line: int | None) -> Story | None:
    lines = shown_lines(tx, row)
    if line is not None:
        lines = [each for each in lines if each.line == line]
        if not lines:
            return None
    return Story(
        kind="journal" if line is None else "line",
        id=row.journal_id if line is None else f"{row.journal_id}/{line}",
        opco=row.opco,
        account_id=row.account_id,
        fields={
            "journal": row.kind,
            "total": amount(row.total_debit_minor, row.currency),
            "currency": row.currency,
            "transaction_date": str(row.transaction_date),
            "posting_date": str(row.posting_date),
            "moved_from_period": row.moved_from_period,
            "payment_id": row.payment_id,
            "reverses_journal_id": row.reverses_journal_id,
            "actor": row.actor,
        },
        lines=lines,
        back=way_back(
            tx,
            row.opco,
            process_id=row.process_id,
            event_sequence=row.event_sequence,
            request_id=row.request_id,
            policy_digest=row.policy_digest,
            causes=[row.causation_id],
        ),
        basis=msgspec.json.decode(row.basis),
        recomputed=recomputed(tx, row),
        caused=[*_after_journal(tx, row), *_told_with(tx, row)],
    )


def _after_journal(tx: Transaction, row: AnyRow) -> Iterable[Caused]:
    link = explaining.seal(tx, row.journal_id)
    if link is not None:
        yield Caused(
            what="seal", id=bytes(link.seal).hex(), detail=f"position {link.position} of {link.opco}"
        )
    undone = explaining.reversing(tx, row.journal_id)
    if undone is not None:
        yield _posted(undone)
    if row.kind in {"write-off", "repossession"} and row.process_id is not None:
        for each in explaining.journals_of(tx, row.process_id):
            if each.kind == "recovery":
                yield _posted(each)
        for bucket in explaining.held(tx, row.process_id):
            left = amount(bucket.held_minor, row.currency)
            whole = amount(bucket.written_off_minor, row.currency)
            detail = f"{bucket.distribution_code} of {bucket.from_sa_id}: {left} of {whole} is still held"
            yield Caused(what="bucket", id=bucket.bucket_id, detail=detail)


def _posted(row: AnyRow) -> Caused:
    detail = f"{row.currency} {amount(row.total_debit_minor, row.currency)} on {row.transaction_date}"
    return Caused(what=row.kind, id=row.journal_id, detail=detail)


def _told_with(tx: Transaction, row: AnyRow) -> Iterable[Caused]:
    """Return the messages of the journal's process that were written with it; without one, its own."""
    if row.process_id is None:
        own = identity.message_id(JournalPosted.type_name, row.opco, row.journal_id)
        return _messages(explaining.messages(tx, ids=[own], written_at=row.posted_at))
    return _messages(explaining.messages(tx, process_id=row.process_id, written_at=row.posted_at))


def _messages(rows: Iterable[AnyRow]) -> list[Caused]:
    return [
        Caused(
            what=row.type,
            id=row.message_id,
            detail=f"to {row.destination}",
            published=bool(row.published),
            acknowledged=row.acknowledged,
            text_gone=bool(row.text_gone),
        )
        for row in rows
    ]


def _letter(tx: Transaction, found: Found) -> Story:
    row = found.row
    own = {
        identity.message_id(kind.type_name, row.opco, row.contact_id)
        for kind in (LetterRequested, LetterCorrectionRequested)
    }
    told = explaining.messages(tx, ids=own, process_id=row.process_id)
    corrected = explaining.correction(tx, row.process_id, row.contact_id)
    corrections = (
        [Caused(what="correction", id=corrected.contact_id, detail=f"on {corrected.contacted_on}")]
        if corrected is not None
        else []
    )
    fields = {
        "contact_class": row.contact_class,
        "contact_type": row.contact_type,
        "person_id": row.person_id,
        "contacted_on": str(row.contacted_on),
        "letter": "yes" if row.letter else "no: nobody of the account receives letters",
        "corrects_contact_id": row.corrects_contact_id,
    }
    return _of_process(tx, found, row.contact_id, fields, told=told, more=corrections)


def _referral(tx: Transaction, found: Found) -> Story:
    row = found.row
    history = explaining.history(tx, row.referral_id)
    names = ("placed", "changed", "paid", "cancelled")
    own = {
        identity.message_id(f"writeoff.referral-{name}.v1", row.opco, row.referral_id, each.sequence)
        for each in history
        for name in names
    }
    told = explaining.messages(tx, ids=own, process_id=row.process_id)
    changes = [
        Caused(
            what=f"history {each.sequence}",
            id=row.referral_id,
            detail=f"{each.history_reason} on {each.activity_date}: "
            f"{row.currency} {amount(each.amount_minor, row.currency)}"
            + (f", {each.reason}" if each.reason else ""),
        )
        for each in history
    ]
    changes += [
        Caused(
            what=f"reply {each.sequence}",
            id=each.message_id,
            detail=f"{each.reply} on {each.activity_date}" + (f", {each.reason}" if each.reason else ""),
        )
        for each in explaining.replies(tx, row.referral_id)
    ]
    fields = {
        "agency": row.agency,
        "amount": amount(row.amount_minor, row.currency),
        "currency": row.currency,
        "active": "yes" if row.active else f"no: {row.end_reason}",
    }
    return _of_process(tx, found, row.referral_id, fields, told=told, more=changes)


def _todo(tx: Transaction, found: Found) -> Story:
    row = found.row
    own = [
        identity.message_id(kind, row.opco, row.todo_id)
        for kind in (TodoCreated.type_name, "writeoff.todo-closed.v1")
    ]
    created = explaining.messages(tx, ids=own[:1], written_at=row.created_at)
    closed = explaining.messages(tx, ids=own[1:], process_id=row.process_id) if row.status == "closed" else []
    fields = {
        "todo_type": row.todo_type,
        "role": row.role,
        "priority": row.priority,
        "status": row.status,
        "subject": row.subject,
        "message": row.message,
        "closed_because": row.closed_because,
    }
    return _of_process(tx, found, row.todo_id, fields, told=[*created, *closed])


def _message(tx: Transaction, found: Found) -> Story:
    row = found.row
    told = explaining.messages(tx, ids=[row.message_id], written_at=row.created_at)
    fields = {
        "type": row.type,
        "destination": row.destination,
        "sha256": bytes(row.digest).hex(),
        "created_at": row.created_at.isoformat(),
        "text": "no longer kept; its SHA-256 is" if row.text_gone else "kept in messages_out",
    }
    return _of_process(tx, found, row.message_id, fields, told=told)


def _of_process(
    tx: Transaction,
    found: Found,
    id_: str,
    fields: dict[str, str | int | None],
    *,
    told: Iterable[AnyRow],
    more: Iterable[Caused] = (),
) -> Story:
    row = found.row
    messages = list(told)
    return Story(
        kind=found.kind,
        id=id_,
        opco=row.opco,
        account_id=row.account_id,
        fields=fields,
        lines=[],
        back=way_back(
            tx,
            row.opco,
            process_id=row.process_id,
            event_sequence=getattr(row, "event_sequence", None),
            request_id=getattr(row, "request_id", None),
            policy_digest=None,
            causes=[each.causation_id for each in messages],
        ),
        basis=None,
        recomputed=None,
        caused=[*more, *_messages(messages)],
    )
