"""What comes out of each inbound example is, field by field, the outbound example of the contract.

Each inbound example meets the contract's snapshot alone, under Rwanda's policy.
"""

import re
from typing import Any
from uuid import UUID

import msgspec
import pytest

from handlers.starting.answers import Figures, answer
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody, decide_item
from tests.unit.decisions.cases import Story, account, cause, example, only
from writeoff.facts import RequestOpened

#: What an example leaves open: a value that the worker makes, also within another such as `WO-<uuid5>`.
OPEN = re.compile(r"<(uuid5 of type ([a-z-]+)|uuid5|uuid|sha-256 prefix|sha-256)>")
UUID_TEXT = r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SHAPES = {
    "uuid5": UUID_TEXT,
    "uuid": UUID_TEXT.replace("-5[", "-[1-8]["),
    "sha-256 prefix": "[0-9a-f]{16}",
    "sha-256": "[0-9a-f]{64}",
}
#: The digest of a bulk plan is made by whoever decides all of its accounts; the moment is the test's own.
LEFT_OUT = {"time", "plan_digest"}


def heard(*names: str) -> Story:
    """Hear the snapshot and then the messages of these names; run what is due."""
    story = Story()
    for name in ("account-updated", *names):
        story.hear(example("inbound", name))
        story.run_due()
    return story


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return where two messages differ, by path."""
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [f"{path}.{name}: missing" for name in expected if name not in found]
        unexpected = [f"{path}.{name}: not in the contract" for name in found if name not in expected]
        inner = [
            difference
            for name in expected
            if name in found and name not in LEFT_OUT
            for difference in differences(expected[name], found[name], f"{path}.{name}")
        ]
        return missing + unexpected + inner
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            difference
            for index, (one, other) in enumerate(zip(expected, found, strict=True))
            for difference in differences(one, other, f"{path}[{index}]")
        ]
    if isinstance(expected, str) and isinstance(found, str) and OPEN.search(expected):
        return [] if re.fullmatch(_pattern(expected), found) else [f"{path}: {found!r} is not {expected}"]
    return [] if expected == found else [f"{path}: {found!r} is not {expected!r}"]


def _pattern(text: str) -> str:
    parts = OPEN.split(text)
    # Every match gives three parts: the text before it, the placeholder, the type it may name.
    pattern = re.escape(parts[0])
    for placeholder, _, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += SHAPES[placeholder.partition(" of type")[0]] + re.escape(after)
    return pattern


PERSONAL = "write-off-requested.personal"


@pytest.mark.parametrize(
    ("inbound", "type_name", "outbound"),
    [
        (PERSONAL, "process-started", ["process-started"]),
        (PERSONAL, "referral-placed", ["referral-placed"]),
        (PERSONAL, "demerit-recorded", ["demerit-recorded"]),
        (PERSONAL, "journal-posted", ["journal-posted"]),
        (PERSONAL, "account-written-off", ["account-written-off"]),
        (PERSONAL, "letter-requested", ["letter-requested", "letter-requested.second-person"]),
        (PERSONAL, "todo-created", ["todo-created"]),
        (PERSONAL, "process-ended", ["process-ended"]),
        ("write-off-requested.repossession", "journal-posted", ["journal-posted.repossession"]),
    ],
)
def test_an_inbound_example_makes_the_outbound_one(inbound: str, type_name: str, outbound: list[str]) -> None:
    found = heard(inbound).sent(type_name)
    assert len(found) == len(outbound)
    for name, message in zip(outbound, found, strict=True):
        assert differences(example("outbound", name), message) == []


def test_each_queue_gets_what_the_contract_shows_and_nothing_else() -> None:
    types = [message["type"].split(".")[1] for message in heard(PERSONAL).messages()]
    assert types == [
        "process-started",
        "request-answered",
        "referral-placed",
        "demerit-recorded",
        "journal-posted",
        "account-written-off",
        "letter-requested",
        "letter-requested",
        "todo-created",
        "process-ended",
    ]


def test_a_personal_request_is_answered_with_its_process() -> None:
    story = heard(PERSONAL)
    (answer,) = story.sent("request-answered")
    (started,) = story.sent("process-started")
    expected = example("outbound", "request-answered")
    assert answer["data"].keys() == expected["data"].keys()
    assert answer["subject"] == answer["data"]["request_id"] == "WR-2026-000871"
    assert answer["data"]["process_id"] == started["data"]["process_id"]
    assert (answer["data"]["status"], answer["data"]["accepted"]) == ("accepted", 1)
    assert answer["data"]["totals"] == [{"currency": "RWF", "amount": "10500"}]


def test_a_bulk_request_is_answered_as_the_contract_shows() -> None:
    """The example supposes RW-100235 with the same snapshot; RW-999999 has waited in vain: revision 2."""
    of_request = cause(
        account_id=None,
        request_id="WR-2026-000873",
        origin="request",
        bulk=True,
        correlation_id="0193f0a2-0005-7000-8000-000000000005",
        causation_id="0193f0a2-0005-7000-8000-000000000005",
    )
    stories = {"RW-100234": Story(account()), "RW-100235": Story(account(account_id="RW-100235"))}
    outcomes = []
    for item in only(RequestOpened, Story().ask("bulk")).items:
        story = stories.get(item.account_id, Story())
        order = Order(
            request_id="WR-2026-000873",
            kind="bulk",
            origin="request",
            disposition="write_off",
            reason="aged-default",
            comments="November batch",
            account_id=item.account_id,
        )
        case = story.case(msgspec.structs.replace(of_request, account_id=item.account_id))
        outcomes.append(decide_item(order, item.ordinal, item.account_version, ItemBody(), case, final=True))
    accepted = [outcome.decided for outcome in outcomes if outcome.decided.state == "accepted"]
    refused = tuple(outcome.refusal for outcome in outcomes if outcome.refusal)
    answered = answer(
        of_request,
        answers_message_id="0193f0a2-0005-7000-8000-000000000005",
        request_id="WR-2026-000873",
        command="write-off-requested",
        revision=2,
        figures=Figures(
            accepted=len(accepted),
            refused=len(refused),
            waiting=0,
            totals=(("RWF", sum(each.amount or 0 for each in accepted)),),
            refusals=refused,
        ),
    )
    story = Story()
    story.keep(answered)
    (message,) = story.sent("request-answered")
    assert differences(example("outbound", "request-answered"), message) == []


def test_a_line_names_the_write_off_agreement_of_its_type() -> None:
    (journal,) = heard(PERSONAL).sent("journal-posted")
    (told,) = heard(PERSONAL).sent("account-written-off")
    held = {each["sa_id"]: each["sa_type"] for each in told["data"]["write_off_agreements"]}
    by_type = [held.get(line["sa_id"]) for line in journal["data"]["lines"]]
    expense, liability = "write-off-expense", "write-off-liability"
    assert by_type == [expense, liability, liability, None]
    assert len(held) == len(set(held.values())) == 2


def test_made_twice_every_message_is_the_same_to_the_byte() -> None:
    first, second = heard(PERSONAL).messages(), heard(PERSONAL).messages()
    assert first == second
    assert len({message["id"] for message in first}) == len(first)
    assert all(UUID(message["id"]).version == 5 for message in first)


def test_a_visit_that_found_no_product_starts_the_residential_process() -> None:
    story = heard("repossession-failed")
    (answer,) = story.sent("request-answered")
    (started,) = story.sent("process-started")
    assert answer["data"]["command"] == "repossession-failed"
    assert answer["data"]["answers_message_id"] == "0193f0a2-0002-7000-8000-000000000002"
    assert answer["data"]["request_id"] == started["data"]["request_id"] == "AUTO-RPA-3301-1"
    assert answer["causationid"] == started["causationid"] == "0193f0a2-0002-7000-8000-000000000002"
    assert started["data"]["origin"] == answer["data"]["origin"] == "repossession-failed"
    assert (started["data"]["template"], started["data"]["bulk"]) == ("residential", False)
    assert started["data"]["reason"] == "product-not-found"
    trigger_dates = [event["trigger_date"] for event in started["data"]["events"]]
    assert trigger_dates == ["2026-11-03"] * 3 + ["2027-01-02"] * 2


def test_a_part_payment_before_the_write_off_changes_the_referral_as_the_contract_shows() -> None:
    """The example is of a payment after the write-off; before it, the agency is told the same."""
    story = heard("repossession-failed", "payment-received")
    (changed,) = story.sent("referral-changed")
    expected = example("outbound", "referral-changed")
    expected["data"] |= {
        "request_id": "AUTO-RPA-3301-1",
        "origin": "repossession-failed",
        "activity_date": "2026-11-03",
    }
    assert differences(expected, changed) == []


def test_a_payment_of_everything_tells_the_agency_that_it_is_paid() -> None:
    story = heard("repossession-failed")
    payment = example("inbound", "payment-received")
    payment["data"]["amount"] = "10500"
    payment["data"]["payment_id"] = "PAY-880299"
    story.hear(payment)
    (paid,) = story.sent("referral-paid")
    expected = example("outbound", "referral-paid")
    expected["data"] |= {
        "request_id": "AUTO-RPA-3301-1",
        "origin": "repossession-failed",
        "activity_date": "2026-11-03",
        "history_sequence": 2,
    }
    assert differences(expected, paid) == []


@pytest.mark.parametrize(
    ("name", "refusal", "request_id"),
    [
        ("write-off-decided", "unknown-request", "WR-2026-000873"),
        ("write-off-cancel-requested", "no-active-process", "WC-2026-000031"),
    ],
)
def test_a_command_about_what_there_is_not_is_answered_and_changes_nothing(
    name: str, refusal: str, request_id: str
) -> None:
    story = heard(name)
    (answer,) = story.messages()
    assert answer["type"] == "writeoff.request-answered.v1"
    assert answer["data"]["command"] == name
    assert answer["data"]["request_id"] == request_id
    assert (answer["data"]["status"], answer["data"]["refusal"]) == ("refused", refusal)


@pytest.mark.parametrize("name", ["payment-canceled"])
def test_a_message_of_a_later_version_is_kept_and_says_nothing_yet(name: str) -> None:
    assert heard(name).messages() == []
