"""The contract's examples, and ways to spoil a copy of one."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "examples" / "messages"
INBOUND = sorted((FOLDER / "inbound").glob("*.json"))
OUTBOUND = sorted((FOLDER / "outbound").glob("*.json"))
STRUCTURED = "application/cloudevents+json"


def inbound(name: str) -> dict[str, Any]:
    """Give the inbound example of that name, such as `payment-received`, free to change."""
    document: dict[str, Any] = json.loads((FOLDER / "inbound" / f"{name}.json").read_bytes())
    return document


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def binary(document: dict[str, Any], prefix: str = "ce-") -> tuple[bytes, dict[str, object]]:
    """Give the same message in binary mode: its body and its headers."""
    attributes = {name: value for name, value in document.items() if name not in {"data", "datacontenttype"}}
    return body(document["data"]), {prefix + name: value for name, value in attributes.items()}


def ids(path: Path) -> str:
    return path.stem
