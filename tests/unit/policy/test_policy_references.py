"""What one table says of another: each dangling or unfitting name is reported by its path."""

from typing import Any

import pytest

from tests.unit.policy.documents import ABSENT, case, problems, rwanda

CODES = (
    "CITY-TAX-PAYABLE, CONTRACT-TERMINATION-LOSS, RECEIVABLE, RECOVERY-CLEARING, REPOSSESSED-INVENTORY, "
    "REVENUE, SMALL-BALANCE-EXPENSE, VAT-PAYABLE, WRITE-OFF-EXPENSE"
)
WRITE_OFF_TYPES = "contract-termination, write-off-expense, write-off-liability"
TODO_TYPES = (
    "AGENCY-FOLLOW-UP, AGENCY-MISSING, AGENCY-REPLY, CHARGE-AFTER-WRITE-OFF, COMMERCIAL-CALL, CUSTOMER-DATA, "
    "EVENT-FAILED, GOODS-VALUE, MESSAGE-REJECTED, PAID-BUT-OWING, PAYMENT-CHECK, RECALL-MISSING, "
    "REFUND-OR-TRANSFER, SERVICE-VISIT, UNCOLLECTIBLE, UNKNOWN-ACCOUNT, VISIT-REFUSED, WRITE-OFF-REVIEW"
)
PLACEHOLDERS = "{account_id}, {amount}, {written_off}, {referral}, {reason}, {detail}"
NEEDED = (
    "needs one, unless the code is only the own account of a write-off SA type, the inventory, clearing or "
    "write-down code"
)

PLACE_AND_PEOPLE = [
    case(
        {"currency": "RWX"},
        'currency: "RWX" is not an active ISO 4217 code; allowed: one in use, such as "RWF"',
    ),
    case(
        {"time_zone": "Africa/Kigale"},
        'time_zone: "Africa/Kigale" is no IANA time zone; allowed: one of the tz database, such '
        'as "Africa/Kigali"',
    ),
    case(
        {"small_balance_below": "99.5", "template_rules/3/amount_from": "1.25"},
        'small_balance_below: "99.5" is not allowed: RWF has 0 decimal digits, not 1',
        'template_rules[3].amount_from: "1.25" is not allowed: RWF has 0 decimal digits, not 2',
    ),
    case(
        {"roles/bulk": []},
        "roles.bulk: empty, so nobody could; allowed: one role or more",
    ),
    case(
        {"roles/cancel": ["admin", "admin"]},
        "roles.cancel: a role stands here twice; allowed: each once",
    ),
    case(
        {"attempts/outcomes/product-issue": ABSENT},
        "attempts.outcomes.product-issue: missing; allowed: an outcome for each of the eight reasons",
    ),
    case(
        {"attempts/outcomes/home-not-found": "hold"},
        'attempts.outcomes.home-not-found: "hold" is not allowed, since only promised-to-pay has '
        "a date to hold until; allowed: any other outcome",
    ),
    case(
        {"todo_for/no-agency": ABSENT},
        f"todo_for.no-agency: missing; allowed: {TODO_TYPES}",
    ),
    case(
        {"todo_for/no-agency": "CALL"},
        f'todo_for.no-agency: "CALL" is not in todo_types; allowed: {TODO_TYPES}',
    ),
    case(
        {"todo_types/VISIT-REFUSED/message": "{amount.__class__} {0} {}"},
        f"todo_types.VISIT-REFUSED.message: {{amount.__class__}} is no placeholder; allowed: {PLACEHOLDERS}",
        f"todo_types.VISIT-REFUSED.message: {{0}} is no placeholder; allowed: {PLACEHOLDERS}",
        f"todo_types.VISIT-REFUSED.message: {{}} is no placeholder; allowed: {PLACEHOLDERS}",
    ),
    case(
        {"todo_types/VISIT-REFUSED/subject": "{{account_id}}"},
        f"todo_types.VISIT-REFUSED.subject: a brace without its partner; allowed: {PLACEHOLDERS}",
    ),
]

