"""What a policy says. Every key is described in `docs/policy.md`."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from writeoff.process import Disposition, Origin
from writeoff.value import Value

DistributionClass = Literal["receivable", "revenue", "liability", "other"]
TaxTreatment = Literal["reverse-now", "pending-claim", "expense"]
#: What a recovery of written-off expense credits (R24).
RecoveryCredit = Literal["write-off-expense", "recovery-income", "allowance"]
#: Why a visit did not bring the goods back (R6).
AttemptReason = Literal[
    "home-not-found",
    "customer-not-available",
    "spoke-with-other",
    "product-not-found",
    "refused-to-return",
    "promised-to-pay",
    "customer-paid",
    "product-issue",
]
AttemptOutcome = Literal["count", "process", "process-and-todo", "hold", "customer-paid", "service"]
#: The occasions on which the worker itself makes a to-do; the policy names the to-do type of each.
TodoPurpose = Literal[
    "event-failed",
    "no-recipient",
    "no-agency",
    "excess-goods",
    "credit-to-apply",
    "service-needed",
    "visit-refused",
    "paid-but-owing",
    "orphan-payment",
    "orphan-attempt",
    "wrong-currency",
    "debt-after-write-off",
    "agency-reply",
    "uncollectible",
    "recall-not-acknowledged",
    "message-rejected",
]


#: Who may be expected to say whether it took a message (R27).
AcknowledgingConsumer = Literal["letter", "to-do", "gl"]


class DistributionCode(Value, frozen=True, kw_only=True):
    """A named GL account, and what becomes of it in a write-off (R19)."""

    code: str
    distribution_class: DistributionClass
    gl_account: str
    name: str = ""
    write_off_sa_type: str | None = None
    tax_treatment: TaxTreatment = "reverse-now"
    relief_gl_account: str | None = None
    relief_claimable_after_years: int = 3
    relief_claimable_for_years: int = 10
    relief_repay_within_days: int = 60


class SaType(Value, frozen=True, kw_only=True):
    """A type of service agreement that customers have.

    `receivable_code` is credited where no FT says which (R19).
    """

    sa_type: str
    eligible: bool
    receivable_code: str


class WriteOffSaType(Value, frozen=True, kw_only=True):
    """A type of write-off agreement; `distribution_code` is its own account: expense, allowance or loss."""

    sa_type: str
    distribution_code: str


class EventType(Value, frozen=True, kw_only=True):
    """One of the event kinds with its parameters, checked by the kind's handler."""

    code: str
    kind: str
    parameters: Mapping[str, Any]


class TemplateEvent(Value, frozen=True, kw_only=True):
    """A step of a template: `days` after the process's creation; `after` = sequences it comes after (R9).

    With `recall_wait_hours` it also waits so long for agencies to acknowledge the recall of their referrals.
    """

    sequence: int
    event_type: str
    days: int
    after: tuple[int, ...]
    recall_wait_hours: int | None = None


class Template(Value, frozen=True, kw_only=True):
    """The ordered steps that a new process gets."""

    name: str
    events: tuple[TemplateEvent, ...]

    def event(self, sequence: int) -> TemplateEvent:
        """Return the step with that sequence; KeyError when there is none."""
        for event in self.events:
            if event.sequence == sequence:
                return event
        raise KeyError(sequence)


class TemplateRule(Value, frozen=True, kw_only=True):
    """Criteria for a template; what is None matches anything. Amounts in minor units (R8).

    Ranges include their lower bound and exclude their upper.
    """

    priority: int
    template: str
    origin: Origin | None = None
    kind: Literal["personal", "bulk"] | None = None
    disposition: Disposition | None = None
    reason: str | None = None
    customer_class: str | None = None
    amount_from: int | None = None
    amount_below: int | None = None
    days_in_default_from: int | None = None
    days_in_default_below: int | None = None


class ApprovalRule(Value, frozen=True, kw_only=True):
    """Whether requests need approval, and who decides; what is None matches anything (R5).

    The amounts (minor units) are of the request's total: the lower bound is included, the upper is not. No
    roles means those that may decide at all.
    """

    priority: int
    kind: Literal["personal", "bulk"] | None = None
    disposition: Disposition | None = None
    amount_from: int | None = None
    amount_below: int | None = None
    needed: bool = True
    roles: tuple[str, ...] = ()


class Attempts(Value, frozen=True, kw_only=True):
    """What failed repossessions lead to (R6): K attempts, D days, grace in days, holds a default."""

    minimum_attempts: int
    minimum_days: int
    grace_days: int
    maximum_holds: int
    outcomes: Mapping[str, AttemptOutcome]


class ContactType(Value, frozen=True, kw_only=True):
    """A kind of customer contact; it sets the letter (R11)."""

    code: str
    contact_class: str
    letter_template: str


class TodoType(Value, frozen=True, kw_only=True):
    """A kind of to-do. `subject` and `message` may hold the placeholders of `docs/policy.md`."""

    code: str
    role: str
    priority: int
    subject: str
    message: str


class Agency(Value, frozen=True, kw_only=True):
    """A collection agency of the opco; only active ones get new referrals."""

    code: str
    name: str
    active: bool = True


class Acknowledgement(Value, frozen=True, kw_only=True):
    """That a consumer acknowledges each message within so many hours, those from a date on (R27)."""

    consumer: AcknowledgingConsumer
    within_hours: int
    since: date | None = None


class Roles(Value, frozen=True, kw_only=True):
    """Who may ask for what (R1)."""

    personal: tuple[str, ...]
    bulk: tuple[str, ...]
    cancel: tuple[str, ...]
    decide: tuple[str, ...]
    reverse: tuple[str, ...]


class Policy(Value, frozen=True, kw_only=True):
    """One opco's rules. `digest` is the SHA-256 (hex) of the canonical form, and names the version."""

    digest: str
    opco: str
    currency: str
    time_zone: str
    arrival_wait_seconds: int
    small_balance_below: int
    write_down_code: str
    inventory_code: str
    recovery_clearing_code: str
    roles: Roles
    attempts: Attempts
    distribution_codes: Mapping[str, DistributionCode]
    sa_types: Mapping[str, SaType]
    write_off_sa_types: Mapping[str, WriteOffSaType]
    event_types: Mapping[str, EventType]
    templates: Mapping[str, Template]
    template_rules: tuple[TemplateRule, ...]
    contact_types: Mapping[str, ContactType]
    todo_types: Mapping[str, TodoType]
    todo_for: Mapping[TodoPurpose, str]
    agencies: Mapping[str, Agency]
    approvals: tuple[ApprovalRule, ...] = ()
    acknowledgements: Mapping[AcknowledgingConsumer, Acknowledgement] = {}
    recovery_credit: RecoveryCredit = "write-off-expense"
    recovery_credit_code: str | None = None
    correction_contact_type: str = "WRITE-OFF-CORRECTION"

    @property
    def version(self) -> str:
        """The digest's first 16 characters: how messages and people name this version."""
        return self.digest[:16]
