"""The JSON Schema of one whole message in structured mode: its envelope around its data."""

import inspect
from typing import Any, Final

import msgspec

from messages import inbound, outbound
from messages.envelope import Envelope
from messages.outbound.data import OutboundData

#: Written only when there is something to write; all else is in every outbound message.
_SOMETIMES: Final = frozenset({"traceparent", "tracestate"})


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A message's schema, and the schemas of the structs that it refers to, by their names."""

    schema: dict[str, Any]
    definitions: dict[str, Any]


def received(struct: type[inbound.Inbound], references: str) -> Shape:
    """Give the shape of an inbound message; `references` is a template such as `#/$defs/{name}`."""
    shell, definitions = _components(Envelope, struct, references)
    return _shape(shell, definitions, struct.type_name, references.format(name=struct.__name__))


def sent(struct: type[outbound.Outbound], references: str) -> Shape:
    """Give the shape of an outbound message. Every field is in it, null or not."""
    shell, definitions = _components(outbound.Message, struct, references)
    del definitions[OutboundData.__name__]
    for definition in (shell, *definitions.values()):
        definition["required"] = [name for name in definition["properties"] if name not in _SOMETIMES]
        for field in definition["properties"].values():
            field.pop("default", None)
    if struct is outbound.DeadLetterRecorded:
        shell["required"].remove("opco")  # it may be what could not be read
    return _shape(shell, definitions, struct.type_name, references.format(name=struct.__name__))


def _components(
    envelope: type[msgspec.Struct], struct: type[msgspec.Struct], references: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    _, definitions = msgspec.json.schema_components([envelope, struct], ref_template=references)
    for definition in definitions.values():
        definition["description"] = inspect.cleandoc(definition["description"])
    return definitions.pop(envelope.__name__), definitions


def _shape(shell: dict[str, Any], definitions: dict[str, Any], name: str, data: str) -> Shape:
    properties = shell["properties"] | {"type": {"const": name}, "data": {"$ref": data}}
    description = definitions[data.rpartition("/")[2]]["description"]
    schema = shell | {"title": name, "description": description, "properties": properties}
    return Shape(schema=schema, definitions=definitions)
