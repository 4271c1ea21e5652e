"""What Pulse sends in the demonstration: valid but for the poison, complete, the same in every run."""

import json
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from messages import envelope, inbound
from messages.malformed import Malformed
from operations.demo.cloud_events import CloudEvent
from operations.demo.portfolio import acts

SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"
STRUCTURED = "application/cloudevents+json"
POISON = "demo-payment-received-PAY-TG-0101"


@pytest.fixture(scope="module")
def sent() -> list[CloudEvent]:
    return list(chain.from_iterable(act.messages for act in acts()))


def test_every_message_but_the_poison_is_understood(sent: list[CloudEvent]) -> None:
    refused = []
    for message in sent:
        try:
            inbound.parse(envelope.read(json.dumps(message).encode(), STRUCTURED, {}))
        except Malformed as malformed:
            refused.append((message["id"], malformed.path))
    assert refused == [(POISON, "data.amount")]


def test_every_message_but_the_poison_is_valid_against_its_schema(sent: list[CloudEvent]) -> None:
    kinds = {message["type"] for message in sent}
    schemas = {
        kind: Draft202012Validator(json.loads((SCHEMAS / f"{kind}.json").read_text())) for kind in kinds
    }
    assert {each["id"] for each in sent if not schemas[each["type"]].is_valid(each)} == {POISON}


def test_a_few_hundred_accounts_of_all_three_companies(sent: list[CloudEvent]) -> None:
    accounts = {each["subject"] for each in sent if each["type"] == "pulse.account-updated.v1"}
    assert Counter(account[:2] for account in accounts) == {"RW": 123, "KE": 112, "TG": 110}


def test_attempts_of_every_reason_and_requests_of_every_kind_and_disposition(sent: list[CloudEvent]) -> None:
    reasons = {each["data"]["reason"] for each in sent if each["type"] == "pulse.repossession-failed.v1"}
    assert reasons == {
        "home-not-found",
        "customer-not-available",
        "spoke-with-other",
        "product-not-found",
        "refused-to-return",
        "promised-to-pay",
        "customer-paid",
        "product-issue",
    }
    requests = [each["data"] for each in sent if each["type"] == "pulse.write-off-requested.v1"]
    assert {each["kind"] for each in requests} == {"personal", "bulk"}
    assert {each["disposition"] for each in requests} == {"write_off", "repossession", "opt_out"}


def test_one_message_comes_twice_and_one_identity_with_other_content(sent: list[CloudEvent]) -> None:
    identities = Counter((each["source"], each["id"]) for each in sent)
    repeated = [identity for identity, times in identities.items() if times > 1]
    contents = {
        identity: {
            json.dumps(each["data"], sort_keys=True)
            for each in sent
            if (each["source"], each["id"]) == identity
        }
        for identity in repeated
    }
    assert sorted(len(each) for each in contents.values()) == [1, 2]


def test_acts_follow_the_calendar_and_are_the_same_in_every_run() -> None:
    assert [act.on for act in acts()] == sorted(act.on for act in acts())
    assert acts() == acts()
