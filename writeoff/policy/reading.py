"""A policy from its TOML text, and to and from the bytes that are stored under its digest."""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import rfc8785

from writeoff.errors import PolicyInvalid
from writeoff.policy import accounts, approvals, model, references, templates
from writeoff.policy.building import policy_of
from writeoff.policy.structure import Draft, draft_of, join

#: A policy of a large opco is 30 kB; what is a megabyte is no policy.
MAX_TEXT = 1_000_000

#: Says what is wrong with an event type's kind and parameters, each problem as `path: ...` below the event
#: type (`parameters.months: missing; ...`). The handlers of the kinds provide it.
CheckEventType = Callable[[model.EventType, model.Policy], Iterable[str]]

_CHECKS: tuple[Callable[[Draft], Iterator[str]], ...] = (
    references.place,
    references.amounts,
    references.roles,
    references.attempts,
    accounts.chart,
    templates.templates,
    templates.rules,
    approvals.rules,
    references.contacts,
    references.todos,
)


def read(text: str, origin: str, check_event_type: CheckEventType | None = None) -> model.Policy:
    """Return the policy that a TOML text says; `origin` names the text to people.

    Raises `PolicyInvalid` with every problem. Event parameters are looked at when nothing else is wrong with
    what they may refer to, and only by `check_event_type`.
    """
    draft, problems = draft_of(_content(text, origin))
    problems += tuple(problem for check in _CHECKS for problem in check(draft))
    if problems:
        raise PolicyInvalid(origin, problems)
    policy = load(_canonical(policy_of(draft.table)))
    if check_event_type is not None:
        problems = tuple(
            f"{join('event_types', event_type.code)}.{problem}"
            for event_type in policy.event_types.values()
            for problem in check_event_type(event_type, policy)
        )
        if problems:
            raise PolicyInvalid(origin, problems)
    return policy


def dump(policy: model.Policy) -> bytes:
    """Return the bytes to store under `policy.digest`, which is their SHA-256."""
    return _canonical(policy)


def load(body: bytes) -> model.Policy:
    """Return the policy that `dump` made the bytes of, without judging its rules again.

    A process keeps the version it began with, even when a later release would refuse it as a new one.
    Raises `PolicyInvalid` for bytes that hold no policy: they were not stored by us, or damaged since.
    """
    digest = hashlib.sha256(body).hexdigest()
    try:
        content = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert(content | {"digest": digest}, model.Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyInvalid(f"stored as {digest[:16]}", (f"content: {error}",)) from None


def _content(text: str, origin: str) -> dict[str, Any]:
    if len(text) > MAX_TEXT:
        raise PolicyInvalid(origin, (f"file: {len(text)} characters; allowed: at most {MAX_TEXT}",))
    try:
        text.encode()
        return tomllib.loads(text)
    # Not TOMLDecodeError alone: an endless number is a plain ValueError, and nested lists exhaust the stack.
    except (ValueError, RecursionError) as error:
        raise PolicyInvalid(origin, (f"file: not TOML: {error}; allowed: TOML 1.0 in UTF-8",)) from None


def _canonical(policy: model.Policy) -> bytes:
    content = msgspec.to_builtins(policy)
    del content["digest"]
    return rfc8785.dumps(content)
