"""Checks of the rules that say which requests need approval, and by whom (R5)."""

from collections.abc import Iterator
from decimal import Decimal

from writeoff.policy.shape import ApprovalRuleTable
from writeoff.policy.structure import Draft, join


def rules(draft: Draft) -> Iterator[str]:
    """Check priorities, bands, who decides, and that each rule can be reached."""
    if not draft.has("approvals"):
        return
    taken: dict[int, int] = {}
    for index, rule in enumerate(draft.table.approvals):
        path = join("approvals", index)
        first = taken.setdefault(rule.priority, index)
        if first != index:
            yield f"{path}.priority: {rule.priority} is that of approvals[{first}]; allowed: each once"
        low, high = _band(rule)
        if high is not None and low >= high:
            yield f'{path}.amount_below: not above amount_from; allowed: more than "{rule.amount_from or 0}"'
        yield from _roles(path, rule)
    yield from _hidden(draft)


def _roles(path: str, rule: ApprovalRuleTable) -> Iterator[str]:
    if rule.roles is None:
        return
    if not rule.needed:
        yield f"{path}.roles: there is nothing to decide where needed is false; allowed: to leave it out"
    elif not rule.roles:
        yield f"{path}.roles: empty, so nobody could decide; allowed: one role or more"
    if len(set(rule.roles)) < len(rule.roles):
        yield f"{path}.roles: a role stands here twice; allowed: each once"


def _hidden(draft: Draft) -> Iterator[str]:
    in_order = sorted(enumerate(draft.table.approvals), key=lambda numbered: numbered[1].priority)
    for place, (index, rule) in enumerate(in_order):
        for number, earlier in in_order[:place]:
            if _hides(earlier, rule):
                yield (
                    f"{join('approvals', index)}: never reached, since approvals[{number}] matches all of it "
                    "before; allowed: a higher priority number for the wider rule"
                )
                break


def _hides(earlier: ApprovalRuleTable, later: ApprovalRuleTable) -> bool:
    """Tell whether every request that `later` matches is matched by `earlier` as well."""
    low, high = _band(earlier)
    later_low, later_high = _band(later)
    return (
        earlier.kind in (None, later.kind)
        and earlier.disposition in (None, later.disposition)
        and low <= later_low
        and (high is None or (later_high is not None and later_high <= high))
    )


def _band(rule: ApprovalRuleTable) -> tuple[Decimal, Decimal | None]:
    low = Decimal(rule.amount_from) if rule.amount_from is not None else Decimal(0)
    return low, Decimal(rule.amount_below) if rule.amount_below is not None else None
