"""Commands that look: the same figures for people and programs, on both databases, and nobody's name."""

from typing import Any

import pytest

from tests.integration.operations.conftest import NAMES, Command, Installation

READING = (
    ("queue", "list"),
    ("process", "show", "RW-DONE"),
    ("process", "failed"),
    ("request", "show", "WR-BULK"),
    ("candidates",),
    ("dead-letter", "list"),
    ("policy", "list"),
    ("policy", "check"),
    ("business-date", "show"),
)


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_reading_command_fits_a_hundred_columns_and_names_nobody(
    writeoff: Command, arguments: tuple[str, ...]
) -> None:
    shown, told = writeoff(*arguments), writeoff(*arguments, "--json")
    assert (shown.code, shown.err, told.code, told.err) == (0, "", 0, "")
    assert max(len(line) for line in shown.out.splitlines()) <= 100
    assert not any(line.endswith(" ") or "\x1b" in line for line in shown.out.splitlines())
    for name in NAMES:
        assert name not in shown.out
        assert name not in told.out
    assert told.json


def test_a_process_is_shown_whole(writeoff: Command) -> None:
    [process] = writeoff("process", "show", "RW-DONE", "--json").json["processes"]
    assert {
        key: process[key] for key in ("opco", "account_id", "request_id", "status", "end_reason", "amount")
    } == {
        "opco": "RW",
        "account_id": "RW-DONE",
        "request_id": "WR-DONE",
        "status": "inactive",
        "end_reason": "completed",
        "amount": "10500",
    }
    assert {event["status"] for event in process["events"]} == {"complete"}
    [journal] = process["journals"]
    sums = {
        side: sum(int(line["amount"]) for line in journal["lines"] if line["side"] == side)
        for side in ("debit", "credit")
    }
    assert sums == {"debit": 10_500, "credit": 10_500}
    assert journal["total"] == "10500"
    assert sum(int(held["held"]) for held in process["held"]) == 10_500
    assert [change["history_reason"] for change in process["referrals"][0]["history"]] == ["initial"]
    assert {message["destination"] for message in process["messages"]} >= {"letter", "gl", "pulse.updates"}
    assert all(message["published"] for message in process["messages"])


