"""When attempts lead to a process: K attempts, D days, and the look on day D (R6)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from handlers.starting.answers import Figures, answer
from handlers.starting.opening import Declined, Opened, Order, open_process
from writeoff.account import Attempt
from writeoff.approval import deciders
from writeoff.case import Case
from writeoff.facts import Fact, NeedsApproval, Refusal, RequestItem, RequestOpened, TimerSet

#: Begins the request id of a process that an attempt led to; its id follows (R6).
AUTOMATIC = "AUTO-"


def counted(case: Case, attempts: tuple[Attempt, ...]) -> int:
    """Return how many attempts there were since the account defaulted, of any reason."""
    since = case.account.defaulted_on if case.account else None
    if since is None:
        return len(attempts)
    return sum(1 for each in attempts if local_date(case, each.attempted_at) >= since)


def local_date(case: Case, moment: datetime) -> date:
    """Return the date of a moment in the opco's time zone."""
    return moment.astimezone(ZoneInfo(case.policy.time_zone)).date()


def count(case: Case, attempts: tuple[Attempt, ...], led_by: Attempt | None = None) -> tuple[Fact, ...]:
    """Open a process if K and D are reached; if only D is missing, look again on day D.

    It is asked for in the name of the attempt that led to it; at a timer that is the latest that has led to
    no request yet. While a promise holds the account, its end decides instead.
    """
    rules, standing = case.current.attempts, case.standing
    if standing is None or case.account is None or standing.held_on(case.today):
        return ()
    if counted(case, attempts) < rules.minimum_attempts:
        return ()
    defaulted_on = case.account.defaulted_on
    if defaulted_on is None:
        return ()
    day = defaulted_on + timedelta(days=rules.minimum_days)
    if case.today >= day:
        attempt = led_by or latest(attempts)
        return start(case, attempt) if attempt else ()
    return (TimerSet(cause=case.cause, kind="days-in-default", subject=case.account.account_id, due_on=day),)


def latest(attempts: tuple[Attempt, ...]) -> Attempt | None:
    """Return the last attempt that has led to no request yet."""
    undecided = (each for each in attempts if not each.decided)
    return max(undecided, key=lambda each: (each.attempted_at, each.attempt_id), default=None)


def start(case: Case, attempt: Attempt) -> tuple[Fact, ...]:
    """Ask for a process as `system`, with the attempt's id; it is answered like any other request.

    While what an earlier attempt asked for awaits approval, nothing more is asked for.
    """
    if attempt.decided or case.account is None or case.awaits_approval:
        return ()
    request_id = AUTOMATIC + attempt.attempt_id
    cause = msgspec.structs.replace(
        case.cause,
        request_id=request_id,
        origin="repossession-failed",
        bulk=False,
        correlation_id=attempt.correlation_id,
        causation_id=attempt.message_id,
    )
    asking = msgspec.structs.replace(case, cause=cause, policy=case.current)
    account_id = case.account.account_id
    outcome = open_process(
        Order(
            request_id=request_id,
            kind="personal",
            origin="repossession-failed",
            disposition="write_off",
            reason=attempt.reason,
            comments=None,
            account_id=account_id,
        ),
        asking,
    )
    approval = _approval(asking, outcome)
    match outcome:
        case _ if approval is not None:
            item = RequestItem(ordinal=0, account_id=account_id, state="awaiting", amount=approval.total)
            figures = Figures(accepted=0, refused=0, waiting=0, totals=(), refusals=(), awaiting=1)
        case Opened(process=process):
            item = RequestItem(
                ordinal=0,
                account_id=account_id,
                state="accepted",
                process_id=process.process_id,
                amount=process.amount,
            )
            figures = Figures(
                accepted=1, refused=0, waiting=0, totals=((process.currency, process.amount),), refusals=()
            )
        case Declined(reason=reason, message=message):
            item = RequestItem(
                ordinal=0, account_id=account_id, state="refused", refusal=reason, message=message
            )
            refusal = Refusal(account_id=account_id, reason=reason, message=message)
            figures = Figures(accepted=0, refused=1, waiting=0, totals=(), refusals=(refusal,))
    opened = RequestOpened(
        cause=cause,
        request_id=request_id,
        kind="personal",
        disposition="write_off",
        reason=attempt.reason,
        comments=None,
        requested_by="system",
        roles=(),
        command="repossession-failed",
        answers_message_id=attempt.message_id,
        currency=case.current.currency,
        policy_digest=case.current.digest,
        revision=1,
        items=(item,),
        approval=approval,
    )
    answered = answer(
        msgspec.structs.replace(cause, process_id=item.process_id),
        answers_message_id=attempt.message_id,
        request_id=request_id,
        command="repossession-failed",
        revision=1,
        figures=figures,
        at_once=True,
    )
    return (opened, *(outcome.facts if approval is None else ()), *answered)


def _approval(case: Case, outcome: Opened | Declined) -> NeedsApproval | None:
    """Return the approval that a process needs before it begins, as any other (R5); small balances too."""
    total = outcome.process.amount if isinstance(outcome, Opened) else 0
    if isinstance(outcome, Declined) and outcome.reason != "closed-as-small":
        return None
    roles = deciders(case.current, "personal", "write_off", total)
    return NeedsApproval(override_hold=False, total=total, roles=roles) if roles is not None else None
