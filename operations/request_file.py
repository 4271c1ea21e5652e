"""What a request is made of: a message in a file, or a list of account ids."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from handlers.intake.write_off_requested import MOST_ACCOUNTS, prepare, too_many
from handlers.starting.opening import Order
from messages import envelope as envelopes
from messages.envelope import Envelope
from messages.inbound import WriteOffRequested, parse
from messages.inbound.actor import Actor
from messages.inbound.write_off_requested import RequestedAccount
from messages.malformed import Malformed
from operations.actor import Operator
from operations.failures import NotFound, Unusable
from workers.requests.planning import Wanted
from workers.sets.context import SetContext
from writeoff.process import Disposition
from writeoff.value import Value

#: Heads the column of account ids where a list has several; without it the first column counts.
COLUMN = "account_id"
#: Stands for the request's id in a plan, which has none: no figure depends on it.
NO_REQUEST = "PLAN"


class Given(Value, frozen=True, kw_only=True):
    """What a list of accounts does not say: the options of a command."""

    opco: str | None
    kind: Literal["personal", "bulk"]
    disposition: str
    reason: str
    comments: str | None = None
    request_id: str = NO_REQUEST
    plan_digest: str | None = None


class AskedFor(Value, frozen=True, kw_only=True):
    """A request for an opco, as its message has it."""

    opco: str
    data: WriteOffRequested


def read(path: Path, given: Given, who: Operator, opcos: Iterable[str]) -> AskedFor:
    """Read a message (`{` is its first character) or a list; raises `Unusable` with what is wrong."""
    try:
        with path.open("rb") as file:
            head = file.read(1_024).lstrip(b"\xef\xbb\xbf \t\r\n")
        return _message(path) if head.startswith(b"{") else _listed(path, given, who, opcos)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unusable(f"{path}: byte {error.start} is not UTF-8; save the list as UTF-8.") from error


def _message(path: Path) -> AskedFor:
    try:
        envelope = envelopes.read(path.read_bytes(), "application/cloudevents+json", {})
        data = parse(envelope)
    except Malformed as malformed:
        raise Unusable(f"{path}: {malformed.path or 'the message'}: {malformed.problem}") from malformed
    if not isinstance(data, WriteOffRequested):
        raise Unusable(f"{path} is a {envelope.type}; a plan is made of {WriteOffRequested.type_name}.")
    return AskedFor(opco=envelope.opco, data=data)


def _listed(path: Path, given: Given, who: Operator, opcos: Iterable[str]) -> AskedFor:
    opco = _opco(given.opco, list(opcos))
    disposition = _disposition(given.disposition)
    accounts = tuple(RequestedAccount(account_id=each) for each in _ids(path))
    if not accounts:
        raise Unusable(f"{path} names no account.")
    if given.kind == "personal" and len(accounts) != 1:
        raise Unusable(f"A personal request is about one account; {path} names {len(accounts):,}.")
    data = WriteOffRequested(
        request_id=given.request_id,
        kind=given.kind,
        disposition=disposition,
        reason=given.reason,
        requested_by=Actor(user_id=who.user, name=None, roles=who.roles),
        comments=given.comments,
        plan_digest=given.plan_digest,
        accounts=accounts,
    )
    return AskedFor(opco=opco, data=data)


def _opco(named: str | None, known: list[str]) -> str:
    if named is not None:
        if named not in known:
            raise NotFound(f"Opco {named!r} is not known here.")
        return named
    if len(known) != 1:
        raise Unusable(f"--opco is missing: a list of accounts does not say which of {', '.join(known)}.")
    return known[0]


def _disposition(text: str) -> Disposition:
    known: tuple[Disposition, ...] = get_args(Disposition)
    for each in known:
        if text == each:
            return each
    raise Unusable(f"--disposition {text!r} is none; there are: {', '.join(known)}.")


def _ids(path: Path) -> Iterator[str]:
    """Return the account ids of a list, one a line; further columns behind `,` or `;` are ignored."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=";" if first.count(";") > first.count(",") else ",")
        place: int | None = None
        for number, row in enumerate(rows, start=1):
            if place is None:
                titles = [cell.strip().lower() for cell in row]
                place = titles.index(COLUMN) if COLUMN in titles else 0
                if COLUMN in titles:
                    continue
            if any(cell.strip() for cell in row):
                account_id = row[place].strip() if place < len(row) else ""
                if not account_id:
                    raise Unusable(f"{path}, line {number}: there is no account id.")
                yield account_id


def wanted(asked: AskedFor, now: SetContext) -> Wanted:
    """Return what is to be planned; raises `Unusable` for what no request could be."""
    data = asked.data
    policy = now.policies.get(asked.opco)
    if policy is None:
        raise NotFound(f"Opco {asked.opco!r} is not known here.")
    if too_many(data):
        raise Unusable(
            f"The request names {len(data.accounts):,} accounts; at most {MOST_ACCOUNTS:,} are taken at once."
        )
    try:
        prepared = prepare(_envelope(asked), data, policy)
    except Malformed as malformed:
        raise Unusable(f"{malformed.path}: {malformed.problem}") from malformed
    order = Order(
        request_id=data.request_id,
        kind=data.kind,
        origin="request",
        disposition=data.disposition,
        reason=data.reason,
        comments=data.comments,
        account_id="",
        override_hold=data.override_hold,
    )
    return Wanted(opco=asked.opco, order=order, items=prepared.command.items)


def _envelope(asked: AskedFor) -> Envelope:
    return Envelope(
        specversion="1.0",
        id=NO_REQUEST,
        source="/plan",
        type=WriteOffRequested.type_name,
        time=datetime.now(UTC),
        opco=asked.opco,
        data={},
    )
