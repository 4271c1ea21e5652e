"""Commands that change something, each undone again: the installation is shared."""

from datetime import date

import pytest

from store.work import events
from tests.integration.operations.conftest import TODAY, Command, Installation
from tests.support import upstream


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


def test_a_write_off_is_undone_once(writeoff: Command, installation: Installation) -> None:
    world = installation.world
    world.publish(upstream.account("RW-UNDO"), upstream.request("WR-UNDO", "RW-UNDO"))
    world.run()
    [process] = world.select("SELECT process_id FROM processes WHERE account_id = 'RW-UNDO'")
    wanted = ("reverse", str(process["process_id"]), "--reason", "wrong account")

    clerk = writeoff(*wanted, "--role", "clerk")
    assert clerk.code != 0
    assert "not-authorised" in clerk.err
    undone = writeoff(*wanted)
    assert (undone.code, undone.err) == (0, "")
    assert undone.out == (
        "The write-off of account RW-UNDO is undone: RWF 10,500 is owed again, RWF 0 stays paid.\n"
    )
    again = writeoff(*wanted, "--id", "WV-ANOTHER")
    assert again.out == "The write-off of account RW-UNDO was undone before; nothing was changed now.\n"
    assert again.code == 0
    shown = writeoff("process", "show", str(process["process_id"]))
    assert "Reversed on 2026-11-03 by" in shown.out
    assert "wrong account" in shown.out
    assert writeoff("reverse", "RW-UNDO", "--reason", "x").code == 3


def test_a_tax_claim_is_recorded_for_what_may_be_claimed(
    writeoff: Command, installation: Installation
) -> None:
    world = installation.world
    bills = [
        upstream.transaction("FT-OLD", "2023-10-31", {"REVENUE": 100_000, "VAT-PAYABLE": 16_000}, opco="KE"),
        upstream.transaction("FT-NEW", "2026-06-01", {"REVENUE": 50_000, "VAT-PAYABLE": 8_000}, opco="KE"),
    ]
    agreement = upstream.agreement("SA-TAX", bills, balance="1740.00")
    world.publish(upstream.account("KE-TAX", opco="KE", agreements=[agreement]))
    world.run()
    world.publish(upstream.request("WR-TAX", "KE-TAX", opco="KE"))
    world.run_days(TODAY, 60, step=30)
    world.set_date(TODAY)

    def months() -> list[tuple[str, ...]]:
        view = writeoff("tax-claim", "list", "--opco", "KE", "--json").json
        return [
            (each["month"], each["later"], each["open"], each["claimed"])
            for each in view["months"]
            if each["month"] in {"2023-10", "2026-06"}
        ]

    assert months() == [("2023-10", "0.00", "160.00", "0.00"), ("2026-06", "80.00", "0.00", "0.00")]
    assert "160.00" in writeoff("tax-claim", "list").out
    refused = writeoff("tax-claim", "record", "KRA-1", "--opco", "KE", "--on", "2026-11-04")
    assert (refused.code, refused.out) == (1, "")
    assert "claim-not-made-yet" in refused.err
    record = ("tax-claim", "record", "KRA-1", "--opco", "KE", "--code", "VAT-PAYABLE")
    done = writeoff(*record, "--supplied-until", "2023-12-31", "--as", "accountant")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"Claim KRA-1: KES 160.00 of 1 account, on {TODAY}.\n"
    assert months()[0] == ("2023-10", "0.00", "0.00", "160.00")
    [claim] = world.select("SELECT reference, actor FROM tax_claims")
    assert claim == {"reference": "KRA-1", "actor": "/operations/accountant"}
    assert writeoff(*record).code == 3
    again = writeoff(*record, "--account", "KE-TAX")
    assert (again.code, "nothing-to-claim" in again.err) == (1, True)
    assert writeoff(*record, "--account", "KE-NONE").code == 3
    assert writeoff("tax-claim", "record", "KRA-1", "--opco", "XX").code == 3
