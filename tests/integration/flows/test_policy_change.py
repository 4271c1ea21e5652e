"""A process keeps the policy it began with; agencies and roles count at once (R8)."""

from datetime import date
from pathlib import Path

from tests.integration.flows.conftest import OpenWorld
from tests.support import policies, upstream
from tests.support.outcome import told
from tests.support.world import World

EXPENSE = ('class = "other"\ngl_account = "6150"', 'class = "other"\ngl_account = "6999"')
ONE_AGENCY = ('name = "Kigali Recovery"', 'name = "Kigali Recovery"\nactive = false')
_RESIDENTIAL = """\
    { sequence = 30, event_type = "DEMERIT", days = 0 },
    { sequence = 40, event_type = "CANCEL-REFERRAL", days = 60 },
    { sequence = 50, event_type = "WRITE-OFF", days = 60 },
"""
SHORTER = (_RESIDENTIAL, _RESIDENTIAL.replace("days = 60", "days = 7"))
CLEARING = 'recovery_clearing_code = "RECOVERY-CLEARING"'
ALLOWANCE = (
    CLEARING,
    f'{CLEARING}\nrecovery_credit = "allowance"\nrecovery_credit_code = "SMALL-BALANCE-EXPENSE"',
)
ADMIN_ONLY = ('personal = ["admin", "back_office_management"]', 'personal = ["admin"]')


def expense_accounts(world: World) -> dict[str, str]:
    found = world.select(
        "SELECT j.account_id, l.gl_account FROM journals j "
        "JOIN journal_lines l ON l.journal_id = j.journal_id "
        "WHERE l.distribution_code = 'WRITE-OFF-EXPENSE'"
    )
    return {row["account_id"]: row["gl_account"] for row in found}


def test_what_has_begun_goes_on_under_its_policy_while_agencies_and_new_processes_follow_the_new_one(
    open_world: OpenWorld, tmp_path: Path
) -> None:
    world = open_world(policy_dir=policies.folder(tmp_path / "old"))
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.take()
    world.nudges.queue.clear()

    changed = policies.folder(tmp_path / "new", EXPENSE, ONE_AGENCY, SHORTER, ADMIN_ONLY, ALLOWANCE)
    again = open_world(policy_dir=changed)
    again.publish(upstream.account("RW-2"), upstream.attempt("A-2", "RW-2", "product-not-found"))
    clerk = {"user_id": "u-1", "roles": ["back_office_management"]}
    again.publish(upstream.account("RW-3"), upstream.request("WR-3", "RW-3", requested_by=clerk))
    again.run()
    referrals = again.select("SELECT account_id, agency FROM referrals ORDER BY account_id")
    assert [tuple(row.values()) for row in referrals] == [
        ("RW-1", "VOLCANO-CREDIT"),
        ("RW-2", "VOLCANO-CREDIT"),
    ]
    answers = told(again.read(), "pulse.updates", "request-answered")
    assert [each["refusal"] for each in answers if each["request_id"] == "WR-3"] == ["not-authorised"]

    again.set_date(date(2026, 11, 10))
    again.run()
    assert expense_accounts(again) == {"RW-2": "6999"}
    again.set_date(date(2027, 1, 2))
    again.run()
    assert expense_accounts(again) == {"RW-1": "6150", "RW-2": "6999"}
    assert again.count("processes", "end_reason = 'completed'") == 2

    again.read()
    again.publish(*(upstream.payment(f"PAY-{number}", f"RW-{number}", 1_000) for number in (1, 2)))
    again.run()
    credited = {each["account_id"]: each["lines"][1]["gl_account"] for each in told(again.read(), "gl")}
    assert credited == {"RW-1": "6150", "RW-2": "6155"}


def test_a_process_that_began_before_a_restart_with_the_same_policy_has_one_version_of_it(
    open_world: OpenWorld,
) -> None:
    open_world()
    world = open_world()
    assert world.count("policies") == 3
    assert world.count("opcos") == 3