def test_a_process_is_found_by_its_id_and_by_its_account(writeoff: Command) -> None:
    by_account = writeoff("process", "show", "RW-DONE", "--json").json
    process_id = by_account["processes"][0]["process_id"]
    assert writeoff("process", "show", process_id, "--json").json == by_account
    assert writeoff("process", "show", process_id.upper(), "--json").json == by_account
    shown = writeoff("process", "show", process_id).out
    for expected in (process_id, "RW-DONE (RW)", "WRITE-OFF", "10,500", "gl"):
        assert expected in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("process", "show", "RW-NOBODY"),
        ("process", "show", "RW-DONE", "--opco", "KE"),
        ("process", "show", "00000000-0000-5000-8000-000000000000"),
        ("request", "show", "WR-NONE"),
        ("request", "show", "WR-DONE", "--opco", "KE"),
        ("dead-letter", "show", "nonsense"),
        ("dead-letter", "show", "00000000-0000-5000-8000-000000000000"),
        ("business-date", "show", "--opco", "XX"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_one_sentence_and_exit_3(writeoff: Command, arguments: tuple[str, ...]) -> None:
    result = writeoff(*arguments)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("writeoff: ")
    assert result.err.count("\n") == 1


def test_failed_events_say_why_and_are_paged(writeoff: Command) -> None:
    told = writeoff("process", "failed", "--json").json
    assert [(each["account_id"], each["reason"]) for each in told["events"]] == [
        ("RW-SHORT", "distribution-short")
    ]
    assert told["next"] is None
    event = told["events"][0]
    behind = writeoff("process", "failed", "--json", "--after", f"{event['process_id']}/{event['sequence']}")
    assert behind.json == {"events": [], "next": None}
    assert writeoff("process", "failed", "--json", "--opco", "KE").json["events"] == []
    assert "distribution-short" in writeoff("process", "failed").out
    assert "distribution-short" in writeoff("process", "show", "RW-SHORT").out
    wrong = writeoff("process", "failed", "--after", "here")
    assert (wrong.code, "PROCESS_ID/SEQUENCE" in wrong.err) == (2, True)


def test_a_request_is_counted_from_its_accounts(writeoff: Command) -> None:
    told = writeoff("request", "show", "WR-BULK", "--json").json
    figures = ("accounts", "decided", "pending", "waiting", "accepted", "refused", "accepted_amount", "bulk")
    assert [told[name] for name in figures] == [4, 3, 0, 1, 1, 2, "10500", True]
    assert {each["reason"] for each in told["refusals"]} == {"duplicate-in-request", "process-active"}
    assert told["waiting_accounts"] == ["RW-UNKNOWN"]
    assert told["processes"] == [{"status": "inactive", "end_reason": "completed", "processes": 1}]
    assert all(each["status"] == "complete" for each in told["events"])
    assert "4, of them decided 3 (75 %)" in writeoff("request", "show", "WR-BULK").out


def test_a_request_of_two_opcos_needs_one_named(writeoff: Command) -> None:
    result = writeoff("request", "show", "WR-SAME")
    assert (result.code, result.out) == (2, "")
    assert "KE and RW" in result.err
    assert writeoff("request", "show", "WR-SAME", "--opco", "KE", "--json").json["opco"] == "KE"


def test_candidates_say_who_is_due_and_when(writeoff: Command) -> None:
    told = writeoff("candidates", "--json").json
    found = {
        each["account_id"]: (each["status"], each["on"], each["attempts"]) for each in told["candidates"]
    }
    assert found == {
        "RW-HELD": ("held", "2026-11-23", 1),
        "RW-DAY": ("day", "2026-11-30", 3),
        "RW-FEW": ("attempts", None, 1),
    }
    assert told["counts"] == {"due": 0, "day": 1, "held": 1, "attempts": 1, "asked": 0, "paid": 1}
    one = writeoff("candidates", "--json", "--limit", "1").json
    assert [each["account_id"] for each in one["candidates"]] == ["RW-HELD"]
    assert one["counts"] == told["counts"]
    assert one["next"] is None
    assert "2 more" in writeoff("candidates", "--limit", "1").out
    assert writeoff("candidates", "--json", "--opco", "KE").json["candidates"] == []


def test_candidates_are_looked_at_the_longest_in_default_first(writeoff: Command) -> None:
    assert writeoff("candidates", "--json", "--after", "2026-12-31/RW/RW-0").json["candidates"] == []
    wrong = writeoff("candidates", "--after", "yesterday/RW")
    assert (wrong.code, "DATE/OPCO/ACCOUNT" in wrong.err) == (2, True)


def test_dead_letters_say_why_and_where_and_are_paged(writeoff: Command) -> None:
    told = writeoff("dead-letter", "list", "--json").json["dead_letters"]
    assert {(each["queue"], each["reason"]) for each in told} == {
        ("writeoff.payments", each["reason"]) for each in told
    }
    assert len(told) == 2
    assert all("body" not in each for each in told)
    first = writeoff("dead-letter", "list", "--json", "--limit", "1").json
    second = writeoff("dead-letter", "list", "--json", "--limit", "1", "--after", first["next"]).json
    assert [*first["dead_letters"], *second["dead_letters"]] == told
    assert second["next"] is None
    assert (
        writeoff("dead-letter", "list", "--json", "--queue", "writeoff.commands").json["dead_letters"] == []
    )
    reason = told[0]["reason"]
    filtered = writeoff("dead-letter", "list", "--json", "--reason", reason).json["dead_letters"]
    assert {each["reason"] for each in filtered} == {reason}


def test_a_dead_letter_is_shown_without_harm_and_written_raw_to_the_byte(writeoff: Command) -> None:
    letters = {each["size"]: each for each in writeoff("dead-letter", "list", "--json").json["dead_letters"]}
    large, small = letters[max(letters)], letters[2]
    shown = writeoff("dead-letter", "show", large["dead_letter_id"]).out
    assert "\x1b" not in shown
    assert "\\x1b[31m" in shown
    assert "bytes more: --raw" in shown
    raw = writeoff("dead-letter", "show", large["dead_letter_id"], "--raw").out
    assert len(raw) == large["size"]
    assert raw.startswith('{"specversion": "1.0", "id": "x\x1b[31m"')
    assert writeoff("dead-letter", "show", small["dead_letter_id"], "--raw").out == "\udcff\x00"
    assert "\\xff\\x00" in writeoff("dead-letter", "show", small["dead_letter_id"]).out
    assert writeoff("dead-letter", "show", small["dead_letter_id"], "--json").json["body"] == "/wA="


def test_the_queue_list_tells_what_waits(writeoff: Command, installation: Installation) -> None:
    told = writeoff("queue", "list", "--json").json
    backlog: dict[str, Any] = told["backlog"]
    assert backlog["failed"] == [{"opco": "RW", "kind": "write-off-distribution-code", "events": 1}]
    assert backlog["dead_letters"] == 2
    assert [each["kind"] for each in backlog["timers"]] == ["arrival", "days-in-default", "hold-end"]
    assert backlog["requests"] == [{"opco": "RW", "request_id": "WR-BULK", "pending": 0, "waiting": 1}]
    assert all(each["messages"] == 0 for each in backlog["destinations"])
    assert told["broker"]["inbound"][0]["name"] == "writeoff.account-updated"
    assert {each["name"]: each["ready"] for each in told["broker"]["outbound"]}["letter"] > 0
    assert told["broker"]["problem"] is None
    shown = writeoff("queue", "list").out
    assert "Failed events (writeoff process failed)" in shown
    assert "WR-BULK" in shown


def test_policies_in_force_are_listed_with_their_use(writeoff: Command) -> None:
    told = {each["opco"]: each for each in writeoff("policy", "list", "--json").json["policies"]}
    assert {name: (each["current"], each["active_processes"]) for name, each in told.items()} == {
        "KE": (True, 0),
        "RW": (True, 1),
        "TG": (True, 0),
    }
    assert [
        each["opco"] for each in writeoff("policy", "list", "--json", "--opco", "KE").json["policies"]
    ] == ["KE"]
