"""Plans and bulk requests by command line: looked at, made, followed, stopped (R3, R4)."""

import csv
import io
import itertools
import json
from pathlib import Path

import pytest

from tests.integration.operations.conftest import NAMES, Command, Installation
from tests.support import upstream
from tests.support.outcome import told
from tests.support.world import World

_numbers = itertools.count(1)


@pytest.fixture
def listed(installation: Installation, tmp_path: Path) -> tuple[Path, list[str]]:
    """Accounts of their own, in a list: three that owe, one that has paid, one unknown, one named twice."""
    number = next(_numbers)
    names = [f"RW-B{number}-{name}" for name in ("OLD", "NEW", "MIDDLE", "PAID")]
    days = ("2026-01-01", "2026-10-20", "2026-06-14", "2026-06-14")
    world = installation.world
    world.publish(
        *(
            upstream.account(name, defaulted_on=day, owed=0 if name.endswith("PAID") else 10_500)
            for name, day in zip(names, days, strict=True)
        )
    )
    world.run()
    path = tmp_path / "november.csv"
    rows = [*names, f"RW-B{number}-NONE", names[0]]
    path.write_text("region;account_id\n" + "".join(f"north;{each}\n" for each in rows), "utf-8")
    return path, names


def finish(world: World) -> None:
    world.run()
    world.age(31)
    world.run()


def test_a_plan_says_everything_and_changes_nothing(
    writeoff: Command, installation: Installation, listed: tuple[Path, list[str]]
) -> None:
    path, (_, new, middle, _) = listed
    before = installation.world.count("processes")
    made = writeoff("plan", str(path), "--opco", "RW", "--json")
    assert made.code == 0, made.err
    plan = made.json
    assert installation.world.count("processes") == before
    assert plan["plan"]["opco"] == "RW"
    assert [(each["account_id"], each["refusal"]) for each in plan["accounts"][:2]] == [
        (new, None),
        (middle, None),
    ]
    assert {each["refusal"] for each in plan["accounts"]} == {
        None,
        "no-debt",
        "account-not-found",
        "duplicate-in-request",
    }
    [write_off] = [each for each in plan["accounts"][0]["events"] if each["lines"]]
    assert [
        (each["side"], each["gl_account"], each["distribution_code"], each["amount"])
        for each in write_off["lines"]
    ] == [
        ("debit", "6150", "WRITE-OFF-EXPENSE", "9450"),
        ("debit", "2210", "VAT-PAYABLE", "1050"),
        ("credit", "1200", "RECEIVABLE", "10500"),
    ]
    assert write_off["lines"][0]["sources"][0]["ft_id"] == f"FT-{new}-1"
    totals = {each["gl_account"]: (each["debit"], each["credit"]) for each in plan["totals"]["gl_accounts"]}
    assert totals == {"1200": ("0", "31500"), "2210": ("3150", "0"), "6150": ("28350", "0")}
    assert plan["totals"]["amounts"] == {"RWF": "31500"}
    assert (plan["totals"]["letters"], len(plan["plan_digest"])) == (3, 64)
    assert (plan["plan"]["refusal"], plan["approval_roles"]) == (None, None)
    unasked = writeoff("plan", str(path), "--opco", "RW", "--json", "--role", "field_agent").json
    assert unasked["plan"]["refusal"] == "not-authorised"
    assert not any(name in made.out for name in NAMES)


def test_a_plan_for_people_and_for_spreadsheets_says_the_same(
    writeoff: Command, listed: tuple[Path, list[str]]
) -> None:
    path, (_, new, *_) = listed
    digest = writeoff("plan", str(path), "--opco", "RW", "--json").json["plan_digest"]
    drawn = writeoff("plan", str(path), "--opco", "RW", "--limit", "1").out
    assert f"plan digest {digest}" in drawn
    assert f"{new}  14 days  immediate  RWF 10,500" in drawn
    assert "debit 6150 WRITE-OFF-EXPENSE 9,450" in drawn
    assert max(len(line) for line in drawn.splitlines() if "digest" not in line) <= 100
    sheet = writeoff("plan", str(path), "--opco", "RW", "--csv")
    assert sheet.err == f"plan digest {digest}\n"
    rows = list(csv.DictReader(io.StringIO(sheet.out)))
    kinds = {row["row"] for row in rows if row["account_id"] == new}
    assert kinds == {"account", "event", "line", "recipient", "referral", "to-do"}
    credited = sum(int(row["amount"]) for row in rows if row["row"] == "line" and row["side"] == "credit")
    assert credited == 31_500


