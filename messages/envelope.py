"""The envelope of what comes in: CloudEvents 1.0, structured and binary mode.

The AMQP binding's rules apply (CloudEvents AMQP Protocol Binding 1.0, §3): a content type that begins
with `application/cloudevents` means structured mode; else attributes in the headers mean binary mode.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from messages import codec
from messages.checks import refuse_implausible
from messages.fields import Id, Instant, visible
from messages.malformed import Malformed
from messages.strict_json import text_problem
from messages.validation import convert

#: Prefixes of attributes in the headers: RabbitMQ as in use, and the two of the AMQP binding. Lower case.
HEADER_PREFIXES: Final = ("ce-", "cloudevents:", "cloudevents_")
#: AMQP properties such as `message_id` and `correlation_id` are short strings of at most 255 bytes.
MAX_PROPERTY_BYTES: Final = 255

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_MAX_TRACESTATE_LENGTH: Final = 512  # W3C Trace Context §3.3.1.5: at least this much must be kept
_JSON_TYPE: Final = re.compile(r"[a-z0-9.+-]+/(?:[a-z0-9.-]+\+)?json")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message as received, its `data` still plain. Attributes not named here are ignored.

    (`source`, `id`) is the identity. `authorization` is a compact JWS, on commands alone.
    """

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, visible(256, "a text")]
    type: Annotated[str, visible(128, "a text")]
    subject: Annotated[str, visible(256, "a text")] | None = None
    time: Instant | None = None
    datacontenttype: Annotated[str, visible(128, "a text")] | None = None
    opco: Annotated[str, visible(32, "a text")]
    correlationid: Id | None = None
    causationid: Id | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    authorization: Annotated[str, visible(16_384, "a text")] | None = None
    data: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two deliveries the same message: (`source`, `id`)."""
        return self.source, self.id

    def canonical_content(self) -> bytes:
        """Give type, subject, opco and data as canonical JSON: equal bytes are the same content."""
        content = {"type": self.type, "subject": self.subject, "opco": self.opco, "data": self.data}
        return codec.canonical(content)


def read(body: bytes, content_type: str | None, headers: Mapping[str, object]) -> Envelope:
    """Read a message in either mode. Raises `Malformed`, and nothing else.

    `headers` are the application's headers as the broker's client gives them.
    """
    return _envelope(_document(body, content_type, headers))


def stated(
    body: bytes, content_type: str | None, headers: Mapping[str, object]
) -> tuple[str | None, str | None]:
    """Return type and opco as a message states them, as far as it can be read: for those who look at it."""
    try:
        document = _document(body, content_type, headers)
    except Malformed:
        return None, None
    return _text_of(document.get("type"), 128), _text_of(document.get("opco"), 32)


def _text_of(value: object, longest: int) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def with_id(
    body: bytes, content_type: str | None, headers: Mapping[str, object], message_id: str
) -> tuple[bytes, dict[str, object]]:
    """Return body and headers of the message under another id. Raises `Malformed`, and nothing else."""
    media_type = _media_type(content_type)
    if not media_type.startswith("application/cloudevents") and _attributes(headers):
        others = {name: value for name, value in headers.items() if _attribute_name(name) != "id"}
        return body, {**others, f"{HEADER_PREFIXES[0]}id": message_id}
    document = _structured(body, media_type or "application/json")
    return codec.encode({**document, "id": message_id}), dict(headers)


def _document(body: bytes, content_type: str | None, headers: Mapping[str, object]) -> dict[str, Any]:
    media_type = _media_type(content_type)
    if media_type.startswith("application/cloudevents"):
        return _structured(body, media_type)
    if attributes := _attributes(headers):
        attributes.setdefault("datacontenttype", media_type or None)
        return attributes | {"data": codec.decode(body, at="data")}
    return _structured(body, media_type or "application/json")


def _media_type(content_type: str | None) -> str:
    """Drop parameters such as `charset`: JSON is UTF-8, whatever they say."""
    return (content_type or "").partition(";")[0].strip().lower()


def _structured(body: bytes, media_type: str) -> dict[str, Any]:
    if not _JSON_TYPE.fullmatch(media_type):
        problem = "The content type is not JSON; send application/cloudevents+json."
        raise Malformed("", problem, "not-cloudevents")
    document = codec.decode(body)
    if not isinstance(document, dict) or document.get("specversion") is None:
        problem = "The body has no specversion and no header begins with ce-; send a CloudEvents 1.0 message."
        raise Malformed("specversion", problem, "not-cloudevents")
    if document.get("data_base64") is not None:
        raise Malformed("data_base64", "Binary data is not read; send a JSON object in data.")
    return document


def _attributes(headers: Mapping[str, object]) -> dict[str, Any]:
    """Collect the attributes of binary mode; empty when there is no `specversion` among them."""
    attributes: dict[str, Any] = {}
    for header, value in headers.items():
        name = _attribute_name(header)
        if name is None:
            continue
        text = _attribute_value(name, value)
        if attributes.setdefault(name, text) != text:
            raise Malformed(name, "Two headers give the attribute different values; send it once.")
    return attributes if "specversion" in attributes else {}


def _attribute_name(header: str) -> str | None:
    lowered = header.lower()
    prefix = next((prefix for prefix in HEADER_PREFIXES if lowered.startswith(prefix)), None)
    return lowered.removeprefix(prefix) if prefix else None


def _attribute_value(name: str, value: object) -> object:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise Malformed(name, f"Byte {error.start} is not UTF-8; encode headers as UTF-8.") from error
    if isinstance(value, str) and (problem := text_problem(value)):  # py-amqp lets surrogates through
        raise Malformed(name, problem)
    if isinstance(value, datetime):
        # An AMQP timestamp counts seconds of UTC; py-amqp hands it over without its time zone.
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value


def _envelope(document: dict[str, Any]) -> Envelope:
    if document.get("specversion") != "1.0":
        raise Malformed("specversion", "The version is not known; send CloudEvents 1.0.", "not-cloudevents")
    given = {name: value for name, value in document.items() if value is not None}  # null means absent
    envelope = convert(given, Envelope)
    refuse_implausible(envelope.time, "time")
    for name in ("id", "correlationid", "causationid"):
        value = getattr(envelope, name)
        if value and len(value.encode()) > MAX_PROPERTY_BYTES:
            raise Malformed(
                name, f"More than {MAX_PROPERTY_BYTES} bytes of UTF-8; send a shorter identifier."
            )
    if envelope.datacontenttype and not _JSON_TYPE.fullmatch(_media_type(envelope.datacontenttype)):
        raise Malformed("datacontenttype", "Data of this type is not read; send application/json.")
    return _with_valid_trace(envelope)


def _with_valid_trace(envelope: Envelope) -> Envelope:
    """Drop a broken trace context: W3C Trace Context §3.2.2 has receivers ignore it, not fail."""
    traceparent, tracestate = envelope.traceparent, envelope.tracestate
    if traceparent is None and tracestate is None:
        return envelope
    if traceparent is None or not _TRACEPARENT.fullmatch(traceparent):
        traceparent = tracestate = None
    elif tracestate is not None and len(tracestate) > _MAX_TRACESTATE_LENGTH:
        tracestate = None
    return msgspec.structs.replace(envelope, traceparent=traceparent, tracestate=tracestate)
