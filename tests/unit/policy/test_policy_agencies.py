"""Which agency a debt goes to, and who acknowledges, is checked at start: each mistake by its path."""

from datetime import date
from typing import Any

import pytest

from handlers.event_types import problems as event_type_problems
from tests.unit.policy.documents import case, problems, rwanda, toml
from writeoff.policy.model import Acknowledgement
from writeoff.policy.reading import dump, load, read

AT = "event_types.REFER-TO-AGENCY.parameters"
KNOWN = "allowed: KIGALI-RECOVERY, VOLCANO-CREDIT"
WEIGHT = "allowed: a whole number from 1 to 1000"
BOTH = {"KIGALI-RECOVERY": 3, "VOLCANO-CREDIT": 1}


def refers(**parameters: Any) -> dict[str, Any]:
    return {"event_types/REFER-TO-AGENCY/parameters": parameters}


MISTAKES = [
    case(
        refers(selection="most-debt"),
        f"{AT}.selection: Invalid enum value 'most-debt'",
    ),
    case(
        refers(selection="weights"),
        f'{AT}.weights: missing; selection = "weights" needs it',
    ),
    case(
        refers(weights=BOTH),
        f'{AT}.weights: not allowed; allowed: with selection = "weights" alone',
    ),
    case(
        refers(selection="weights", weights=BOTH, bands=[]),
        f'{AT}.bands: not allowed; allowed: with selection = "bands" alone',
    ),
    case(
        refers(selection="weights", weights={}),
        f"{AT}.weights: empty; allowed: one agency or more, each with its weight",
    ),
    case(
        refers(selection="weights", weights={"KIGALI": 0, "VOLCANO-CREDIT": True}),
        f'{AT}.weights.KIGALI: "KIGALI" is not in agencies; {KNOWN}',
        f"{AT}.weights.KIGALI: 0 is not allowed; {WEIGHT}",
        f"{AT}.weights.VOLCANO-CREDIT: true is not allowed; {WEIGHT}",
    ),
    case(
        refers(selection="bands", bands=[]),
        f"{AT}.bands: empty; allowed: one band or more, the last without amount_below",
    ),
    case(
        refers(selection="bands", bands=[{"agencies": BOTH}, {"agencies": {"VOLCANO-CREDIT": 1001}}]),
        f"{AT}.bands[0].amount_below: missing; allowed: an amount, since only the last band has none",
        f"{AT}.bands[1].agencies.VOLCANO-CREDIT: 1001 is not allowed; {WEIGHT}",
    ),
    case(
        refers(
            selection="bands",
            bands=[
                {"amount_below": "0", "agencies": BOTH},
                {"amount_below": "500", "agencies": BOTH},
                {"amount_below": "500", "agencies": BOTH},
                {"amount_below": "12.5", "agencies": BOTH},
                {"amount_below": "900", "agencies": BOTH},
            ],
        ),
        f'{AT}.bands[0].amount_below: "0" is not allowed; allowed: more than "0"',
        f'{AT}.bands[2].amount_below: "500" is not allowed; allowed: more than "500"',
        f'{AT}.bands[3].amount_below: "12.5" is not allowed: RWF has 0 decimal digits, not 1',
        f"{AT}.bands[4].amount_below: not allowed in the last band, or larger debts would find no agency; "
        "allowed: leave it out",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), MISTAKES)
def test_a_rule_that_cannot_choose_is_refused(changes: dict[str, Any], expected: list[str]) -> None:
    assert list(problems(rwanda(changes), event_type_problems)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        refers(),
        refers(selection="weights", weights=BOTH),
        refers(selection="bands", bands=[{"agencies": BOTH}]),
        refers(
            selection="bands",
            bands=[{"amount_below": "500", "agencies": BOTH}, {"agencies": {"VOLCANO-CREDIT": 1}}],
        ),
    ],
)
def test_a_rule_that_finds_every_debt_an_agency_is_read(changes: dict[str, Any]) -> None:
    assert problems(rwanda(changes), event_type_problems) == ()


EXPECTED = [
    case(
        {"acknowledgements": {"pulse": {"within_hours": 1}}},
        'acknowledgements.pulse: the key "pulse" is not allowed; allowed: letter, to-do, gl',
    ),
    case(
        {"acknowledgements": {"gl": {}}},
        "acknowledgements.gl.within_hours: missing; allowed: a whole number of hours from 1 to 8760",
    ),
    case(
        {"acknowledgements": {"gl": {"within_hours": 24, "since": "2026-12-01T00:00"}}},
        'acknowledgements.gl.since: "2026-12-01T00:00" is not allowed; allowed: a date such as 2026-12-01, '
        "without quotes",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), EXPECTED)
def test_what_is_expected_of_no_consumer_or_by_no_time_is_refused(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert list(problems(rwanda(changes))) == expected


def test_who_acknowledges_by_when_is_read_and_stored() -> None:
    expected = {"gl": {"within_hours": 24, "since": date(2026, 12, 1)}, "letter": {"within_hours": 72}}
    policy = read(toml(rwanda({"acknowledgements": expected})), "test")
    assert dict(policy.acknowledgements) == {
        "gl": Acknowledgement(consumer="gl", within_hours=24, since=date(2026, 12, 1)),
        "letter": Acknowledgement(consumer="letter", within_hours=72),
    }
    assert load(dump(policy)) == policy


def test_nobody_is_expected_to_acknowledge_by_default() -> None:
    assert not read(toml(rwanda()), "test").acknowledgements
