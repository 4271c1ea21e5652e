"""Texts that arrive beside a body, as a database takes them: brokers hand on what no UTF-8 can hold."""

from typing import Any

#: Stands for what cannot be kept (Unicode's replacement character).
REPLACEMENT = "\ufffd"


def storable(value: Any) -> Any:
    """Return a JSON value with NUL, and each half of a surrogate pair, replaced in all its texts."""
    match value:
        case str():
            return _text(value)
        case dict():
            return {_text(key): storable(each) for key, each in value.items()}
        case list():
            return [storable(each) for each in value]
        case _:
            return value


def _text(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
