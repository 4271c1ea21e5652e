from typing import Any

import jsonschema
import pytest

from messages import asyncapi, destinations, inbound, outbound, schemas

DOCUMENT = asyncapi.document()


@pytest.mark.parametrize("path", schemas.documents())
def test_a_committed_document_is_up_to_date(path: str) -> None:
    committed = (schemas.DOCS / path).read_text(encoding="utf-8")
    assert committed == schemas.documents()[path], "run: python -m messages.schemas"


def test_nothing_else_is_committed_beside_the_schemas() -> None:
    committed = {f"schemas/{path.name}" for path in (schemas.DOCS / "schemas").iterdir()}
    assert committed == schemas.documents().keys() - {"asyncapi.json"}


@pytest.mark.parametrize(("name", "schema"), schemas.by_type().items())
def test_a_schema_is_valid_and_describes_every_struct(name: str, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == name
    for definition in schema["$defs"].values():
        assert definition["description"]
        assert "\n " not in definition["description"]


def test_the_document_covers_every_type_in_its_direction() -> None:
    operations = DOCUMENT["operations"]
    actions = {name.partition(".")[2]: operation["action"] for name, operation in operations.items()}
    received = dict.fromkeys(inbound.TYPES, "receive")
    assert actions == received | dict.fromkeys(outbound.TYPES, "send")
    assert DOCUMENT["channels"].keys() == DOCUMENT["components"]["messages"].keys() == actions.keys()


def test_every_queue_stands_in_the_document() -> None:
    queues = {channel["x-queue"] for channel in DOCUMENT["channels"].values()}
    assert queues == {queue.name for queue in (*destinations.INBOUND, *destinations.outbound([]))} | {
        destinations.AGENCY
    }


def test_every_reference_in_the_document_leads_somewhere() -> None:
    for reference in _references(DOCUMENT):
        target: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_structs_of_one_name_do_not_meet() -> None:
    assert all(name.isidentifier() and "_" not in name for name in DOCUMENT["components"]["schemas"])


def test_writing_makes_the_documents(tmp_path: Any) -> None:
    schemas.main(tmp_path)
    assert (tmp_path / "asyncapi.json").read_text() == schemas.documents()["asyncapi.json"]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for member in value.values() for found in _references(member)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    return []
