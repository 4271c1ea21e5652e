import json
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import pytest

from messages import outbound, schemas
from messages.malformed import Malformed
from messages.outbound.data import OutboundData
from tests.unit.messages.examples import OUTBOUND, ids

TIME = datetime(2026, 11, 3, 9, 0, 4, tzinfo=UTC)
DEMERIT = outbound.DemeritEnded(
    process_id=None,
    request_id=None,
    origin=None,
    bulk=False,
    account_id="RW-100234",
    demerit_id="d",
    effective_to=date(2026, 12, 1),
    reason="write-off reversed",
)
NOTICE = outbound.DeadLetterRecorded(
    dead_letter_id="l",
    reason="unreadable-body",
    path=None,
    origin="writeoff.payments",
    size=7,
    sha256="ab" * 32,
    first_seen=TIME,
)


def compose(data: OutboundData = DEMERIT, **changes: Any) -> outbound.Message:
    attributes: dict[str, Any] = {
        "id": "i",
        "opco": "RW",
        "subject": "RW-100234",
        "time": TIME,
        "correlationid": "c",
        "causationid": "b",
    }
    return outbound.compose(data, **(attributes | changes))


def test_type_and_source_follow_from_the_data_and_the_opco() -> None:
    message = compose()
    assert (message.type, message.source) == ("writeoff.demerit-ended.v1", "/writeoff/rw")


def test_a_message_is_written_in_the_order_of_the_contract() -> None:
    assert outbound.encode(compose()) == (
        b'{"specversion":"1.0","id":"i","source":"/writeoff/rw","type":"writeoff.demerit-ended.v1",'
        b'"subject":"RW-100234","time":"2026-11-03T09:00:04Z","datacontenttype":"application/json",'
        b'"opco":"RW","correlationid":"c","causationid":"b","data":{"process_id":null,"request_id":null,'
        b'"origin":null,"bulk":false,"account_id":"RW-100234","demerit_id":"d","effective_to":"2026-12-01",'
        b'"reason":"write-off reversed"}}'
    )


def test_a_trace_context_is_written_only_when_there_is_one() -> None:
    document = json.loads(outbound.encode(compose(traceparent="00-a", tracestate="v=1")))
    assert list(document)[-3:] == ["traceparent", "tracestate", "data"]


def test_what_was_written_is_read_again() -> None:
    for message in (compose(), compose(NOTICE, opco=None), compose(traceparent="00-a")):
        assert outbound.parse(outbound.encode(message)) == message


def test_a_notice_of_a_dead_letter_may_know_no_opco() -> None:
    document = json.loads(outbound.encode(compose(NOTICE, opco=None)))
    assert "opco" not in document
    assert document["source"] == "/writeoff"
    jsonschema.Draft202012Validator(schemas.by_type()[document["type"]]).validate(document)


def test_any_other_message_needs_an_opco() -> None:
    with pytest.raises(ValueError, match="needs an opco"):
        compose(opco=None)


def test_a_message_of_another_product_is_not_read() -> None:
    raw = outbound.encode(compose()).replace(b"writeoff.demerit-ended.v1", b"pulse.payment-received.v1")
    with pytest.raises(Malformed) as caught:
        outbound.parse(raw)
    assert caught.value.reason == "unknown-type"


def test_two_structs_cannot_claim_one_type() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        outbound.registry([outbound.JournalPosted, outbound.JournalPosted])


def test_a_type_without_an_outlet_is_refused() -> None:
    class Homeless(outbound.DemeritEnded, frozen=True, kw_only=True):
        type_name = "writeoff.homeless.v1"

    with pytest.raises(ValueError, match="no outlet"):
        outbound.registry([Homeless])


@pytest.mark.parametrize("path", OUTBOUND, ids=ids)
def test_the_schema_asks_for_every_field_of_an_example(path: Any) -> None:
    document = json.loads(path.read_bytes())
    schema = schemas.by_type()[document["type"]]
    data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
    assert data["required"] == list(document["data"])
    assert schema["required"] == list(document)
