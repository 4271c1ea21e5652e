"""The shape of a policy file: one struct per table, before anything is looked up or computed.

A key that is not here is a typo and refused. `docs/policy.md` describes each; a test compares the two.
"""

from typing import Any, Literal

import msgspec

from writeoff.policy.model import (
    AcknowledgingConsumer,
    AttemptOutcome,
    AttemptReason,
    DistributionClass,
    RecoveryCredit,
    TaxTreatment,
    TodoPurpose,
)
from writeoff.policy.words import (
    AgencyCode,
    Amount,
    Attempts,
    CurrencyCode,
    Day,
    Days,
    Holds,
    Hours,
    Label,
    Name,
    OpcoCode,
    OptionalLabel,
    Priority,
    Sequence,
    Text,
    TodoPriority,
    WaitSeconds,
    Years,
)
from writeoff.process import Disposition, Origin


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class DistributionCodeTable(Table, frozen=True, kw_only=True, rename={"distribution_class": "class"}):
    """`[distribution_codes.<code>]`."""

    distribution_class: DistributionClass
    gl_account: Name
    name: OptionalLabel = ""
    write_off_sa_type: Name | None = None
    tax_treatment: TaxTreatment | None = None
    relief_gl_account: Name | None = None
    relief_claimable_after_years: Years | None = None
    relief_claimable_for_years: Years | None = None
    relief_repay_within_days: Days | None = None


class SaTypeTable(Table, frozen=True, kw_only=True):
    """`[sa_types.<type>]`."""

    eligible: bool
    receivable_code: Name


class WriteOffSaTypeTable(Table, frozen=True, kw_only=True):
    """`[write_off_sa_types.<type>]`."""

    distribution_code: Name


class EventTypeTable(Table, frozen=True, kw_only=True):
    """`[event_types.<code>]`; the kind's handler checks `parameters`."""

    kind: Name
    parameters: dict[str, Any] = {}


class TemplateEventTable(Table, frozen=True, kw_only=True):
    """A row of `templates.<name>.events`."""

    sequence: Sequence
    event_type: Name
    days: Days
    after: tuple[Sequence, ...] | None = None
    recall_wait_hours: Hours | None = None


class TemplateTable(Table, frozen=True, kw_only=True):
    """`[templates.<name>]`."""

    events: tuple[TemplateEventTable, ...]


class TemplateRuleTable(Table, frozen=True, kw_only=True):
    """A row of `[[template_rules]]`."""

    priority: Priority
    template: Name
    origin: Origin | None = None
    kind: Literal["personal", "bulk"] | None = None
    disposition: Disposition | None = None
    reason: Label | None = None
    customer_class: Label | None = None
    amount_from: Amount | None = None
    amount_below: Amount | None = None
    days_in_default_from: Days | None = None
    days_in_default_below: Days | None = None


class ApprovalRuleTable(Table, frozen=True, kw_only=True):
    """A row of `[[approvals]]`."""

    priority: Priority
    kind: Literal["personal", "bulk"] | None = None
    disposition: Disposition | None = None
    amount_from: Amount | None = None
    amount_below: Amount | None = None
    needed: bool = True
    roles: tuple[Name, ...] | None = None


class AttemptsTable(Table, frozen=True, kw_only=True):
    """`[attempts]`."""

    outcomes: dict[AttemptReason, AttemptOutcome]
    minimum_attempts: Attempts = 3
    minimum_days: Days = 90
    grace_days: Days = 3
    maximum_holds: Holds = 2


class ContactTypeTable(Table, frozen=True, kw_only=True):
    """`[contact_types.<code>]`."""

    contact_class: Name
    letter_template: Name


class TodoTypeTable(Table, frozen=True, kw_only=True):
    """`[todo_types.<code>]`."""

    role: Name
    subject: Label
    message: Text
    priority: TodoPriority = 50


class AgencyTable(Table, frozen=True, kw_only=True):
    """`[agencies.<code>]`."""

    name: Label
    active: bool = True


class AcknowledgementTable(Table, frozen=True, kw_only=True):
    """`[acknowledgements.<consumer>]`."""

    within_hours: Hours
    since: Day | None = None


class RolesTable(Table, frozen=True, kw_only=True):
    """`[roles]`."""

    personal: tuple[Name, ...] = ("admin", "back_office_management")
    bulk: tuple[Name, ...] = ("admin",)
    cancel: tuple[Name, ...] = ("admin", "back_office_management")
    decide: tuple[Name, ...] = ("admin",)
    reverse: tuple[Name, ...] = ("admin",)


class PolicyTable(Table, frozen=True, kw_only=True):
    """The whole file."""

    opco: OpcoCode
    currency: CurrencyCode
    time_zone: Label
    write_down_code: Name
    inventory_code: Name
    recovery_clearing_code: Name
    attempts: AttemptsTable
    distribution_codes: dict[Name, DistributionCodeTable]
    sa_types: dict[Name, SaTypeTable]
    write_off_sa_types: dict[Name, WriteOffSaTypeTable]
    event_types: dict[Name, EventTypeTable]
    templates: dict[Name, TemplateTable]
    template_rules: tuple[TemplateRuleTable, ...]
    contact_types: dict[Name, ContactTypeTable]
    todo_types: dict[Name, TodoTypeTable]
    todo_for: dict[TodoPurpose, Name]
    agencies: dict[AgencyCode, AgencyTable] = {}
    acknowledgements: dict[AcknowledgingConsumer, AcknowledgementTable] = {}
    approvals: tuple[ApprovalRuleTable, ...] = ()
    roles: RolesTable = RolesTable()
    arrival_wait_seconds: WaitSeconds = 30
    small_balance_below: Amount = "0"
    recovery_credit: RecoveryCredit = "write-off-expense"
    recovery_credit_code: Name | None = None
    correction_contact_type: Name = "WRITE-OFF-CORRECTION"
