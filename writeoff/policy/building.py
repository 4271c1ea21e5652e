"""From the checked tables of a policy file to the policy: defaults filled in, amounts in minor units."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from writeoff import money
from writeoff.policy import model
from writeoff.policy.accounts import CLAIMABLE_AFTER_YEARS, CLAIMABLE_FOR_YEARS, REPAY_WITHIN_DAYS
from writeoff.policy.shape import (
    ApprovalRuleTable,
    DistributionCodeTable,
    PolicyTable,
    Table,
    TemplateRuleTable,
    TemplateTable,
)
from writeoff.value import Value

Entry = TypeVar("Entry", bound=Value)


def policy_of(table: PolicyTable) -> model.Policy:
    """Return the policy, still without its digest."""
    return model.Policy(
        digest="",
        opco=table.opco,
        currency=table.currency,
        time_zone=table.time_zone,
        arrival_wait_seconds=table.arrival_wait_seconds,
        small_balance_below=money.parse(table.small_balance_below, table.currency),
        write_down_code=table.write_down_code,
        inventory_code=table.inventory_code,
        recovery_clearing_code=table.recovery_clearing_code,
        recovery_credit=table.recovery_credit,
        recovery_credit_code=table.recovery_credit_code,
        correction_contact_type=table.correction_contact_type,
        roles=model.Roles(**msgspec.structs.asdict(table.roles)),
        attempts=model.Attempts(**msgspec.structs.asdict(table.attempts)),
        distribution_codes={
            code: _distribution_code(code, entry) for code, entry in table.distribution_codes.items()
        },
        sa_types=_entries(model.SaType, "sa_type", table.sa_types),
        write_off_sa_types=_entries(model.WriteOffSaType, "sa_type", table.write_off_sa_types),
        event_types=_entries(model.EventType, "code", table.event_types),
        templates={name: _template(name, entry) for name, entry in table.templates.items()},
        template_rules=tuple(
            sorted(
                (_rule(rule, table.currency) for rule in table.template_rules), key=lambda rule: rule.priority
            )
        ),
        contact_types=_entries(model.ContactType, "code", table.contact_types),
        todo_types=_entries(model.TodoType, "code", table.todo_types),
        todo_for=table.todo_for,
        approvals=tuple(
            sorted(
                (_approval(rule, table.currency) for rule in table.approvals), key=lambda rule: rule.priority
            )
        ),
        agencies=_entries(model.Agency, "code", table.agencies),
        acknowledgements={
            consumer: model.Acknowledgement(consumer=consumer, **msgspec.structs.asdict(expected))
            for consumer, expected in table.acknowledgements.items()
        },
    )


def _entries(value: type[Entry], key: str, tables: Mapping[str, Table]) -> dict[str, Entry]:
    """Return the tables as values that carry their own name under `key`."""
    return {name: value(**{key: name}, **msgspec.structs.asdict(table)) for name, table in tables.items()}


def _distribution_code(code: str, entry: DistributionCodeTable) -> model.DistributionCode:
    after, until = entry.relief_claimable_after_years, entry.relief_claimable_for_years
    repay_within = entry.relief_repay_within_days
    return model.DistributionCode(
        code=code,
        distribution_class=entry.distribution_class,
        gl_account=entry.gl_account,
        name=entry.name,
        write_off_sa_type=entry.write_off_sa_type,
        tax_treatment=entry.tax_treatment or "reverse-now",
        relief_gl_account=entry.relief_gl_account,
        relief_claimable_after_years=CLAIMABLE_AFTER_YEARS if after is None else after,
        relief_claimable_for_years=CLAIMABLE_FOR_YEARS if until is None else until,
        relief_repay_within_days=REPAY_WITHIN_DAYS if repay_within is None else repay_within,
    )


def _template(name: str, template: TemplateTable) -> model.Template:
    """Return the template; an event that names no predecessors comes after all earlier ones (R9)."""
    sequences = tuple(event.sequence for event in template.events)
    return model.Template(
        name=name,
        events=tuple(
            model.TemplateEvent(
                sequence=event.sequence,
                event_type=event.event_type,
                days=event.days,
                after=sequences[:index] if event.after is None else event.after,
                recall_wait_hours=event.recall_wait_hours,
            )
            for index, event in enumerate(template.events)
        ),
    )


def _approval(rule: ApprovalRuleTable, currency: str) -> model.ApprovalRule:
    return model.ApprovalRule(
        **(msgspec.structs.asdict(rule) | _band(rule, currency) | {"roles": rule.roles or ()})
    )


def _rule(rule: TemplateRuleTable, currency: str) -> model.TemplateRule:
    return model.TemplateRule(**(msgspec.structs.asdict(rule) | _band(rule, currency)))


def _band(rule: TemplateRuleTable | ApprovalRuleTable, currency: str) -> dict[str, int | None]:
    """Return the bounds of a rule's amounts in minor units."""
    return {
        key: None if amount is None else money.parse(amount, currency)
        for key, amount in (("amount_from", rule.amount_from), ("amount_below", rule.amount_below))
    }
