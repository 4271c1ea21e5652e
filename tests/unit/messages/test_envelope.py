from datetime import UTC, datetime
from typing import Any

import pytest

from messages.envelope import Envelope, read
from messages.malformed import Malformed
from tests.unit.messages.examples import STRUCTURED, binary, body, inbound

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def refused(raw: bytes, content_type: str | None = STRUCTURED, **headers: object) -> Malformed:
    with pytest.raises(Malformed) as caught:
        read(raw, content_type, headers)
    return caught.value


def with_attributes(**attributes: object) -> dict[str, Any]:
    return inbound("payment-received") | attributes


def read_structured(**attributes: object) -> Envelope:
    return read(body(with_attributes(**attributes)), STRUCTURED, {})


@pytest.mark.parametrize(
    "content_type",
    [
        STRUCTURED,
        "application/cloudevents+json; charset=UTF-8",
        "Application/CloudEvents+JSON",
        "application/json",
        None,
    ],
)
def test_structured_mode_is_read(content_type: str | None) -> None:
    envelope = read(body(inbound("payment-received")), content_type, {})
    assert envelope.identity == ("/pulse/rw", "0193f0a2-0006-7000-8000-000000000006")
    assert envelope.opco == "RW"
    assert envelope.time == datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert envelope.data["payment_id"] == "PAY-880012"


@pytest.mark.parametrize("prefix", ["ce-", "CE-", "cloudEvents:", "cloudEvents_"])
def test_binary_mode_is_the_same_message(prefix: str) -> None:
    document = inbound("payment-received")
    raw, headers = binary(document, prefix)
    assert read(raw, "application/json", headers) == read(body(document), STRUCTURED, {})


def test_header_values_may_be_bytes_or_amqp_timestamps() -> None:
    raw, headers = binary(inbound("payment-received"))
    spelt = {name: str(value).encode() for name, value in headers.items()}
    naive = datetime(2026, 11, 20, 16, 30)  # noqa: DTZ001 - what py-amqp gives
    assert read(raw, "application/json", spelt | {"ce-time": naive}) == read(raw, "application/json", headers)


def test_structured_mode_ignores_headers() -> None:
    document = inbound("payment-received")
    assert read(body(document), STRUCTURED, {"ce-specversion": "1.0", "ce-id": "other"}).id == document["id"]


def test_unknown_attributes_and_headers_are_accepted() -> None:
    assert read_structured(dataschema="https://example.org", sequence=7).opco == "RW"
    raw, headers = binary(inbound("payment-received"))
    assert read(raw, None, headers | {"x-death": [{}], "ce-extra": 7}).opco == "RW"


@pytest.mark.parametrize("name", ["id", "source", "type", "opco", "data"])
def test_a_required_attribute_cannot_be_left_out(name: str) -> None:
    document = inbound("payment-received")
    del document[name]
    error = refused(body(document))
    assert (error.path, error.reason) == (name, "missing-field")
    assert refused(body(document | {name: None})).reason == "missing-field"


@pytest.mark.parametrize("name", ["id", "source", "type", "opco", "subject", "correlationid", "causationid"])
@pytest.mark.parametrize("value", ["", 7, "x" * 1000, "a\nb", "a\n", ["x"]])
def test_an_attribute_that_is_no_short_text_is_refused_with_its_name(name: str, value: object) -> None:
    error = refused(body(with_attributes(**{name: value})))
    assert (error.path, error.reason) == (name, "malformed-field")


def test_optional_attributes_may_be_null() -> None:
    envelope = read_structured(subject=None, time=None, datacontenttype=None, correlationid=None)
    assert (envelope.subject, envelope.time, envelope.correlationid) == (None, None, None)


@pytest.mark.parametrize(
    "time", ["2026-11-20T16:30:00", "2026-11-20", "yesterday", 1764000000, "0001-01-01T00:00:00+14:00"]
)
def test_a_time_needs_a_plausible_date_and_an_offset(time: object) -> None:
    assert refused(body(with_attributes(time=time))).path == "time"


