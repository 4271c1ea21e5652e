"""The policies that ship: they are read, and say what the contract's examples and CC&B's day offsets need."""

from typing import get_args

import pytest

from handlers import event_types
from tests.unit.policy.documents import OPCOS, shipped_text
from writeoff import money
from writeoff.policy.model import Policy, TodoPurpose
from writeoff.policy.reading import read
from writeoff.policy.texts import fill


def shipped(opco: str) -> Policy:
    return read(shipped_text(opco), f"{opco}.toml", event_types.problems)


def steps(policy: Policy, template: str) -> list[tuple[int, str, int]]:
    return [
        (event.sequence, policy.event_types[event.event_type].kind, event.days)
        for event in policy.templates[template].events
    ]


@pytest.mark.parametrize(
    ("opco", "currency", "time_zone"),
    [
        ("RW", "RWF", "Africa/Kigali"),
        ("KE", "KES", "Africa/Nairobi"),
        ("TG", "XOF", "Africa/Lome"),
    ],
)
def test_a_shipped_policy_is_its_countrys(opco: str, currency: str, time_zone: str) -> None:
    policy = shipped(opco)
    assert (policy.opco, policy.currency, policy.time_zone) == (opco, currency, time_zone)
    assert policy.todo_for.keys() == set(get_args(TodoPurpose))


@pytest.mark.parametrize("opco", OPCOS)
def test_a_shipped_policy_uses_all_eight_kinds(opco: str) -> None:
    policy = shipped(opco)
    used = {kind for template in policy.templates for _, kind, _ in steps(policy, template)}
    assert used == {
        "affect-credit-rating",
        "cancel-agency-referral",
        "refer-to-agency",
        "send-letter",
        "send-to-do",
        "write-off-distribution-code",
        "write-off-sa-type",
        "generic",
    }


@pytest.mark.parametrize("opco", OPCOS)
def test_a_failed_repossession_takes_sixty_days_and_a_request_one(opco: str) -> None:
    policy = shipped(opco)
    residential = [
        (10, "refer-to-agency", 0),
        (20, "send-letter", 0),
        (30, "affect-credit-rating", 0),
        (40, "cancel-agency-referral", 60),
        (50, "write-off-distribution-code", 60),
    ]
    assert steps(policy, "residential") == residential
    assert steps(policy, "commercial") == [
        *residential[:3],
        (40, "send-to-do", 30),
        (50, "cancel-agency-referral", 60),
        (60, "write-off-distribution-code", 60),
    ]
    assert steps(policy, "agency-first") == [
        (10, "refer-to-agency", 0),
        (20, "send-letter", 0),
        (30, "generic", 30),
        (40, "cancel-agency-referral", 60),
        (50, "write-off-distribution-code", 60),
    ]
    assert steps(policy, "opt-out") == [
        (10, "write-off-sa-type", 0),
        (20, "send-letter", 0),
        (30, "send-to-do", 0),
    ]


def test_an_event_comes_after_all_earlier_ones_unless_the_template_says_otherwise() -> None:
    events = shipped("RW").templates["immediate"].events
    assert [event.after for event in events] == [(), (10,), (10, 20), (10, 20, 30), (10, 20, 30, 40)]


def test_rwanda_executes_a_request_at_once_as_the_contract_shows() -> None:
    policy = shipped("RW")
    assert [
        (event.sequence, event.event_type, policy.event_types[event.event_type].kind)
        for event in policy.templates["immediate"].events
    ] == [
        (10, "REFER-TO-AGENCY", "refer-to-agency"),
        (20, "DEMERIT", "affect-credit-rating"),
        (30, "WRITE-OFF", "write-off-distribution-code"),
        (40, "LETTER", "send-letter"),
        (50, "TO-DO", "send-to-do"),
    ]
    assert policy.event_types["DEMERIT"].parameters == {
        "credit_rating_points": -100,
        "cash_only_points": 50,
        "months": 24,
    }
    assert policy.template_rules[-1].template == "immediate"


def test_rwanda_posts_to_the_accounts_of_the_contract() -> None:
    policy = shipped("RW")
    codes = policy.distribution_codes
    assert {code: codes[code].gl_account for code in codes} == {
        "RECEIVABLE": "1200",
        "REVENUE": "4000",
        "VAT-PAYABLE": "2210",
        "CITY-TAX-PAYABLE": "2220",
        "WRITE-OFF-EXPENSE": "6150",
        "SMALL-BALANCE-EXPENSE": "6155",
        "CONTRACT-TERMINATION-LOSS": "6160",
        "REPOSSESSED-INVENTORY": "1450",
        "RECOVERY-CLEARING": "1090",
    }
    assert codes["REVENUE"].write_off_sa_type == "write-off-expense"
    assert policy.write_off_sa_types["write-off-expense"].distribution_code == "WRITE-OFF-EXPENSE"
    for tax in ("VAT-PAYABLE", "CITY-TAX-PAYABLE"):
        assert (codes[tax].write_off_sa_type, codes[tax].tax_treatment) == (
            "write-off-liability",
            "reverse-now",
        )
    assert policy.sa_types["solar-home-system"].eligible


def test_kigali_recovery_wins_a_tie_among_the_agencies() -> None:
    active = [code for code, agency in shipped("RW").agencies.items() if agency.active]
    assert len(active) > 1
    assert min(active) == "KIGALI-RECOVERY"


def test_rwandas_letter_and_to_do_read_as_in_the_contract() -> None:
    policy = shipped("RW")
    notice = policy.contact_types[policy.event_types["LETTER"].parameters["contact_type"]]
    assert (notice.contact_class, notice.code, notice.letter_template) == (
        "WRITE-OFF",
        "WRITE-OFF-NOTICE",
        "write-off-notice",
    )
    todo = policy.todo_types[policy.event_types["TO-DO"].parameters["todo_type"]]
    assert (todo.code, todo.role, todo.priority) == ("WRITE-OFF-REVIEW", "portfolio-manager", 30)
    values = {
        "account_id": "RW-100234",
        "amount": money.display(10500, "RWF"),
        "written_off": "written off by distribution code",
        "referral": "the referral to KIGALI-RECOVERY stays active",
    }
    assert fill(todo.subject, values) == "Account RW-100234 written off"
    assert fill(todo.message, values) == (
        "RWF 10,500 written off by distribution code; the referral to KIGALI-RECOVERY stays active."
    )


def test_kenyan_vat_waits_for_its_claim_and_some_togolese_tax_is_an_expense() -> None:
    vat = shipped("KE").distribution_codes["VAT-PAYABLE"]
    assert (vat.tax_treatment, vat.relief_gl_account) == ("pending-claim", "130800")
    assert (vat.relief_claimable_after_years, vat.relief_claimable_for_years) == (3, 10)
    assert shipped("TG").distribution_codes["VAT-PAYABLE"].tax_treatment == "expense"
