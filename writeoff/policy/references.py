"""Checks of a policy: what one table says of another, and what a single value means beyond its form."""

import functools
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import get_args

from writeoff import money
from writeoff.errors import AmountMalformed, CurrencyUnknown
from writeoff.policy import texts
from writeoff.policy.model import AttemptReason, TodoPurpose
from writeoff.policy.structure import Draft, join, shown

#: How many names a problem lists: all of a usual policy's, and not a screenful of a large one's.
_LISTED = 20


def place(draft: Draft) -> Iterator[str]:
    """Check currency and time zone."""
    if draft.has("currency"):
        try:
            money.digits(draft.table.currency)
        except CurrencyUnknown:
            yield (
                f"currency: {shown(draft.table.currency)} is not an active ISO 4217 code; "
                'allowed: one in use, such as "RWF"'
            )
    if draft.has("time_zone") and draft.table.time_zone not in _time_zones():
        yield (
            f"time_zone: {shown(draft.table.time_zone)} is no IANA time zone; "
            'allowed: one of the tz database, such as "Africa/Kigali"'
        )


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def amounts(draft: Draft) -> Iterator[str]:
    """Check that amounts have no more digits than the currency (R17)."""
    if not draft.has("currency"):
        return
    named: list[tuple[str, str | None]] = [("small_balance_below", draft.table.small_balance_below)]
    for section in ("template_rules", "approvals"):
        for index, rule in enumerate(getattr(draft.table, section) if draft.has(section) else ()):
            at = join(section, index)
            named += [(f"{at}.amount_from", rule.amount_from), (f"{at}.amount_below", rule.amount_below)]
    for path, amount in named:
        if amount is None or path in draft.broken:
            continue
        try:
            money.parse(amount, draft.table.currency)
        except AmountMalformed as malformed:
            yield f"{path}: {shown(amount)} is not allowed: {malformed.problem}"
        except CurrencyUnknown:
            return


def roles(draft: Draft) -> Iterator[str]:
    """Check that somebody may ask for each thing (R1)."""
    if not draft.has("roles"):
        return
    for name in draft.table.roles.__struct_fields__:
        named = getattr(draft.table.roles, name)
        if not named:
            yield f"roles.{name}: empty, so nobody could; allowed: one role or more"
        if len(set(named)) < len(named):
            yield f"roles.{name}: a role stands here twice; allowed: each once"


def attempts(draft: Draft) -> Iterator[str]:
    """Check that each reason of a failed repossession has an outcome, and a hold its date (R6)."""
    if not draft.has("attempts"):
        return
    outcomes = draft.table.attempts.outcomes
    for reason in get_args(AttemptReason):
        if reason not in outcomes:
            yield f"attempts.outcomes.{reason}: missing; allowed: an outcome for each of the eight reasons"
        elif outcomes[reason] == "hold" and reason != "promised-to-pay":
            yield (
                f'attempts.outcomes.{reason}: "hold" is not allowed, since only promised-to-pay has a date '
                "to hold until; allowed: any other outcome"
            )


def todos(draft: Draft) -> Iterator[str]:
    """Check that each occasion has its to-do type, and that the texts hold only known placeholders."""
    if draft.has("todo_for"):
        for purpose in get_args(TodoPurpose):
            if purpose in draft.table.todo_for:
                path = f"todo_for.{purpose}"
                yield from known(draft, path, "todo_types", draft.table.todo_for[purpose])
            elif join("todo_for", purpose) not in draft.broken:
                yield f"todo_for.{purpose}: missing; allowed: {_names(draft, 'todo_types')}"
    if draft.has("todo_types"):
        for code, todo_type in draft.table.todo_types.items():
            for key in ("subject", "message"):
                for problem in texts.problems(getattr(todo_type, key)):
                    yield f"{join('todo_types', code)}.{key}: {problem}"


def contacts(draft: Draft) -> Iterator[str]:
    """Check that a letter can be corrected (R25)."""
    if draft.has("correction_contact_type"):
        named = draft.table.correction_contact_type
        yield from known(draft, "correction_contact_type", "contact_types", named)


def known(draft: Draft, path: str, section: str, key: str) -> Iterator[str]:
    """Check that an entry exists."""
    if draft.lacks(section, key):
        yield f"{path}: {shown(key)} is not in {section}; allowed: {_names(draft, section)}"


def _names(draft: Draft, section: str) -> str:
    if not draft.has(section):
        return f"an entry of {section}"
    return listed(getattr(draft.table, section))


def listed(names: Iterable[str]) -> str:
    """Return names as a problem lists them, sorted."""
    in_order = sorted(names)
    if not in_order:
        return "none, the table is empty"
    more = f" and {len(in_order) - _LISTED} more" if len(in_order) > _LISTED else ""
    return ", ".join(in_order[:_LISTED]) + more
