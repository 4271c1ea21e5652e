"""The agency with the least active referred debt gets the next referral, from the first one on (R11)."""

from collections import Counter

from tests.integration.flows.conftest import OpenWorld
from tests.support import upstream
from tests.support.world import World

ACCOUNTS = [f"RW-{number}" for number in range(1, 7)]


def agencies(world: World) -> Counter[str]:
    return Counter(row["agency"] for row in world.select("SELECT agency FROM referrals"))


def test_the_first_set_ever_is_spread_over_the_agencies(world: World) -> None:
    world.publish(*(upstream.account(each) for each in ACCOUNTS), upstream.request("WR-1", *ACCOUNTS))
    world.run()
    assert agencies(world) == {"KIGALI-RECOVERY": 3, "VOLCANO-CREDIT": 3}


def test_every_agency_of_the_policy_has_a_row_to_lock_before_it_has_debt(open_world: OpenWorld) -> None:
    world = open_world()
    rows = world.select("SELECT opco, agency, active_minor FROM agency_debt ORDER BY opco, agency")
    assert [(row["opco"], row["agency"]) for row in rows if row["opco"] == "RW"] == [
        ("RW", "KIGALI-RECOVERY"),
        ("RW", "VOLCANO-CREDIT"),
    ]
    assert {row["active_minor"] for row in rows} == {0}
