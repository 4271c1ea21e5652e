"""The texts of to-dos: plain sentences with a few named placeholders, filled and nothing more."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, get_args

Placeholder = Literal["account_id", "amount", "written_off", "referral", "reason", "detail"]
PLACEHOLDERS: tuple[Placeholder, ...] = get_args(Placeholder)
#: What stands for a value that the occasion does not have, such as the amount of an orphan attempt.
ABSENT = "-"

_BRACES = re.compile(r"\{([^{}]*)\}")


def fill(template: str, values: Mapping[Placeholder, str]) -> str:
    """Return the template with its placeholders replaced, in one pass: braces within a value stay.

    Neither `str.format` nor a template engine: a policy must not reach into our objects.
    """
    return "".join([part if name is None else values.get(name, ABSENT) for part, name in _parts(template)])


@lru_cache(maxsize=1_000)  # a policy has some dozens
def _parts(template: str) -> tuple[tuple[str, Placeholder | None], ...]:
    """Return what a template is made of, in order: text, and placeholders by their names."""
    by_name: dict[str, Placeholder] = {name: name for name in PLACEHOLDERS}
    found: list[tuple[str, Placeholder | None]] = []
    for number, part in enumerate(_BRACES.split(template)):
        name = by_name.get(part) if number % 2 else None
        text = f"{{{part}}}" if number % 2 else part
        found.append((text, name))
    return tuple(found)


def problems(template: str) -> Iterator[str]:
    """Say what is wrong with a template's braces."""
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in _BRACES.findall(template):
        if name not in PLACEHOLDERS:
            yield f"{{{name}}} is no placeholder; allowed: {allowed}"
    if re.search(r"[{}]", _BRACES.sub("", template)):
        yield f"a brace without its partner; allowed: {allowed}"