def test_what_is_no_request_is_said_in_a_sentence(
    writeoff: Command, listed: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, _ = listed
    assert writeoff("plan", str(path)).err.startswith("writeoff: --opco is missing")
    assert writeoff("plan", "nothing.csv", "--opco", "RW").code == 3
    torn = tmp_path / "torn.json"
    torn.write_text('{"specversion": "1.0", "id": 1}')
    assert (writeoff("plan", str(torn)).code, "torn.json: " in writeoff("plan", str(torn)).err) == (2, True)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(upstream.payment("PAY-9", "RW-1", 5)))
    assert "a plan is made of pulse.write-off-requested.v1" in writeoff("plan", str(other)).err
    empty = tmp_path / "empty.csv"
    empty.write_text("account_id\n")
    assert "names no account" in writeoff("plan", str(empty), "--opco", "RW").err
    assert writeoff("plan", str(path), "--opco", "RW", "--disposition", "gone").code == 2
    assert writeoff("plan", str(path), "--opco", "RW", "--kind", "personal").code == 2


def test_a_preview_lists_the_accounts_by_days_since_default(
    writeoff: Command, listed: tuple[Path, list[str]]
) -> None:
    path, (old, new, middle, paid) = listed
    found = writeoff("bulk", "preview", str(path), "--opco", "RW", "--json").json
    assert [each["account_id"] for each in found["accounts"] if each["eligible"]] == [new, middle, old]
    first = found["accounts"][0]
    assert (first["customer"], first["fulfilment_centre"]) == ("Uwimana Claudine", "Musanze")
    assert (first["days_since_default"], first["amount"], first["owed"]) == (14, "10500", "10500")
    by_account = {each["account_id"]: each for each in found["accounts"]}
    assert (by_account[paid]["refusal"], by_account[paid]["owed"]) == ("no-debt", "0")
    assert (found["count"], found["eligible"]) == (6, 3)
    drawn = writeoff("bulk", "preview", str(path), "--opco", "RW").out
    assert "3 of 6 accounts are eligible; the amounts are in RWF." in drawn
    rows = list(
        csv.DictReader(io.StringIO(writeoff("bulk", "preview", str(path), "--opco", "RW", "--csv").out))
    )
    assert [row["account_id"] for row in rows if row["eligible"] == "yes"] == [new, middle, old]