def test_an_identifier_fits_an_amqp_property() -> None:
    assert refused(body(with_attributes(correlationid="é" * 128))).path == "correlationid"
    assert read_structured(correlationid="é" * 127).correlationid == "é" * 127


@pytest.mark.parametrize(
    ("raw", "content_type", "path"),
    [
        (b"{}", STRUCTURED, "specversion"),
        (b"[]", STRUCTURED, "specversion"),
        (b"7", "application/json", "specversion"),
        (b'{"specversion": "0.3"}', STRUCTURED, "specversion"),
        (b'{"specversion": 1.0}', STRUCTURED, "specversion"),
        (b"[]", "application/cloudevents-batch+json", "specversion"),
        (b"{}", "application/cloudevents+avro", ""),
        (b"{}", "text/plain", ""),
    ],
)
def test_what_is_no_cloudevent_is_refused_as_such(raw: bytes, content_type: str, path: str) -> None:
    error = refused(raw, content_type)
    assert (error.path, error.reason) == (path, "not-cloudevents")


def test_data_must_be_a_json_object() -> None:
    assert refused(body(with_attributes(data=[]))).path == "data"
    assert refused(body(with_attributes(data_base64="e30="))).path == "data_base64"
    assert refused(body(with_attributes(datacontenttype="text/xml"))).path == "datacontenttype"
    raw, headers = binary(inbound("payment-received"))
    assert refused(raw, "text/xml", **headers).path == "datacontenttype"
    assert refused(b"<a/>", "application/json", **headers).path == "data"


def test_a_fault_in_a_binary_body_has_a_path_within_data() -> None:
    _, headers = binary(inbound("payment-received"))
    assert refused(b'{"a": {"b": 1, "b": 2}}', "application/json", **headers).path == "data.a.b"


def test_headers_that_contradict_each_other_are_refused() -> None:
    raw, headers = binary(inbound("payment-received"))
    assert refused(raw, "application/json", **headers, **{"cloudEvents:id": "other"}).path == "id"
    read(raw, "application/json", headers | {"cloudEvents:id": headers["ce-id"]})


@pytest.mark.parametrize("value", [b"\xff", "\udcff", "a\0"])
def test_a_header_that_cannot_be_stored_is_refused(value: object) -> None:
    raw, headers = binary(inbound("payment-received"))
    assert refused(raw, "application/json", **(headers | {"ce-source": value})).path == "source"


def test_a_trace_context_is_kept() -> None:
    envelope = read_structured(traceparent=TRACE, tracestate="vendor=1")
    assert (envelope.traceparent, envelope.tracestate) == (TRACE, "vendor=1")


@pytest.mark.parametrize(
    "traceparent", ["", "00-" + "0" * 32 + "-b7ad6b7169203331-01", TRACE.upper(), "x" * 9999]
)
def test_a_broken_trace_context_is_dropped_and_stops_nothing(traceparent: str) -> None:
    envelope = read_structured(traceparent=traceparent, tracestate="vendor=1")
    assert (envelope.traceparent, envelope.tracestate) == (None, None)
    assert read_structured(traceparent=TRACE, tracestate="x" * 513).tracestate is None


def test_the_same_content_is_equal_as_json() -> None:
    one = read_structured(data={"a": 1, "b": [2.0]})
    assert (
        one.canonical_content() == read_structured(data={"b": [2], "a": 1.0}, id="other").canonical_content()
    )
    for change in ({"type": "x"}, {"subject": "x"}, {"opco": "KE"}, {"data": {"a": 2, "b": [2]}}):
        assert (
            one.canonical_content()
            != read_structured(**({"data": {"a": 1, "b": [2]}} | change)).canonical_content()
        )


def test_an_error_repeats_nothing_that_was_received() -> None:
    error = refused(body(with_attributes(opco="Uwimana\n")))
    assert error.reason == "malformed-field"
    assert "Uwimana" not in str(error)
