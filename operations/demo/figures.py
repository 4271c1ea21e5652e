"""The figures of the summary: from what was sent, what the consumers read, and what is on record."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messages.destinations import INBOUND
from operations.demo.cloud_events import CloudEvent
from operations.demo.consumers import Read
from operations.demo.followed import Step, followed
from operations.demo.ledger import Account, ledger
from operations.demo.records import DeadLetter, Records
from writeoff.money import display, parse
from writeoff.policy.model import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class CameIn:
    """One inbound queue: what was sent to it, and what became of that. `repeated` was known already."""

    queue: str
    sent: int
    done: int
    refused: int
    waiting: int
    dead: int
    repeated: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventKind:
    """One kind of event: how many ended how, and the messages that came of them."""

    kind: str
    complete: int
    canceled: int
    failed: int
    pending: int
    messages: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """One consumer's queue: messages by type."""

    name: str
    messages: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One reason: how often by company, and what one of the answers says."""

    reason: str
    by_company: Mapping[str, int]
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One type of to-do: for whom, how many, and the subject of one."""

    todo_type: str
    role: str
    count: int
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Everything that the summary shows."""

    came_in: Sequence[CameIn]
    events: Sequence[EventKind]
    consumers: Sequence[Queue]
    still_referred: Mapping[str, str]
    ledger: Mapping[str, Sequence[Account]]
    journals: Mapping[str, int]
    answers: Mapping[str, int]
    refusals: Sequence[Refusal]
    todos: Sequence[Task]
    dead_letters: Sequence[DeadLetter]
    followed: Sequence[Step]


def collect(
    sent: Iterable[CloudEvent],
    read: Sequence[Read],
    queues: Iterable[str],
    records: Records,
    policies: Iterable[Policy],
) -> Figures:
    """Add everything up. A message read twice counts once: consumers deduplicate on its id."""
    once = list({(each.queue, each.message["id"]): each for each in read}.values())
    latest = _latest_answers(once)
    return Figures(
        came_in=_came_in(sent, records),
        events=_events(once, records),
        consumers=[
            Queue(name=queue, messages=_count(each.kind for each in read if each.queue == queue))
            for queue in queues
        ],
        still_referred=_still_referred(once),
        ledger=ledger(once, policies),
        journals=_count(each.data["kind"] for each in once if each.kind == "journal-posted"),
        answers=_count(each.data["status"] for each in latest),
        refusals=_refusals(latest),
        todos=_todos(once),
        dead_letters=records.dead_letters,
        followed=followed(once),
    )


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _came_in(sent: Iterable[CloudEvent], records: Records) -> list[CameIn]:
    queue_of = {binding.routing_key: queue.name for queue in INBOUND for binding in queue.bindings}
    counts = Counter(queue_of[event["type"]] for event in sent)
    dead = Counter(letter.queue for letter in records.dead_letters)
    rows = []
    for queue, count in counts.items():
        states = {state: records.inbox.get((queue, state), 0) for state in ("done", "refused", "waiting")}
        repeated = count - sum(states.values()) - dead[queue]
        rows.append(CameIn(queue=queue, sent=count, dead=dead[queue], repeated=repeated, **states))
    return rows


def _events(read: Sequence[Read], records: Records) -> list[EventKind]:
    """Attribute messages to kinds by what each process's first message says of its events."""
    kind_of = {
        (each.data["process_id"], event["sequence"]): event["kind"]
        for each in read
        if each.kind == "process-started"
        for event in each.data["events"]
    }
    caused: dict[str, Counter[str]] = defaultdict(Counter)
    for each in read:
        kind = kind_of.get((each.data.get("process_id"), each.data.get("event_sequence")))
        if each.kind == "referral-cancelled":
            kind = "cancel-agency-referral"
        if kind is not None:
            caused[kind][each.kind] += 1
    kinds = sorted({kind for kind, _ in records.events})
    return [
        EventKind(
            kind=kind,
            messages=dict(caused[kind]),
            **{
                status: records.events.get((kind, status), 0)
                for status in ("complete", "canceled", "failed", "pending")
            },
        )
        for kind in kinds
    ]


def _still_referred(read: Iterable[Read]) -> dict[str, str]:
    """Return what each agency's queue adds up to: the last amount of each of its referrals."""
    last: dict[str, Read] = {}
    for each in read:
        referral = each.data.get("referral_id")
        if referral and each.data["history_sequence"] > _history(last.get(referral)):
            last[referral] = each
    sums: Counter[tuple[str, str]] = Counter()
    for each in last.values():
        ended = each.kind in {"referral-cancelled", "referral-paid"}
        currency = each.data["currency"]
        sums[each.queue, currency] += 0 if ended else parse(each.data["amount"], currency)
    return {queue: display(minor, currency) for (queue, currency), minor in sorted(sums.items())}


def _history(read: Read | None) -> int:
    return read.data["history_sequence"] if read else 0


def _latest_answers(read: Iterable[Read]) -> list[Read]:
    """Return the last revision of each answer: it has the figures of the whole command."""
    latest: dict[str, Read] = {}
    for each in read:
        if each.kind == "request-answered":
            known = latest.get(each.data["answers_message_id"])
            if known is None or known.data["revision"] < each.data["revision"]:
                latest[each.data["answers_message_id"]] = each
    return list(latest.values())


def _refusals(answers: Iterable[Read]) -> list[Refusal]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[str, str] = {}
    for answer in answers:
        refused: list[Mapping[str, Any]] = list(answer.data["refusals"])
        if answer.data["refusal"]:
            refused.append({"reason": answer.data["refusal"], "message": answer.data["message"]})
        for each in refused:
            counts[each["reason"]][answer.message["opco"]] += 1
            examples[each["reason"]] = min(each["message"], examples.get(each["reason"], each["message"]))
    return [
        Refusal(reason=reason, by_company=dict(by_company), example=examples[reason])
        for reason, by_company in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


def _todos(read: Iterable[Read]) -> list[Task]:
    counts: Counter[tuple[str, str]] = Counter()
    subjects: dict[str, str] = {}
    for each in read:
        if each.kind == "todo-created":
            todo_type, subject = each.data["todo_type"], each.data["subject"]
            counts[todo_type, each.data["role"]] += 1
            subjects[todo_type] = min(subject, subjects.get(todo_type, subject))
    return [
        Task(todo_type=todo_type, role=role, count=count, example=subjects[todo_type])
        for (todo_type, role), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
