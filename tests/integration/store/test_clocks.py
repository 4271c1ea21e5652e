"""Timers by day and by moment, leases by the database clock, business dates, suspects."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from store import opcos
from store.engine import leases
from store.engine.database import Database
from store.tables import opcos as opco_table
from store.tables import timers as timer_table
from store.traffic import suspects
from store.work import timers
from tests.integration.store.concurrency import at_once
from tests.integration.store.rows import TODAY, put, uuid
from workers.bootstrap import policies

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ONE, TWO = uuid("one"), uuid("two")


def timer(database: Database, subject: str, **values: Any) -> None:
    with database.begin() as tx:
        put(tx, timer_table, subject=subject, account_id=subject, kind="hold-end", **values)


def due(database: Database, limit: int = 100, **today: date) -> list[str]:
    with database.read() as tx:
        return [each.subject for each in timers.due(tx, today, limit)]


def test_timers_are_due_by_day_or_by_moment(database: Database) -> None:
    with database.read() as tx:
        now = tx.now
    timer(database, "a yesterday", due_on=TODAY - DAY)
    timer(database, "b today", due_on=TODAY)
    timer(database, "c tomorrow", due_on=TODAY + DAY)
    timer(database, "d past", due_on=None, due_at=now - HOUR)
    timer(database, "e future", due_on=None, due_at=now + HOUR)
    assert due(database, RW=TODAY) == ["a yesterday", "b today", "d past"]
    assert due(database, RW=TODAY, limit=2) == ["a yesterday", "b today"]


def test_a_timer_of_a_day_is_due_by_its_own_opco_and_one_of_a_moment_by_none(database: Database) -> None:
    timer(database, "kenya", opco="KE")
    timer(database, "moment", opco="TG", due_on=None, due_at=database_now(database) - HOUR)
    assert due(database, RW=TODAY) == ["moment"]
    assert due(database) == ["moment"]
    assert due(database, KE=TODAY) == ["kenya", "moment"]


def test_a_timer_that_was_set_anew_or_cleared_is_no_longer_due(database: Database) -> None:
    for name in ("cleared", "later", "still", "soon"):
        timer(database, name)
    timer(database, "moment", due_on=None, due_at=database_now(database) - HOUR)
    with database.read() as tx:
        found = timers.due(tx, {"RW": TODAY}, 100)
    with database.begin() as tx:
        tx.delete(timer_table, ("subject",), [("cleared",)])
        tx.update(timer_table, ("subject",), ("due_on",), [("later", TODAY + DAY), ("soon", TODAY - DAY)])
        still = timers.still_due(tx, found, {"RW": TODAY})
        assert sorted(each.subject for each in still) == ["moment", "soon", "still"]
        assert timers.still_due(tx, [], {"RW": TODAY}) == []


def test_a_lease_has_one_holder(database: Database) -> None:
    def take(token: str, seconds: float = 60) -> bool:
        with database.begin() as tx:
            return leases.take(tx, "scheduler", token, f"holder {token}", seconds)

    assert take(ONE)
    assert take(ONE)
    assert not take(TWO)
    assert take(ONE, seconds=-1)
    assert take(TWO)
    assert not take(ONE)
    with database.begin() as tx:
        leases.give_up(tx, "scheduler", ONE)
    assert not take(ONE)
    with database.begin() as tx:
        leases.give_up(tx, "scheduler", TWO)
    assert take(ONE)


def test_one_of_many_gets_a_lease(database: Database) -> None:
    def take(token: str) -> bool:
        with database.begin() as tx:
            return leases.take(tx, "scheduler", token, "holder", 60)

    assert sorted(at_once(lambda: take(ONE), lambda: take(TWO), lambda: take(uuid("three")))) == [
        False,
        False,
        True,
    ]


def test_policies_are_stored_once_and_the_last_is_the_current_one(database: Database) -> None:
    shipped = policies(None)
    for _ in range(2):
        with database.begin() as tx:
            opcos.install_policies(tx, shipped)
    with database.read() as tx:
        now = opcos.now(tx)
        assert {name: each.policy_digest for name, each in now.items()} == {
            policy.opco: policy.digest for policy in shipped
        }
        for policy in shipped:
            assert opcos.policy_by_digest(tx, policy.digest) == policy


def test_instances_that_start_at_once_install_the_same_policies(database: Database) -> None:
    def install() -> int:
        with database.begin() as tx:
            opcos.install_policies(tx, policies(None))
        return 1

    assert at_once(install, install, install) == [1, 1, 1]


def test_the_business_date_is_today_in_the_opcos_zone_unless_it_is_set(database: Database) -> None:
    with database.begin() as tx:
        opcos.install_policies(tx, policies(None))
    with database.read() as tx:
        rwanda = opcos.now(tx)["RW"]
        assert rwanda.today == tx.now.astimezone(ZoneInfo(rwanda.time_zone)).date()
        assert not rwanda.business_date_set
    with database.begin() as tx:
        assert opcos.set_business_date(tx, "RW", TODAY) == 1
        assert opcos.set_business_date(tx, "XX", TODAY) == 0
        now = opcos.now(tx)
        assert (now["RW"].today, now["RW"].business_date_set, now["KE"].business_date_set) == (
            TODAY,
            True,
            False,
        )
        assert opcos.set_business_date(tx, None, TODAY + DAY) == len(now)
        assert {each.today for each in opcos.now(tx).values()} == {TODAY + DAY}
    with database.begin() as tx:
        opcos.set_business_date(tx, None, None)
        assert not any(each.business_date_set for each in opcos.now(tx).values())


def test_a_business_date_survives_new_policies(database: Database) -> None:
    with database.begin() as tx:
        opcos.install_policies(tx, policies(None))
        opcos.set_business_date(tx, "RW", TODAY)
    with database.begin() as tx:
        opcos.install_policies(tx, policies(None))
        days = dict(tx.execute(select(opco_table.c.opco, opco_table.c.business_date)).all())
    assert (days["RW"], days["KE"]) == (TODAY, None)


def test_suspects_are_counted_until_they_come_through(database: Database) -> None:
    one, two = ("writeoff.payments", "a" * 64), ("writeoff.commands", "a" * 64)
    for keys in ([one], [one, two], [one]):
        with database.begin() as tx:
            suspects.mark(tx, keys)
    with database.begin() as tx:
        assert suspects.tries(tx, [one, two, ("q", "b")]) == {one: 3, two: 1}
        suspects.clear(tx, [one])
        assert suspects.tries(tx, [one, two]) == {two: 1}
        suspects.clear(tx, [])
        suspects.mark(tx, [])
        assert suspects.tries(tx, []) == {}


def database_now(database: Database) -> Any:
    with database.read() as tx:
        return tx.now
