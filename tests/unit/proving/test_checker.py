"""The checker sees what it is there to see: a run in which one thing went wrong, each time another."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from proving.checker.checking import check
from proving.checker.evidence import TABLES, Evidence, Intent, Received

PROCESS = "11111111-1111-5111-8111-111111111111"
REQUEST_BODY = b'{"a request": 1}'
POISON_BODY = b"<POISON-7/>"

Wrong = Callable[[Evidence], None]


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def intent(number: int, body: bytes, **fields: Any) -> Intent:
    plain = {
        "number": number,
        "story": "1",
        "sort": "plain",
        "expect": "decided",
        "reason": None,
        "type": "pulse.write-off-requested.v1",
        "source": "/pulse/rw",
        "id": f"id-{number}",
        "sha256": sha(body),
        "body": body,
        "acknowledged": 1,
    }
    return Intent(**(plain | fields))


def received(queue: str, kind: str, message_id: str, /, **data: Any) -> Received:
    message = {
        "id": message_id,
        "type": f"writeoff.{kind}.v1",
        "causationid": "id-1",
        "data": {"account_id": "RW-1", "process_id": PROCESS, "request_id": "WR-1", **data},
    }
    body = json.dumps(message)
    return Received(queue=queue, sha256=sha(body.encode()), body=body, message=message)


def lines(*figures: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [
        {
            "journal_id": "J-1",
            "line": number,
            "side": side,
            "gl_account": account,
            "distribution_code": account,
            "amount_minor": amount,
            "amount": str(amount),
        }
        for number, (side, account, amount) in enumerate(figures, 1)
    ]


WRITTEN_OFF = (("debit", "6150", 900), ("debit", "2210", 100), ("credit", "1200", 1_000))


@pytest.fixture
def evidence() -> Evidence:
    """A debt of 1,000 is written off and referred; a poisonous message is a dead letter. All is well."""
    journal = {
        "journal_id": "J-1",
        "kind": "write-off",
        "payment_id": None,
        "event_sequence": 30,
        "reverses_journal_id": None,
        "total_debit": "1000",
        "lines": lines(*WRITTEN_OFF),
    }
    heard = [
        received("gl", "journal-posted", "M-1", **journal),
        received("pulse.updates", "process-ended", "M-2"),
        received("agency.A", "referral-placed", "M-3", referral_id="R-1"),
    ]
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    row = {"opco": "RW", "account_id": "RW-1", "process_id": PROCESS, "request_id": "WR-1"}
    tables["inbox"] = [{"source": "/pulse/rw", "id": "id-1", "digest": sha(REQUEST_BODY), "state": "done"}]
    tables["dead_letters"] = [
        {
            "sha256": sha(POISON_BODY),
            "body": POISON_BODY,
            "reason": "malformed",
            "problem": "no JSON",
            "dead_letter_id": "D-1",
        }
    ]
    tables["processes"] = [row | {"status": "inactive"}]
    tables["events"] = [
        row | {"sequence": 10, "kind": "refer-to-agency", "status": "complete", "reason": None, "detail": ""},
        row
        | {
            "sequence": 20,
            "kind": "affect-credit-rating",
            "status": "complete",
            "reason": None,
            "detail": "",
        },
    ]
    tables["demerits"] = [row | {"event_sequence": 20}]
    tables["referrals"] = [
        row
        | {"referral_id": "R-1", "event_sequence": 10, "agency": "A", "amount_minor": 1_000, "active": True}
    ]
    tables["referral_history"] = [
        {"referral_id": "R-1", "sequence": 1, "history_reason": "initial", "amount_minor": 1_000}
    ]
    tables["agency_debt"] = [{"opco": "RW", "agency": "A", "active_minor": 1_000}]
    tables["accounts"] = [row | {"standing": json.dumps({"locked_by": PROCESS})}]
    tables["journals"] = [
        row
        | {
            "journal_id": "J-1",
            "kind": "write-off",
            "payment_id": None,
            "reverses_journal_id": None,
            "total_debit_minor": 1_000,
            "total_credit_minor": 1_000,
        }
    ]
    tables["journal_lines"] = lines(*WRITTEN_OFF)
    tables["buckets"] = [
        {"bucket_id": "B-1", "process_id": PROCESS, "written_off_minor": 1_000, "held_minor": 1_000}
    ]
    tables["messages_out"] = [
        {"destination": each.queue, "message_id": each.id, "body": each.body} for each in heard
    ]
    story = {
        "name": "1",
        "sort": "written off",
        "exact": True,
        "finished": True,
        "waits_for": "",
        "accounts": ["RW-1"],
        "requests": ["WR-1"],
        "expected": [
            ["gl", "journal-posted", 1],
            ["pulse.updates", "process-ended", 1],
            ["agency", "referral-placed", 1],
        ],
        "journals": [
            {
                "account_id": "RW-1",
                "kind": "write-off",
                "payment_id": None,
                "debits": {"6150": 900, "2210": 100},
                "credits": {"1200": 1_000},
            }
        ],
    }
    deliveries: dict[str, list[Received]] = {each.queue: [each] for each in heard}
    intents = [intent(1, REQUEST_BODY), intent(2, POISON_BODY, expect="dead", reason="malformed")]
    return Evidence(
        intents=intents,
        stories=[story],
        deliveries=deliveries,
        tables=tables,
        agencies={"RW": {"A", "B"}, "KE": {"C"}},
    )


def test_a_run_in_which_all_is_well(evidence: Evidence) -> None:
    tallies = check(evidence)
    assert [str(finding) for tally in tallies for finding in tally.findings] == []
    assert all(tally.trials for tally in tallies if tally.name != "payments once")
    assert {tally.bound for tally in tallies if tally.trials == 1} <= {3.0}


def lose_a_message(evidence: Evidence) -> None:
    evidence["inbox"].clear()


def leave_a_message_waiting(evidence: Evidence) -> None:
    evidence["inbox"][0]["state"] = "waiting"


def bury_a_sound_message(evidence: Evidence) -> None:
    evidence["dead_letters"].append({**evidence["dead_letters"][0], "sha256": sha(REQUEST_BODY)})


def decide_poison(evidence: Evidence) -> None:
    evidence["inbox"].append(
        {"source": "/pulse/rw", "id": "id-2", "digest": sha(POISON_BODY), "state": "done"}
    )


def change_a_dead_letter(evidence: Evidence) -> None:
    evidence["dead_letters"][0]["body"] = b"other bytes"


def invent_a_message(evidence: Evidence) -> None:
    evidence["inbox"].append({"source": "/pulse/rw", "id": "id-9", "digest": "9", "state": "done"})


def begin_what_nobody_asked_for(evidence: Evidence) -> None:
    evidence["processes"].append({**evidence["processes"][0], "request_id": "WR-9", "process_id": "P-9"})


def tell_twice_under_two_ids(evidence: Evidence) -> None:
    again = received("pulse.updates", "process-ended", "M-9")
    evidence.deliveries["pulse.updates"].append(again)
    evidence["messages_out"].append({"destination": "pulse.updates", "message_id": "M-9", "body": again.body})


def refer_without_effect(evidence: Evidence) -> None:
    evidence["referrals"].clear()


def record_two_demerits(evidence: Evidence) -> None:
    evidence["demerits"].append(evidence["demerits"][0])


def end_with_an_open_event(evidence: Evidence) -> None:
    evidence["events"][0]["status"] = "pending"


def leave_a_story_untold(evidence: Evidence) -> None:
    evidence.stories[0]["finished"] = False


def deliver_nothing_to_the_agency(evidence: Evidence) -> None:
    evidence.deliveries["agency.A"].clear()


def deliver_what_was_never_written(evidence: Evidence) -> None:
    evidence["messages_out"].pop()


def deliver_another_body(evidence: Evidence) -> None:
    evidence.deliveries["gl"].append(received("gl", "journal-posted", "M-1", lines=[]))


def post_another_amount(evidence: Evidence) -> None:
    evidence.stories[0]["journals"][0]["debits"] = {"6150": 901, "2210": 99}


def unbalance_a_journal(evidence: Evidence) -> None:
    evidence["journal_lines"][0]["amount_minor"] += 1


def empty_a_bucket(evidence: Evidence) -> None:
    evidence["buckets"][0]["held_minor"] -= 1


def unlock_an_account(evidence: Evidence) -> None:
    evidence["accounts"][0]["standing"] = "{}"


def forget_an_agencys_debt(evidence: Evidence) -> None:
    evidence["agency_debt"][0]["active_minor"] = 0


def place_debt_where_there_is_more(evidence: Evidence) -> None:
    evidence["referrals"].append({**evidence["referrals"][0], "referral_id": "R-2", "amount_minor": 10})
    evidence["referral_history"].append({**evidence["referral_history"][0], "referral_id": "R-2"})


def keep_something_in_the_outbox(evidence: Evidence) -> None:
    evidence["outbox"].append({})


def leave_an_orphan(evidence: Evidence) -> None:
    evidence.residue["processes that are left"] = ["python -m workers relay"]


def let_poison_touch_an_account(evidence: Evidence) -> None:
    evidence["accounts"].append(
        {"opco": "RW", "account_id": "POISON-7", "standing": "{}", "process_id": None}
    )


@pytest.mark.parametrize(
    ("wrong", "seen_by"),
    [
        (lose_a_message, "one final state"),
        (leave_a_message_waiting, "one final state"),
        (bury_a_sound_message, "one final state"),
        (decide_poison, "one final state"),
        (change_a_dead_letter, "one final state"),
        (invent_a_message, "nothing invented"),
        (begin_what_nobody_asked_for, "nothing invented"),
        (let_poison_touch_an_account, "poison changes nothing"),
        (tell_twice_under_two_ids, "each effect once"),
        (refer_without_effect, "events did what they say"),
        (record_two_demerits, "events did what they say"),
        (end_with_an_open_event, "events did what they say"),
        (leave_a_story_untold, "stories end as they must"),
        (deliver_nothing_to_the_agency, "stories end as they must"),
        (deliver_nothing_to_the_agency, "received exactly what was caused"),
        (deliver_what_was_never_written, "received exactly what was caused"),
        (deliver_another_body, "one body for each id"),
        (post_another_amount, "journals to the cent"),
        (unbalance_a_journal, "debit = credit"),
        (empty_a_bucket, "buckets hold what went in"),
        (empty_a_bucket, "conservation"),
        (unlock_an_account, "written off means locked"),
        (forget_an_agencys_debt, "agencies' totals"),
        (place_debt_where_there_is_more, "the agency with the least debt"),
        (keep_something_in_the_outbox, "no residue"),
        (leave_an_orphan, "no residue"),
    ],
)
def test_what_goes_wrong_is_seen(evidence: Evidence, wrong: Wrong, seen_by: str) -> None:
    wrong(evidence)
    failed = {tally.name for tally in check(evidence) if tally.failures}
    assert seen_by in failed
    assert all(tally.findings for tally in check(evidence) if tally.failures)


def test_where_debt_has_moved_since_nobody_can_say_which_agency_had_the_least(evidence: Evidence) -> None:
    place_debt_where_there_is_more(evidence)
    evidence["referral_history"].append(
        {"referral_id": "R-1", "sequence": 2, "history_reason": "change", "amount_minor": 500}
    )
    [tally] = [each for each in check(evidence) if each.name == "the agency with the least debt"]
    assert (tally.trials, tally.failures) == (0, 0)


@pytest.mark.parametrize("larger", [1_000, 5_000])
def test_of_two_agencies_the_one_that_had_the_least_may_have_the_most_now(
    evidence: Evidence, larger: int
) -> None:
    place_debt_where_there_is_more(evidence)
    evidence["referrals"][1] |= {"agency": "B", "amount_minor": larger}
    evidence["referrals"].append({**evidence["referrals"][0], "referral_id": "R-3", "amount_minor": 10})
    evidence["referral_history"].append({**evidence["referral_history"][0], "referral_id": "R-3"})
    failed = {tally.name for tally in check(evidence) if tally.failures}
    assert "the agency with the least debt" not in failed
