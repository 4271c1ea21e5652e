"""What a key may hold: each wrong value is named by its path, with what is allowed there."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.unit.policy.documents import ABSENT, case, problems, rwanda
from writeoff.errors import PolicyInvalid
from writeoff.policy.model import EventType, Policy
from writeoff.policy.reading import MAX_TEXT, read

NAME = "1 to 64 letters, digits and . _ / + -, the first a letter or digit"
AMOUNT = 'an amount as a string, such as "1500"'
LABEL = "1 to 100 characters without line breaks"
DAYS = "a whole number of days from 0 to 3650"
PLAIN = "strings, whole numbers, true, false, lists and tables (write an amount as a string)"

SHAPE = [
    case(
        {"distribution_codes/REVENUE/gl_acount": "1"},
        "distribution_codes.REVENUE.gl_acount: unknown key; allowed: class, gl_account, name, "
        "relief_claimable_after_years, relief_claimable_for_years, relief_gl_account, "
        "relief_repay_within_days, tax_treatment, write_off_sa_type",
    ),
    case(
        {"opco": ABSENT},
        "opco: missing; allowed: 1 to 16 capital letters, digits and -, the first a letter",
    ),
    case(
        {"event_types/LETTER/kind": ABSENT},
        f"event_types.LETTER.kind: missing; allowed: {NAME}",
    ),
    case(
        {"templates": ABSENT},
        "templates: missing; allowed: a table",
    ),
    case(
        {"template_rules": ABSENT},
        "template_rules: missing; allowed: a list",
    ),
    case(
        {"sa_types": []},
        "sa_types: a list is not allowed; allowed: a table",
    ),
    case(
        {"sa_types/deposit": "no"},
        'sa_types.deposit: "no" is not allowed; allowed: a table',
    ),
    case(
        {"roles/bulk": "admin"},
        'roles.bulk: "admin" is not allowed; allowed: a list',
    ),
    case(
        {"sa_types/deposit/eligible": "yes"},
        'sa_types.deposit.eligible: "yes" is not allowed; allowed: true or false',
    ),
    case(
        {"distribution_codes/REVENUE/class": "income"},
        'distribution_codes.REVENUE.class: "income" is not allowed; allowed: receivable, revenue,'
        " liability, other",
    ),
    case(
        {"template_rules/0/disposition": "optout"},
        'template_rules[0].disposition: "optout" is not allowed; allowed: write_off, repossession, opt_out',
    ),
    case(
        {"attempts/outcomes/burnt": "process"},
        'attempts.outcomes.burnt: the key "burnt" is not allowed; allowed: home-not-found, '
        "customer-not-available, spoke-with-other, product-not-found, refused-to-return, "
        "promised-to-pay, customer-paid, product-issue",
    ),
    case(
        {"small_balance_below": 100},
        f"small_balance_below: 100 is not allowed; allowed: {AMOUNT}",
    ),
    case(
        {"small_balance_below": 99.5},
        f"small_balance_below: 99.5 is not allowed; allowed: {AMOUNT}",
    ),
    case(
        {"small_balance_below": "-1"},
        f'small_balance_below: "-1" is not allowed; allowed: {AMOUNT}',
    ),
    case(
        {"templates/residential/events/2/days": 3.0},
        f"templates.residential.events[2].days: 3.0 is not allowed; allowed: {DAYS}",
    ),
    case(
        {"templates/residential/events/2/days": -1},
        f"templates.residential.events[2].days: -1 is not allowed; allowed: {DAYS}",
    ),
    case(
        {"templates/residential/events/2/sequence": True},
        "templates.residential.events[2].sequence: true is not allowed; allowed: a whole number "
        "from 1 to 9999",
    ),
    case(
        {"attempts/minimum_attempts": 0},
        "attempts.minimum_attempts: 0 is not allowed; allowed: a whole number from 1 to 100",
    ),
    case(
        {"attempts/minimum_days": 4000},
        f"attempts.minimum_days: 4000 is not allowed; allowed: {DAYS}",
    ),
    case(
        {"attempts/grace_days": -3},
        f"attempts.grace_days: -3 is not allowed; allowed: {DAYS}",
    ),
    case(
        {"attempts/maximum_holds": 101},
        "attempts.maximum_holds: 101 is not allowed; allowed: a whole number from 0 to 100",
    ),
    case(
        {"arrival_wait_seconds": 1180591620717411303424},
        "arrival_wait_seconds: a number beyond 2^53 is not allowed; allowed: a whole number of "
        "seconds from 0 to 600",
    ),
    case(
        {"time_zone": date(2026, 1, 1)},
        f"time_zone: 2026-01-01 is not allowed; allowed: {LABEL}",
    ),
    case(
        {"write_down_code": "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"},
        'write_down_code: "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX... is not '
        f"allowed; allowed: {NAME}",
    ),
    case(
        {"todo_types/SERVICE-VISIT/subject": "two\nlines"},
        f'todo_types.SERVICE-VISIT.subject: "two\\nlines" is not allowed; allowed: {LABEL}',
    ),
    case(
        {"agencies/Kigali.1": {"name": "Kigali"}},
        'agencies."Kigali.1": the key "Kigali.1" is not allowed; allowed: 1 to 64 capital '
        "letters, digits and -",
    ),
    case(
        {"event_types/DEMERIT/parameters/months": 24.0},
        f"event_types.DEMERIT.parameters.months: 24.0 is not allowed; allowed: {PLAIN}",
    ),
    case(
        {"event_types/DEMERIT/parameters/since": [date(2026, 1, 1)]},
        f"event_types.DEMERIT.parameters.since[0]: 2026-01-01 is not allowed; allowed: {PLAIN}",
    ),
    case(
        {"event_types/DEMERIT/parameters/deep": [[[[[[[[[1]]]]]]]]]},
        "event_types.DEMERIT.parameters.deep[0][0][0][0][0][0][0][0][0]: nested too deep; allowed: 8 levels",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), SHAPE)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(problems(rwanda(changes))) == sorted(expected)


def test_every_problem_is_listed_at_once() -> None:
    found = problems(
        rwanda(
            {
                "currency": "RW",
                "sa_types/deposit/eligible": 1,
                "write_off_sa_types/contract-termination/distribution_code": "LOSS",
                "templates/residential/events/0/event_type": "REFER",
                "todo_for/no-agency": ABSENT,
                "surprise": True,
            }
        )
    )
    assert [problem.partition(":")[0] for problem in found] == [
        "surprise",
        "currency",
        "sa_types.deposit.eligible",
        "write_off_sa_types.contract-termination.distribution_code",
        "templates.residential.events[0].event_type",
        "todo_for.no-agency",
    ]


def test_what_refers_to_a_broken_entry_is_not_reported_as_unknown() -> None:
    found = problems(rwanda({"distribution_codes/RECEIVABLE/gl_account": 1200}))
    assert found == (f"distribution_codes.RECEIVABLE.gl_account: 1200 is not allowed; allowed: {NAME}",)


def test_the_error_says_which_policy_and_every_problem() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read("opco = 1", "policies/RW.toml")
    assert refused.value.origin == "policies/RW.toml"
    assert str(refused.value).startswith("policy policies/RW.toml is not usable:\n  opco: 1 is not allowed; ")
    assert len(refused.value.problems) == 16


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("opco = ", "file: not TOML: Invalid value (at end of document); allowed: TOML 1.0 in UTF-8"),
        ("a = 1\na = 2", "file: not TOML: Cannot overwrite a value"),
        (f"a = {'9' * 5000}", "file: not TOML: Exceeds the limit"),
        (f"a = {'[' * 5000}", "file: not TOML: "),
        ('a = "\ud800"', "file: not TOML: 'utf-8' codec can't encode"),
        ("#" * (MAX_TEXT + 1), "file: 1000001 characters; allowed: at most 1000000"),
    ],
)
def test_what_is_no_toml_is_refused(text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem)


def test_the_handlers_judge_kinds_and_parameters() -> None:
    seen: list[str] = []

    def check(event_type: EventType, policy: Policy) -> Iterator[str]:
        seen.append(event_type.code)
        assert policy.opco == "RW"
        if event_type.code == "DEMERIT":
            yield "parameters.months: missing; allowed: a whole number"

    assert problems(rwanda(), check) == (
        "event_types.DEMERIT.parameters.months: missing; allowed: a whole number",
    )
    assert sorted(seen) == sorted(rwanda()["event_types"])
