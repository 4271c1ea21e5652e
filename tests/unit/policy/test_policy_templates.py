"""Templates are in order, some rule always matches, an opt-out finds no demerit and no agency (R8, R9)."""

from typing import Any

import pytest

from tests.unit.policy.documents import case, problems, rwanda

EVENT_TYPES = (
    "CANCEL-REFERRAL, COMMERCIAL-TO-DO, DEBT-CHECK, DEMERIT, LETTER, OPT-OUT-LETTER, OPT-OUT-WRITE-OFF, "
    "REFER-TO-AGENCY, TO-DO, WRITE-OFF"
)
DEMERIT = {"sequence": 60, "event_type": "DEMERIT", "days": 0}

TEMPLATES = [
    case(
        {"templates/residential/events/2/event_type": "DEMERITS"},
        'templates.residential.events[2].event_type: "DEMERITS" is not in event_types; allowed: '
        f"{EVENT_TYPES}",
    ),
    case(
        {"templates/immediate/events": []},
        "templates.immediate.events: empty; allowed: one event or more",
    ),
    case(
        {"templates/residential/events/2/sequence": 20},
        "templates.residential.events[2].sequence: 20 is not above 20; allowed: ascending, each once",
    ),
    case(
        {"templates/residential/events/2/sequence": 15},
        "templates.residential.events[2].sequence: 15 is not above 20; allowed: ascending, each once",
    ),
    case(
        {"templates/residential/events/2/after": [10, 30]},
        "templates.residential.events[2].after[1]: 30 is no earlier sequence; allowed: 10, 20",
    ),
    case(
        {"templates/residential/events/0/after": [10]},
        "templates.residential.events[0].after[0]: 10 is no earlier sequence; allowed: none, this"
        " is the first event",
    ),
    case(
        {"templates/residential/events/2/after": [10, 10]},
        "templates.residential.events[2].after: a sequence stands here twice; allowed: each once",
    ),
    case(
        {"templates/residential/events/3/recall_wait_hours": 24},
        "templates.residential.events[3].recall_wait_hours: not allowed for kind cancel-agency-referral; "
        "allowed: kinds write-off-distribution-code and write-off-sa-type alone",
    ),
    case(
        {"templates/immediate/events/2/recall_wait_hours": 24},
        "templates.immediate.events[2].recall_wait_hours: not allowed, since nothing is recalled before; "
        "allowed: after an event of kind cancel-agency-referral",
    ),
    case(
        {
            "templates/residential/events/4/recall_wait_hours": 24,
            "templates/residential/events/4/after": [30],
            "templates/residential/events/2/after": [10],
        },
        "templates.residential.events[4].recall_wait_hours: not allowed, since nothing is recalled before; "
        "allowed: after an event of kind cancel-agency-referral",
    ),
    case(
        {"templates/residential/events/4/recall_wait_hours": 0},
        "templates.residential.events[4].recall_wait_hours: 0 is not allowed; allowed: a whole number of "
        "hours from 1 to 8760",
    ),
    case(
        {"template_rules": []},
        "template_rules: empty; allowed: rules of which the last is unconditional",
    ),
    case(
        {"template_rules/1/template": "agency"},
        'template_rules[1].template: "agency" is not in templates; allowed: agency-first, '
        "commercial, immediate, opt-out, residential",
    ),
    case(
        {"template_rules/2/priority": 20},
        "template_rules[2].priority: 20 is that of template_rules[1]; allowed: each once",
    ),
    case(
        {"template_rules/4/kind": "bulk", "template_rules/4/origin": "request"},
        "template_rules[4]: the last rule (highest priority number) has conditions: origin, kind;"
        " allowed: none, so that every request finds a template",
    ),
    case(
        {"template_rules/3/amount_from": "9000", "template_rules/3/amount_below": "9000"},
        'template_rules[3].amount_below: not above amount_from; allowed: more than "9000"',
    ),
    case(
        {"template_rules/3/days_in_default_from": 90, "template_rules/3/days_in_default_below": 60},
        "template_rules[3].days_in_default_below: not above days_in_default_from; allowed: more than 90",
    ),
    case(
        {"templates/opt-out/events/2": DEMERIT},
        "templates.opt-out.events[2].event_type: kind affect-credit-rating is not allowed in a "
        "template that an opt_out reaches (by template_rules[0]); allowed: another kind, or an "
        "earlier rule that sends opt_out elsewhere",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), TEMPLATES)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(problems(rwanda(changes))) == sorted(expected)


@pytest.mark.parametrize(
    ("first", "second", "reached"),
    [
        # Without a rule of its own, an opt-out falls through to the last.
        ({"disposition": "repossession"}, {}, True),
        ({"disposition": "opt_out"}, {}, False),
        ({"disposition": "opt_out", "kind": "personal"}, {}, True),
        ({"disposition": "opt_out", "kind": "personal"}, {"kind": "personal"}, False),
        ({"kind": "personal"}, {"kind": "bulk"}, True),
        ({"disposition": "opt_out"}, {"disposition": "opt_out", "reason": "moved"}, False),
        ({"disposition": "opt_out", "reason": "moved"}, {"reason": "unhappy"}, True),
        ({"disposition": "opt_out", "amount_from": "100"}, {"amount_from": "200"}, False),
        ({"disposition": "opt_out", "amount_from": "100"}, {"amount_below": "200"}, True),
        ({"disposition": "opt_out", "amount_from": "9"}, {"amount_from": "10", "amount_below": "20"}, False),
        ({"days_in_default_below": 90}, {"days_in_default_below": 60}, False),
        ({"days_in_default_below": 60}, {"days_in_default_below": 90}, True),
        # An opt-out is never the outcome of a failed repossession.
        ({"disposition": "write_off"}, {"origin": "repossession-failed"}, False),
        ({"disposition": "opt_out", "origin": "request"}, {}, False),
    ],
)
def test_an_opt_out_must_not_reach_a_demerit_or_a_referral(
    first: dict[str, Any], second: dict[str, Any], *, reached: bool
) -> None:
    """`second` leads to a template with a demerit; `first` and the last rule lead to the harmless one."""
    changes = {
        "templates/bad": {"events": [DEMERIT]},
        "template_rules": [
            {"priority": 5, "template": "opt-out", **first},
            {"priority": 10, "template": "bad", **second},
            {"priority": 20, "template": "opt-out"},
        ],
    }
    refused = any(problem.startswith("templates.bad.events[0]") for problem in problems(rwanda(changes)))
    assert refused is reached


def test_the_order_of_the_rules_in_the_file_does_not_matter_to_reachability() -> None:
    turned = list(reversed(rwanda()["template_rules"]))
    assert problems(rwanda({"template_rules": turned})) == ()