def test_a_planned_list_is_submitted_followed_and_written_to_a_file(
    writeoff: Command, installation: Installation, listed: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, (old, new, middle, paid) = listed
    world = installation.world
    digest = writeoff("bulk", "preview", str(path), "--opco", "RW", "--json").json["plan_digest"]
    request = f"WR-{path.parent.name}"
    ordered = ("bulk", "submit", str(path), "--opco", "RW", "--request-id", request, "--plan", digest)
    made = writeoff(*ordered, "--as", "grace", "--comments", "November")
    assert (made.code, made.out) == (0, f"Request {request} is taken: 6 accounts of RW.\n"), made.err
    at_first = writeoff("bulk", "show", request, "--json").json
    assert (at_first["pending"], at_first["refused"], at_first["comparing"]) == (5, 1, True)
    world.read()
    finish(world)
    [*_, answer] = told(world.read(), "pulse.updates", "request-answered")
    assert (answer["request_id"], answer["plan_digest"], answer["accepted"]) == (request, digest, 3)

    shown = writeoff("bulk", "show", request, "--result", str(tmp_path / "result.csv"), "--json").json
    assert (shown["accounts"], shown["accepted"], shown["refused"]) == (6, 3, 3)
    assert (shown["running"], shown["failed"], shown["complete"]) == (0, 0, 3)
    assert (shown["ends"], shown["bulk"], shown["requested_by"]) == ({"completed": 3}, True, "grace")
    rows = list(csv.DictReader((tmp_path / "result.csv").open()))
    assert [row["account_id"] for row in rows[:4]] == [old, new, middle, paid]
    assert [(row["state"], row["course"], row["amount"]) for row in rows[:2]] == [
        ("accepted", "complete", "10500")
    ] * 2
    assert [row["refusal"] for row in rows[3:]] == ["no-debt", "account-not-found", "duplicate-in-request"]
    assert (
        writeoff("bulk", "show", request, "--result", "-")
        .out.splitlines()[0]
        .startswith("ordinal,account_id")
    )

    drawn = writeoff("bulk", "show", request).out
    assert "decided 6 (100 %)" in drawn
    assert "Complete   3 (completed 3)" in drawn


def test_a_list_that_is_submitted_twice_is_one_request(
    writeoff: Command, installation: Installation, listed: tuple[Path, list[str]]
) -> None:
    path, _ = listed
    first = writeoff("bulk", "submit", str(path), "--opco", "RW", "--as", "grace")
    again = writeoff("bulk", "submit", str(path), "--opco", "RW", "--as", "grace")
    assert first.code == 0
    assert (again.code, again.out) == (1, "")
    assert "duplicate-request" in again.err
    finish(installation.world)
    request = first.out.split()[1]
    assert writeoff("bulk", "show", request, "--json").json["accepted"] == 3


def test_a_request_is_paused_goes_on_and_is_canceled(
    writeoff: Command, installation: Installation, listed: tuple[Path, list[str]]
) -> None:
    path, _ = listed
    request = f"WR-S-{path.parent.name}"
    writeoff("bulk", "submit", str(path), "--opco", "RW", "--request-id", request)
    assert (
        writeoff("bulk", "pause", request, "--reason", "wrong centre?").out
        == f"Request {request} is paused.\n"
    )
    finish(installation.world)
    shown = writeoff("bulk", "show", request, "--json").json
    assert (shown["pending"], shown["paused"]["reason"]) == (5, "wrong centre?")
    assert "wrong centre?" in writeoff("bulk", "show", request).out
    assert "wrong centre?" in writeoff("queue", "list").out
    assert writeoff("bulk", "resume", request).out == f"Request {request} goes on.\n"
    assert writeoff("bulk", "resume", request).code == 3
    canceled = writeoff("bulk", "cancel", request, "--reason", "wrong list")
    assert canceled.out == f"The rest of request {request} is canceled: 5 accounts are refused.\n"
    again = writeoff("bulk", "cancel", request, "--reason", "wrong list")
    assert (again.code, "not-cancelable" in again.err) == (1, True)
    installation.world.read()
    finish(installation.world)
    assert writeoff("bulk", "show", request, "--json").json["refused"] == 6
    assert writeoff("bulk", "show", "WR-NEVER").code == 3
    assert writeoff("bulk", "pause", "WR-NEVER", "--reason", "x").code == 3


def test_two_plans_are_compared_field_by_field(
    writeoff: Command, installation: Installation, listed: tuple[Path, list[str]]
) -> None:
    path, (_, new, *_) = listed
    listing = ("plan", str(path), "--opco", "RW")
    digest = writeoff(*listing, "--json").json["plan_digest"]
    same = writeoff(*listing, "--compare", digest, "--json")
    assert (same.code, same.json) == (0, [])
    installation.world.publish(upstream.payment(f"PAY-{new}", new, 500))
    installation.world.run()
    changed = writeoff(*listing, "--compare", digest, "--json")
    assert changed.code == 5
    found = {each["field"]: (each["planned"], each["present"]) for each in changed.json}
    assert found["amount"] == found[f"balances.SA-{new}"] == ("10500", "10000")
    assert {each["account_id"] for each in changed.json} == {new}
    assert "10000" in writeoff(*listing, "--compare", digest).out
    assert writeoff(*listing, "--compare", "0" * 64).code == 3
