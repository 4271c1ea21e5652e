"""What a plan says of an account: eligible or why not, and every event with what it would do (R4)."""

from datetime import date
from typing import Literal

from writeoff.account import Account
from writeoff.facts import ContactRecorded, Fact, JournalPosted, ReferralPlaced, TodoCreated
from writeoff.journal import JournalLine
from writeoff.process import Process
from writeoff.value import Value

#: How a planned event ends: `failed` as it would when it runs, `blocked` behind one that fails.
StepOutcome = Literal["complete", "failed", "blocked", "canceled"]


class PlannedEvent(Value, frozen=True, kw_only=True):
    """One event: when it would run, its amount (R10, minor units), and the facts it would leave.

    `on` and `day` are its business date and the days after the process's creation; a blocked event has its
    trigger date there, and neither amount nor facts.
    """

    sequence: int
    event_type: str
    kind: str
    day: int
    on: date
    outcome: StepOutcome
    amount: int | None = None
    reason: str | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def lines(self) -> tuple[JournalLine, ...]:
        """The journal lines that the event would post, in their order."""
        return lines_of(self.facts)

    @property
    def contacts(self) -> tuple[ContactRecorded, ...]:
        """Who would be written to, each with the recipients of the letter."""
        return tuple(fact for fact in self.facts if isinstance(fact, ContactRecorded))

    @property
    def referral(self) -> ReferralPlaced | None:
        """The referral; its agency is the expected one, chosen again when the event runs."""
        return next((fact for fact in self.facts if isinstance(fact, ReferralPlaced)), None)

    @property
    def todos(self) -> tuple[TodoCreated, ...]:
        """The to-dos for people."""
        return tuple(fact for fact in self.facts if isinstance(fact, TodoCreated))


class AccountPlan(Value, frozen=True, kw_only=True):
    """One account of a plan. `opening` is what happens at once: small balances closed, to-dos (R7).

    Amounts are minor units of the opco's currency; `amount` is the process's debt.
    """

    account_id: str
    account: Account | None
    customer: str | None
    days_in_default: int | None
    refusal: str | None
    message: str | None
    process: Process | None
    amount: int | None
    opening: tuple[Fact, ...]
    events: tuple[PlannedEvent, ...]
    digest: str
    fields: dict[str, str]

    @property
    def eligible(self) -> bool:
        """Whether a process would start."""
        return self.process is not None

    @property
    def lines(self) -> tuple[JournalLine, ...]:
        """Every journal line of the account, what is closed at once included."""
        return (*lines_of(self.opening), *(line for event in self.events for line in event.lines))


def referrals_of(plan: AccountPlan) -> list[ReferralPlaced]:
    """Return every referral of an account."""
    return [fact for event in plan.events for fact in event.facts if isinstance(fact, ReferralPlaced)]


def lines_of(facts: tuple[Fact, ...]) -> tuple[JournalLine, ...]:
    """Return the lines of the journals among facts."""
    return tuple(line for fact in facts if isinstance(fact, JournalPosted) for line in fact.journal.lines)
