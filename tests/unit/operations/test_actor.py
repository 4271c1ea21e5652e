"""Who orders: by name, by setting, or as the system says; and in which roles (R1)."""

import pytest

from operations.actor import operator
from operations.failures import Unusable
from workers.settings import Settings


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def test_a_name_goes_before_the_setting_and_that_before_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.actor._system_user", lambda: "root")
    assert operator(settings()).user == "root"
    assert operator(settings(user="grace")).user == "grace"
    who = operator(settings(user="grace"), "rose")
    assert (who.user, who.system_user) == ("rose", "root")


def test_roles_are_named_or_set_each_once() -> None:
    assert operator(settings()).roles == ("admin",)
    assert operator(settings(roles="admin, back_office_management,")).roles == (
        "admin",
        "back_office_management",
    )
    assert operator(settings(), roles=["guest", "guest"]).roles == ("guest",)


def test_a_blank_name_is_refused() -> None:
    with pytest.raises(Unusable, match="--as or WRITEOFF_USER"):
        operator(settings(), "  ")
