"""JSON Schemas and the AsyncAPI document: `python -m messages.schemas` writes them to `docs/`.

They are made from the models, and committed; a test holds that they are up to date. What needs two
fields to judge no schema says: see the `check` of each inbound type.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from messages import asyncapi, inbound, outbound, shapes

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DOCS: Final = Path(__file__).parent.parent / "docs"

_REFERENCES: Final = "#/$defs/{name}"


def by_type() -> dict[str, dict[str, Any]]:
    """Give the schema of each message type, inbound and outbound, by its name."""
    received = {name: shapes.received(struct, _REFERENCES) for name, struct in inbound.TYPES.items()}
    sent = {name: shapes.sent(kind.struct, _REFERENCES) for name, kind in outbound.TYPES.items()}
    return {
        name: {"$schema": DIALECT, **shape.schema, "$defs": shape.definitions}
        for name, shape in (received | sent).items()
    }


def documents() -> dict[str, str]:
    """Give the text of every generated document by its path below `docs/`."""
    files: dict[str, Mapping[str, Any]] = {
        f"schemas/{name}.json": schema for name, schema in by_type().items()
    }
    files["asyncapi.json"] = asyncapi.document()
    return {path: json.dumps(content, indent=2) + "\n" for path, content in files.items()}


def main(folder: Path = DOCS) -> None:
    """Write all documents below `folder`: the only I/O of this package, done by no running process."""
    for path, text in documents().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
