"""The texts of to-dos: plain sentences with a few named placeholders, filled and nothing more."""

import re
from collections.abc import Iterator, Mapping
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
    known: dict[str, str] = {name: values.get(name, ABSENT) for name in PLACEHOLDERS}
    return _BRACES.sub(lambda match: known.get(match[1], match[0]), template)


def problems(template: str) -> Iterator[str]:
    """Say what is wrong with a template's braces."""
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in _BRACES.findall(template):
        if name not in PLACEHOLDERS:
            yield f"{{{name}}} is no placeholder; allowed: {allowed}"
    if re.search(r"[{}]", _BRACES.sub("", template)):
        yield f"a brace without its partner; allowed: {allowed}"