CHART = [
    case(
        {"inventory_code": "STOCK"},
        f'inventory_code: "STOCK" is not in distribution_codes; allowed: {CODES}',
    ),
    case(
        {"write_down_code": "REVENUE"},
        'write_down_code: "REVENUE" is of class revenue; allowed: class other',
        f"distribution_codes.SMALL-BALANCE-EXPENSE.write_off_sa_type: missing; class other {NEEDED}",
    ),
    case(
        {"recovery_clearing_code": "RECEIVABLE"},
        'recovery_clearing_code: "RECEIVABLE" is of class receivable; allowed: class other',
        f"distribution_codes.RECOVERY-CLEARING.write_off_sa_type: missing; class other {NEEDED}",
    ),
    case(
        {"sa_types/deposit/receivable_code": "REVENUE"},
        'sa_types.deposit.receivable_code: "REVENUE" is of class revenue; allowed: class receivable',
    ),
    case(
        {"write_off_sa_types/write-off-liability/distribution_code": "VAT-PAYABLE"},
        'write_off_sa_types.write-off-liability.distribution_code: "VAT-PAYABLE" is of class '
        "liability; allowed: class other",
    ),
    case(
        {"distribution_codes/REVENUE/write_off_sa_type": ABSENT},
        f"distribution_codes.REVENUE.write_off_sa_type: missing; class revenue {NEEDED}",
    ),
    case(
        {"distribution_codes/REVENUE/write_off_sa_type": "expense"},
        'distribution_codes.REVENUE.write_off_sa_type: "expense" is not in write_off_sa_types; '
        f"allowed: {WRITE_OFF_TYPES}",
    ),
    case(
        {"recovery_credit": "allowance"},
        'recovery_credit_code: missing; recovery_credit = "allowance" needs one; '
        "allowed: a distribution code",
    ),
    case(
        {"recovery_credit": "recovery-income", "recovery_credit_code": "REVENUE"},
        'recovery_credit_code: "REVENUE" is of class revenue; allowed: class other',
    ),
    case(
        {"recovery_credit_code": "WRITE-OFF-EXPENSE"},
        'recovery_credit_code: not allowed; recovery_credit = "write-off-expense" credits what was debited',
    ),
    case(
        {"distribution_codes/RECEIVABLE/write_off_sa_type": "write-off-expense"},
        "distribution_codes.RECEIVABLE.write_off_sa_type: not allowed for class receivable, which"
        " a write-off credits; allowed: leave it out",
    ),
    case(
        {"distribution_codes/REVENUE/tax_treatment": "expense"},
        "distribution_codes.REVENUE.tax_treatment: not allowed for class revenue; allowed: class "
        "liability alone",
    ),
    case(
        {"distribution_codes/VAT-PAYABLE/tax_treatment": "pending-claim"},
        "distribution_codes.VAT-PAYABLE.relief_gl_account: missing; pending-claim debits it until"
        " the claim; allowed: a GL account",
    ),
    case(
        {"distribution_codes/VAT-PAYABLE/relief_gl_account": "1380"},
        "distribution_codes.VAT-PAYABLE.relief_gl_account: not allowed; allowed: with "
        'tax_treatment = "pending-claim" alone',
    ),
    case(
        {
            "distribution_codes/VAT-PAYABLE/tax_treatment": "pending-claim",
            "distribution_codes/VAT-PAYABLE/relief_gl_account": "1380",
            "distribution_codes/VAT-PAYABLE/relief_claimable_after_years": 10,
        },
        "distribution_codes.VAT-PAYABLE.relief_claimable_for_years: the claim would end before it"
        " begins; allowed: more than relief_claimable_after_years",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), PLACE_AND_PEOPLE + CHART)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(problems(rwanda(changes))) == sorted(expected)
