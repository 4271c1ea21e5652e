"""A request to write off one account, decided at once, or many, decided by expansion (R1, R2, R3)."""

import msgspec

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.planning.holding import PLAN_CHANGED, Held, explained, hold_to_plan
from handlers.reading.request_items import read_items
from handlers.starting.answers import Figures, answer, command_name, refuse
from handlers.starting.attempts import AUTOMATIC
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody, ItemOutcome, checked, decide_item
from messages.envelope import Envelope
from messages.inbound import WriteOffRequested
from messages.malformed import Malformed
from writeoff.approval import deciders, may_need
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import NeedsApproval, RequestItem, RequestOpened
from writeoff.policy.model import Policy
from writeoff.value import Value

#: Accounts a request, and how many of them may bring a snapshot or returned goods along.
MOST_ACCOUNTS = 100_000
MOST_ACCOUNTS_WITH_DETAIL = 5_000


class RequestWriteOff(Value, frozen=True, kw_only=True):
    """The request; each item's `body` is `ItemBody` as JSON, None for an account that brings nothing."""

    data: WriteOffRequested
    command: str
    message_id: str
    items: tuple[RequestItem, ...]


def prepare(envelope: Envelope, data: WriteOffRequested, policy: Policy) -> Prepared:
    """Read the accounts; a personal request takes its account's lock, a bulk one takes none."""
    if data.request_id.startswith(AUTOMATIC):
        problem = f"Identifiers that begin with {AUTOMATIC} are the worker's own; send another one."
        raise Malformed("data.request_id", problem)
    items = () if too_many(data) else read_items(data, policy)
    return Prepared(
        command=RequestWriteOff(
            data=data, command=command_name(envelope.type), message_id=envelope.id, items=items
        ),
        actor=data.requested_by.user_id,
        account_id=data.accounts[0].account_id if data.kind == "personal" else None,
        business_key=("request", data.request_id) if may_ask(data, policy) and not too_many(data) else None,
        plan_digest=data.plan_digest if data.kind == "personal" else None,
        needs=(Part.PERSONS if data.plan_digest else Part.NONE)
        | Part.SNAPSHOT
        | Part.PAYMENTS
        | Part.REFERRALS
        | Part.PERIODS,
        request_id=data.request_id,
        origin="request",
        bulk=data.kind == "bulk",
    )


def may_ask(data: WriteOffRequested, policy: Policy) -> bool:
    """Tell whether one of the requester's roles may ask for this kind of request (R1)."""
    allowed = policy.roles.personal if data.kind == "personal" else policy.roles.bulk
    return any(role in allowed for role in data.requested_by.roles)


def too_many(data: WriteOffRequested) -> bool:
    """Tell whether the request names more accounts, or more of them with detail, than are taken."""
    detailed = sum(1 for each in data.accounts if each.account is not None or each.returned_products)
    return len(data.accounts) > MOST_ACCOUNTS or detailed > MOST_ACCOUNTS_WITH_DETAIL


