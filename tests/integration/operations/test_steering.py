"""Commands that change something, each undone again: the installation is shared."""

from datetime import date

import pytest

from store import events
from tests.integration.operations.conftest import TODAY, Command, Installation


def test_a_kind_is_paused_with_a_reason_and_resumed(writeoff: Command, installation: Installation) -> None:
    paused = writeoff("kind", "pause", "send-letter", "--reason", "wrong template")
    assert (paused.code, paused.out, paused.err) == (0, "send-letter is paused.\n", "")
    with installation.world.database.read() as tx:
        assert events.paused(tx) == {"send-letter"}
    [told] = writeoff("queue", "list", "--json").json["backlog"]["paused"]
    assert (told["kind"], told["reason"]) == ("send-letter", "wrong template")
    assert told["actor"].startswith("/operations/")
    assert "wrong template" in writeoff("queue", "list").out
    assert writeoff("kind", "resume", "send-letter").code == 0
    again = writeoff("kind", "resume", "send-letter")
    assert (again.code, again.err) == (3, "writeoff: send-letter is not paused.\n")
    assert writeoff("queue", "list", "--json").json["backlog"]["paused"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("kind", "pause", "send-pigeon", "--reason", "x"), "send-letter"),
        (("kind", "resume", "send-pigeon"), "send-letter"),
        (("kind", "pause", "send-letter", "--reason", " "), "--reason"),
        (("kind", "pause", "send-letter"), "--reason"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(
    writeoff: Command, arguments: tuple[str, ...], says: str
) -> None:
    result = writeoff(*arguments)
    assert (result.code, result.out) == (2, "")
    assert says in result.err


def test_the_business_date_is_moved_only_where_that_is_allowed(
    writeoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (("set", "2026-12-24"), ("clear",)):
        refused = writeoff("business-date", *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert "WRITEOFF_BUSINESS_DATE_ALLOWED" in refused.err
    assert days(writeoff) == {"KE": (TODAY, True), "RW": (TODAY, True), "TG": (TODAY, True)}
    monkeypatch.setenv("WRITEOFF_BUSINESS_DATE_ALLOWED", "true")
    moved = writeoff("business-date", "set", "2026-12-24", "--opco", "RW")
    assert (moved.code, moved.out) == (0, "The business date is 2026-12-24, for RW.\n")
    assert days(writeoff)["RW"] == (date(2026, 12, 24), True)
    assert days(writeoff)["KE"] == (TODAY, True)
    assert writeoff("business-date", "clear").out == "The business date is today's, for 3 opcos.\n"
    assert not any(is_set for _, is_set in days(writeoff).values())
    assert writeoff("business-date", "set", "2026-12-24", "--opco", "XX").code == 3
    assert writeoff("business-date", "set", "24.12.2026").code == 2
    assert writeoff("business-date", "set", str(TODAY)).code == 0


def days(writeoff: Command) -> dict[str, tuple[date, bool]]:
    told = writeoff("business-date", "show", "--json").json["opcos"]
    return {each["opco"]: (date.fromisoformat(each["business_date"]), each["set"]) for each in told}
