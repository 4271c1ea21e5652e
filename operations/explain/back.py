"""The way back: event, process, request, policy version, and the bytes that came."""

from collections.abc import Iterable
from hashlib import sha256

from operations.explain.story import Back, Event, Inbound, Policy, Process, Request
from operations.views.view import amount, of_row
from store import opcos
from store.engine.transaction import AnyRow, Transaction
from store.queries import explaining


def way_back(
    tx: Transaction,
    opco: str,
    *,
    process_id: str | None,
    event_sequence: int | None,
    request_id: str | None,
    policy_digest: str | None,
    causes: Iterable[str | None],
) -> Back:
    """Return where something came from; `causes` are ids of inbound messages, those that there are."""
    process = explaining.process(tx, process_id) if process_id is not None else None
    event = None
    if process is not None and event_sequence is not None:
        event = explaining.event(tx, process.process_id, event_sequence)
    wanted = request_id or (process.request_id if process is not None else None)
    request = explaining.request(tx, opco, wanted) if wanted is not None else None
    ids = {each for each in causes if each}
    if process is not None:
        ids.add(process.causation_id)
    if request is not None:
        ids |= {request.causation_id, request.answers_message_id}
    digest = policy_digest or (process.policy_digest if process is not None else None)
    return Back(
        event=_event(event, process),
        process=of_row(Process, process) if process is not None else None,
        request=of_row(Request, request) if request is not None else None,
        policy=_policy(tx, digest) if digest is not None else None,
        inbound=[_inbound(row) for row in explaining.came(tx, opco, ids)],
    )


def _event(row: "AnyRow | None", process: "AnyRow | None") -> Event | None:
    if row is None or process is None:
        return None
    found = None if row.amount_minor is None else amount(row.amount_minor, process.currency)
    return of_row(Event, row, amount=found)


def _policy(tx: Transaction, digest: str) -> Policy | None:
    row = explaining.policy(tx, digest)
    if row is None:
        return None
    version = opcos.policy_by_digest(tx, digest).version
    return Policy(digest=row.digest, version=version, stored_at=row.stored_at)


def _inbound(row: AnyRow) -> Inbound:
    body = bytes(row.body) if row.body is not None else None
    gone = body is None and bool(row.retired)
    intact = None if gone else body is not None and sha256(body).hexdigest() == row.digest
    size = len(body) if body is not None else None
    return of_row(Inbound, row, sha256=row.digest, size=size, intact=intact, gone=gone)