def decide(
    command: RequestWriteOff,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Refuse the request as such, decide its one account, or leave its accounts to expansion."""
    refused = _refused(command, case)
    if refused is not None:
        return refused
    if command.data.kind == "bulk":
        hold = command.data.override_hold
        look_first = may_need(case.current, "bulk", command.data.disposition, override_hold=hold)
        approval = NeedsApproval(override_hold=hold) if look_first else None
        return Apply(facts=(_opened(command, case, command.items, approval=approval),))
    return _personal(command, case)


def _refused(command: RequestWriteOff, case: Case) -> Refuse | None:
    data = command.data
    if not may_ask(data, case.current):
        allowed = case.current.roles.personal if data.kind == "personal" else case.current.roles.bulk
        return _refusal(
            command,
            case,
            "not-authorised",
            f"A {data.kind} write-off needs one of the roles {', '.join(allowed)}; "
            f"user {data.requested_by.user_id} has none of them.",
        )
    if too_many(data):
        return _refusal(
            command,
            case,
            "too-many-accounts",
            f"The request names {len(data.accounts)} accounts; at most {MOST_ACCOUNTS} are taken, of which "
            f"at most {MOST_ACCOUNTS_WITH_DETAIL} with a snapshot or returned products.",
        )
    return None


def _refusal(command: RequestWriteOff, case: Case, refusal: str, message: str) -> Refuse:
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        refusal=refusal,
        message=message,
    )
    return Refuse(reason=refusal, message=message, facts=(answered,))


def _personal(command: RequestWriteOff, case: Case) -> Apply | Refuse:
    item = command.items[0]
    body = msgspec.json.decode(item.body, type=ItemBody) if item.body else ItemBody()
    order = order_of(command.data, item.account_id, body)
    outcome = decide_item(order, 0, item.account_version, body, case, final=False)
    held = None
    if command.data.plan_digest is not None and outcome.decided.state != "waiting":
        held = hold_to_plan(order, outcome, case, command.data.plan_digest, case.planned)
        outcome = held.outcome
        if outcome.decided.refusal == PLAN_CHANGED:
            return _not_as_planned(command, case, held)
    approval, outcome = _approval(command.data, case, outcome, held.digest if held else None)
    decided = outcome.decided
    figures = Figures(
        accepted=int(decided.state == "accepted"),
        refused=int(decided.state == "refused"),
        waiting=int(decided.state == "waiting"),
        totals=((case.policy.currency, decided.amount),)
        if decided.state == "accepted" and decided.amount is not None
        else (),
        refusals=(outcome.refusal,) if outcome.refusal else (),
        awaiting=int(decided.state == "awaiting"),
    )
    revision = 0 if decided.state == "waiting" else 1
    opened = _opened(
        command,
        case,
        (
            msgspec.structs.replace(
                item,
                state=decided.state,
                refusal=decided.refusal,
                message=decided.message,
                process_id=decided.process_id,
                amount=decided.amount,
                plan_digest=held.digest if held else None,
                body=item.body if decided.state in {"waiting", "awaiting"} else None,
            ),
        ),
        revision,
        approval,
    )
    answered = (
        answer(
            msgspec.structs.replace(case.cause, process_id=decided.process_id),
            answers_message_id=command.message_id,
            request_id=command.data.request_id,
            command=command.command,
            revision=revision,
            figures=figures,
            plan_digest=command.data.plan_digest,
            at_once=True,
        )
        if revision
        else ()
    )
    return Apply(facts=(opened, *outcome.facts, *answered))


def _approval(
    data: WriteOffRequested, case: Case, outcome: ItemOutcome, plan_digest: str | None
) -> tuple[NeedsApproval | None, ItemOutcome]:
    """Return what approval the request needs, and the outcome without effects if it needs any (R5)."""
    hold = data.override_hold
    if not may_need(case.current, "personal", data.disposition, override_hold=hold):
        return None, outcome
    if outcome.decided.state == "waiting":
        return NeedsApproval(override_hold=hold), outcome
    look = checked(outcome, plan_digest)
    if look.decided.state != "awaiting":
        return None, outcome
    total = look.decided.amount or 0
    roles = deciders(case.current, "personal", data.disposition, total, override_hold=hold)
    if roles is None:
        return None, outcome
    return NeedsApproval(override_hold=hold, total=total, roles=roles), look


def _not_as_planned(command: RequestWriteOff, case: Case, held: Held) -> Refuse:
    """Refuse the request with what has changed since it was planned (R4)."""
    message = explained(1 if case.planned is not None else None, len(held.differences))
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        refusal=PLAN_CHANGED,
        message=message,
        differences=held.differences,
        plan_digest=held.present,
    )
    return Refuse(reason=PLAN_CHANGED, message=message, facts=(*held.outcome.facts, answered))


def order_of(data: WriteOffRequested, account_id: str, body: ItemBody) -> Order:
    """Return what the request wants for one of its accounts."""
    return Order(
        request_id=data.request_id,
        kind=data.kind,
        origin="request",
        disposition=data.disposition,
        reason=data.reason,
        comments=data.comments,
        account_id=account_id,
        returned=body.returned,
        override_hold=data.override_hold,
    )


def _opened(
    command: RequestWriteOff,
    case: Case,
    items: tuple[RequestItem, ...],
    revision: int = 0,
    approval: NeedsApproval | None = None,
) -> RequestOpened:
    data = command.data
    return RequestOpened(
        cause=case.cause,
        request_id=data.request_id,
        kind=data.kind,
        disposition=data.disposition,
        reason=data.reason,
        comments=data.comments,
        requested_by=data.requested_by.user_id,
        roles=data.requested_by.roles,
        command=command.command,
        answers_message_id=command.message_id,
        currency=case.policy.currency,
        policy_digest=case.policy.digest,
        revision=revision,
        items=items,
        plan_digest=data.plan_digest,
        plan_checked=0 if data.plan_digest is not None and data.kind == "bulk" else None,
        approval=approval,
    )


KINDS = (IntakeKind(type_name=WriteOffRequested.type_name, prepare=prepare, decide=decide),)
