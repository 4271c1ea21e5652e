"""A failed repossession: recorded, and what its reason leads to by policy (R6)."""

import msgspec

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, IntakeKind, Prepared, missing_snapshot
from handlers.running.debt import debt_changed
from handlers.starting import holds
from handlers.starting.attempts import count, start
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import RepossessionFailed
from writeoff.account import Attempt, Standing
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import AttemptRecorded, Fact
from writeoff.policy.model import Policy, TodoPurpose
from writeoff.value import Value


class RecordAttempt(Value, frozen=True, kw_only=True):
    """The attempt, and the account version that it names."""

    attempt: Attempt
    account_version: int | None


def prepare(envelope: Envelope, data: RepossessionFailed, _policy: Policy) -> Prepared:
    """Read the attempt."""
    attempt = Attempt(
        attempt_id=data.attempt_id,
        repossession_id=data.repossession_id,
        attempted_at=data.attempted_at,
        attempted_by=data.attempted_by.user_id,
        reason=data.reason,
        promised_to_pay_on=data.promised_to_pay_on,
        message_id=envelope.id,
        correlation_id=envelope.correlationid or envelope.id,
    )
    return Prepared(
        command=RecordAttempt(attempt=attempt, account_version=data.account_version),
        actor=envelope.source,
        account_id=data.account_id,
        business_key=("attempt", data.attempt_id),
        needs=Part.SNAPSHOT | Part.ATTEMPTS | Part.REFERRALS | Part.PERIODS,
    )


def decide(
    command: RecordAttempt,
    case: Case,
    final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Record the attempt and follow its reason; without an account it becomes a to-do."""
    attempt = command.attempt
    if missing_snapshot(case, command.account_version) and not final:
        return AwaitSnapshot()
    recorded = AttemptRecorded(cause=case.cause, attempt=attempt)
    if case.standing is None or missing_snapshot(case, command.account_version):
        named = f"version {command.account_version}, which" if case.account else "an account that"
        task = todo_for(
            case,
            "orphan-attempt",
            attempt.attempt_id,
            detail=f"attempt {attempt.attempt_id} names {named} no snapshot has told of",
        )
        return Apply(facts=(recorded, task))
    return Apply(facts=(recorded, *_followed(case, case.standing, attempt)))


def _followed(case: Case, standing: Standing, attempt: Attempt) -> tuple[Fact, ...]:
    attempts = (*case.attempts, attempt)
    outcome = case.current.attempts.outcomes[attempt.reason]
    match outcome:
        case "count":
            return count(case, attempts, attempt)
        case "hold":
            promised = None if standing.locked_by else attempt.promised_to_pay_on
            held = promised and holds.place(case, standing, promised)
            return held or count(case, attempts, attempt)
        case "process" | "process-and-todo":
            free, lifted = holds.lift(case, standing)
            task = (_task(case, standing, "visit-refused", attempt),) if outcome == "process-and-todo" else ()
            return (*lifted, *start(free, attempt), *task)
        case "customer-paid":
            if _owed(standing):
                return (_task(case, standing, "paid-but-owing", attempt),)
            return debt_changed(case, standing.balances, "customer-paid")
        case "service":
            return (_task(case, standing, "service-needed", attempt),)


def _owed(standing: Standing) -> int:
    return sum(owed for owed in standing.balances.values() if owed > 0)


def _task(case: Case, standing: Standing, purpose: TodoPurpose, attempt: Attempt) -> Fact:
    running = case.process if case.process and case.process.status == "active" else None
    inner = (
        msgspec.structs.replace(case, cause=running.cause(case.now, case.today, case.cause.actor))
        if running
        else case
    )
    return todo_for(
        inner,
        purpose,
        attempt.attempt_id,
        amount=_owed(standing),
        detail=f"attempt {attempt.attempt_id}: {attempt.reason}",
    )


KINDS = (IntakeKind(type_name=RepossessionFailed.type_name, prepare=prepare, decide=decide),)
