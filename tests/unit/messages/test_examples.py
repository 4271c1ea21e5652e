import json
from pathlib import Path

import jsonschema
import pytest

from messages import inbound, outbound, schemas
from messages.envelope import read
from tests.unit.messages.examples import INBOUND, OUTBOUND, STRUCTURED, binary, ids

SCHEMAS = schemas.by_type()


def test_every_type_has_an_example() -> None:
    shown = {json.loads(path.read_bytes())["type"] for path in INBOUND + OUTBOUND}
    assert shown == (inbound.TYPES.keys() | outbound.TYPES.keys()) - {"writeoff.dead-letter-recorded.v1"}


@pytest.mark.parametrize("path", INBOUND, ids=ids)
def test_an_inbound_example_is_read_in_both_modes(path: Path) -> None:
    raw = path.read_bytes()
    envelope = read(raw, STRUCTURED, {})
    data = inbound.parse(envelope)
    assert data.type_name == envelope.type
    assert inbound.parse(read(*_binary(raw))) == data


@pytest.mark.parametrize("path", OUTBOUND, ids=ids)
def test_an_outbound_example_is_written_again_as_it_stands(path: Path) -> None:
    raw = path.read_bytes()
    message = outbound.parse(raw)
    assert isinstance(message.data, outbound.TYPES[message.type].struct)
    assert _in_order(outbound.encode(message)) == _in_order(raw)


@pytest.mark.parametrize("path", INBOUND + OUTBOUND, ids=ids)
def test_an_example_is_valid_by_its_schema(path: Path) -> None:
    document = json.loads(path.read_bytes())
    jsonschema.Draft202012Validator(SCHEMAS[document["type"]]).validate(document)


def _binary(raw: bytes) -> tuple[bytes, str, dict[str, object]]:
    content, headers = binary(json.loads(raw))
    return content, "application/json", headers


def _in_order(raw: bytes) -> str:
    return json.dumps(json.loads(raw))
