"""Checks of a policy's templates and of the rules that choose among them (R8, R9)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from writeoff.policy.references import known
from writeoff.policy.shape import TemplateEventTable, TemplateRuleTable
from writeoff.policy.structure import Draft, join

#: What an agreement that the customer chose to stop must not cause (R8).
_NOT_FOR_OPT_OUT = ("affect-credit-rating", "refer-to-agency")
#: What may wait for an agency's acknowledgement (R9), and what it acknowledges.
_WRITES_OFF = ("write-off-distribution-code", "write-off-sa-type")
_RECALLS = "cancel-agency-referral"


def templates(draft: Draft) -> Iterator[str]:
    """Check each template's events: their order, their types, and what they come after."""
    if not draft.has("templates"):
        return
    for name, template in draft.table.templates.items():
        at = f"{join('templates', name)}.events"
        if not template.events:
            yield f"{at}: empty; allowed: one event or more"
        earlier: list[int] = []
        for index, event in enumerate(template.events):
            path = join(at, index)
            yield from known(draft, f"{path}.event_type", "event_types", event.event_type)
            yield from _order(path, event, earlier)
            yield from _recall_wait(draft, path, template.events[: index + 1])
            earlier.append(event.sequence)


def _order(path: str, event: TemplateEventTable, earlier: list[int]) -> Iterator[str]:
    if earlier and event.sequence <= max(earlier):
        yield f"{path}.sequence: {event.sequence} is not above {max(earlier)}; allowed: ascending, each once"
    after = event.after or ()
    for index, sequence in enumerate(after):
        if sequence not in earlier:
            listed = ", ".join(map(str, earlier)) or "none, this is the first event"
            yield f"{path}.after[{index}]: {sequence} is no earlier sequence; allowed: {listed}"
    if len(set(after)) < len(after):
        yield f"{path}.after: a sequence stands here twice; allowed: each once"


def _recall_wait(draft: Draft, path: str, events: Sequence[TemplateEventTable]) -> Iterator[str]:
    """Check that what waits for a recall writes off, and comes after a recall (R9)."""
    event = events[-1]
    if event.recall_wait_hours is None or not draft.whole("event_types", "templates"):
        return
    kinds = {each.sequence: _kind(draft, each) for each in events}
    kind = kinds[event.sequence]
    if kind is not None and kind not in _WRITES_OFF:
        yield (
            f"{path}.recall_wait_hours: not allowed for kind {kind}; "
            f"allowed: kinds {' and '.join(_WRITES_OFF)} alone"
        )
    elif all(kinds.get(sequence) not in (None, _RECALLS) for sequence in _before(events)):
        yield (
            f"{path}.recall_wait_hours: not allowed, since nothing is recalled before; "
            f"allowed: after an event of kind {_RECALLS}"
        )


def _kind(draft: Draft, event: TemplateEventTable) -> str | None:
    """Return the kind of a template's event; None where its event type is not known."""
    event_type = draft.table.event_types.get(event.event_type)
    return None if event_type is None else event_type.kind


def _before(events: Sequence[TemplateEventTable]) -> set[int]:
    """Return the sequences that the last of these events comes after, directly or by others."""
    earlier = [each.sequence for each in events[:-1]]
    if events[-1].after is None:
        return set(earlier)
    places = {each.sequence: index for index, each in enumerate(events)}
    found: set[int] = set()
    for sequence in events[-1].after:
        if sequence in earlier:
            found |= {sequence} | _before(events[: places[sequence] + 1])
    return found


def rules(draft: Draft) -> Iterator[str]:
    """Check that some rule always matches, each names a template, and opt-outs find a fitting one (R8)."""
    if not draft.has("template_rules"):
        return
    in_order = sorted(enumerate(draft.table.template_rules), key=lambda numbered: numbered[1].priority)
    if not in_order:
        yield "template_rules: empty; allowed: rules of which the last is unconditional"
        return
    taken: dict[int, int] = {}
    for index, rule in enumerate(draft.table.template_rules):
        path = join("template_rules", index)
        yield from known(draft, f"{path}.template", "templates", rule.template)
        yield from _ranges(path, rule)
        first = taken.setdefault(rule.priority, index)
        if first != index:
            yield f"{path}.priority: {rule.priority} is that of template_rules[{first}]; allowed: each once"
    last, rule = in_order[-1]
    conditions = _criteria(rule)
    if conditions:
        yield (
            f"{join('template_rules', last)}: the last rule (highest priority number) has conditions: "
            f"{', '.join(conditions)}; allowed: none, so that every request finds a template"
        )
    yield from _opt_out(draft, in_order)


def _criteria(rule: TemplateRuleTable) -> list[str]:
    return [
        field
        for field in rule.__struct_fields__
        if field not in ("priority", "template") and getattr(rule, field) is not None
    ]


def _ranges(path: str, rule: TemplateRuleTable) -> Iterator[str]:
    days, amount = _days(rule), _amount(rule)
    if days.empty:
        yield f"{path}.days_in_default_below: not above days_in_default_from; allowed: more than {days.start}"
    if amount.empty:
        yield f'{path}.amount_below: not above amount_from; allowed: more than "{rule.amount_from}"'


def _opt_out(draft: Draft, in_order: list[tuple[int, TemplateRuleTable]]) -> Iterator[str]:
    """Check the templates that an opt-out can reach: those of rules that no earlier rule hides from it."""
    if not draft.has("templates", "event_types"):
        return
    before: list[TemplateRuleTable] = []
    for index, rule in in_order:
        # An opt-out is always asked for: what starts from a failed repossession is a write-off (R6).
        if rule.disposition not in (None, "opt_out") or rule.origin not in (None, "request"):
            continue
        template = draft.table.templates.get(rule.template)
        if template is not None and not any(_hides(earlier, rule) for earlier in before):
            for number, event in enumerate(template.events):
                event_type = draft.table.event_types.get(event.event_type)
                if event_type is not None and event_type.kind in _NOT_FOR_OPT_OUT:
                    path = join(f"{join('templates', rule.template)}.events", number)
                    yield (
                        f"{path}.event_type: kind {event_type.kind} is not allowed in a template that an "
                        f"opt_out reaches (by template_rules[{index}]); allowed: another kind, or an earlier "
                        "rule that sends opt_out elsewhere"
                    )
        before.append(rule)


def _hides(earlier: TemplateRuleTable, later: TemplateRuleTable) -> bool:
    """Tell whether every opt-out that `later` matches is matched by `earlier` as well."""
    return (
        all(
            getattr(earlier, key) in (None, getattr(later, key))
            for key in ("kind", "reason", "customer_class")
        )
        and _amount(earlier).holds(_amount(later))
        and _days(earlier).holds(_days(later))
    )


class _Range(msgspec.Struct, frozen=True):
    """A criterion from a lower bound (included) to an upper (excluded); without both it matches anything."""

    start: Decimal | int | None
    below: Decimal | int | None

    @property
    def empty(self) -> bool:
        return self.start is not None and self.below is not None and self.start >= self.below

    def holds(self, other: "_Range") -> bool:
        return (self.start is None or (other.start is not None and other.start >= self.start)) and (
            self.below is None or (other.below is not None and other.below <= self.below)
        )


def _days(rule: TemplateRuleTable) -> _Range:
    return _Range(rule.days_in_default_from, rule.days_in_default_below)


def _amount(rule: TemplateRuleTable) -> _Range:
    bounds = (rule.amount_from, rule.amount_below)
    return _Range(*(None if bound is None else Decimal(bound) for bound in bounds))
