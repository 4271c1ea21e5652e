"""Each effect once: by what it is about and not by its id, so that a second one under another id is seen."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from proving.checker.evidence import Evidence, Received, by
from proving.checker.findings import Tally

Data = Mapping[str, Any]

#: What a message of each kind is about: two with the same are one effect that happened twice.
ABOUT: Mapping[str, Callable[[Data], tuple[Any, ...]]] = {
    "process-started": lambda d: (d["process_id"],),
    "process-ended": lambda d: (d["process_id"],),
    "account-written-off": lambda d: (d["process_id"],),
    "account-restored": lambda d: (d["process_id"],),
    "demerit-recorded": lambda d: (d["process_id"], d["event_sequence"]),
    "demerit-ended": lambda d: (d["demerit_id"],),
    "letter-requested": lambda d: (d["process_id"], d["event_sequence"], d["person"]["person_id"]),
    "letter-correction-requested": lambda d: (d["corrects_contact_id"],),
    "todo-created": lambda d: (d["todo_id"],),
    "todo-closed": lambda d: (d["todo_id"],),
    "referral-placed": lambda d: (d["referral_id"],),
    "referral-changed": lambda d: (d["referral_id"], d["history_sequence"]),
    "referral-cancelled": lambda d: (d["referral_id"], d["history_sequence"]),
    "referral-paid": lambda d: (d["referral_id"], d["history_sequence"]),
    "journal-posted": lambda d: (
        *(d["account_id"], d["process_id"], d["request_id"], d["event_sequence"], d["kind"]),
        *(d["payment_id"], d["reverses_journal_id"]),
    ),
    "request-answered": lambda d: (
        *(d["request_id"], d["command"], d["answers_message_id"], d["revision"], d["part"]),
    ),
}
#: A complete event of these kinds has left exactly one of these.
LEFT = {"affect-credit-rating": "demerits", "send-to-do": "todos"}


def checks(evidence: Evidence) -> Iterator[Tally]:
    """Look at every message received, every event done, and every story whose outcome is known."""
    yield _once(evidence)
    yield _events(evidence)
    yield _stories(evidence)
    yield _figures(evidence)


def _once(evidence: Evidence) -> Tally:
    tally = Tally(name="each effect once", promise="No effect is told of twice under two ids")
    known: dict[tuple[str, tuple[Any, ...]], str] = {}
    for each in evidence.messages:
        if each.kind in ABOUT:
            about = ABOUT[each.kind](each.data)
            first = known.setdefault((each.kind, about), each.id)
            tally.look(f"{each.kind} of {about}", f"message {first} alone", each.id, ok=first == each.id)
    active = Counter(
        (row["opco"], row["account_id"]) for row in evidence["processes"] if row["status"] == "active"
    )
    for (_, account_id), count in active.items():
        tally.look(f"account {account_id}", "one active process", count, ok=count == 1)
    asked = Counter((row["opco"], row["request_id"], row["account_id"]) for row in evidence["processes"])
    for (_, request_id, account_id), count in asked.items():
        tally.look(f"request {request_id}, account {account_id}", "one process", count, ok=count == 1)
    return tally


def _events(evidence: Evidence) -> Tally:
    tally = Tally(
        name="events did what they say",
        promise="A complete event has left its effect once; one that is not has left none; none crashed",
    )
    left = {
        table: Counter((row["process_id"], row["event_sequence"]) for row in evidence[table])
        for table in ("demerits", "todos")
    }
    placed = Counter((row["process_id"], row["event_sequence"]) for row in evidence["referrals"])
    for event in evidence["events"]:
        key = (event["process_id"], event["sequence"])
        name = f"event {key[1]} ({event['kind']}, {event['status']}) of process {key[0]}"
        complete = event["status"] == "complete"
        tally.look(name, "no crash", event["detail"], ok=event["reason"] != "crashed")
        if event["kind"] in LEFT and event["status"] != "failed":
            tally.look(name, int(complete), left[LEFT[event["kind"]]][key])
        elif event["kind"] == "refer-to-agency" and event["status"] != "failed":
            # A rejected referral is followed by another of the same event.
            tally.look(name, f"{int(complete)} referral", placed[key], ok=(placed[key] > 0) == complete)
    ended = {row["process_id"] for row in evidence["processes"] if row["status"] == "inactive"}
    for event in evidence["events"]:
        if event["process_id"] in ended:
            closed = event["status"] in {"complete", "canceled"}
            name = f"event {event['sequence']} of the ended process {event['process_id']}"
            tally.look(name, "complete or canceled", event["status"], ok=closed)
    return tally


def _stories(evidence: Evidence) -> Tally:
    tally = Tally(
        name="stories end as they must",
        promise="Each story whose outcome is foreseen ended, with exactly the messages that were foreseen",
    )
    heard: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    owner = {
        key: story["name"] for story in evidence.stories for key in story["accounts"] + story["requests"]
    }
    for each in evidence.messages:
        for name in {owner.get(str(each.data.get(key))) for key in ("account_id", "request_id")} - {None}:
            heard[str(name)].add((_queue(each), each.kind, each.id))
    for story in evidence.stories:
        name = f"story {story['name']} ({story['sort']})"
        tally.look(name, "told to its end", f"waits for {story['waits_for']}", ok=story["finished"])
        if story["exact"] and story["finished"]:
            expected = {(queue, kind): times for queue, kind, times in story["expected"]}
            found = Counter((queue, kind) for queue, kind, _ in heard[story["name"]])
            wrong = sorted(k for k in expected.keys() | found.keys() if expected.get(k, 0) != found[k])
            tally.look(
                f"{name}, accounts {', '.join(story['accounts'][:3])}",
                {" ".join(key): expected.get(key, 0) for key in wrong},
                {" ".join(key): found[key] for key in wrong},
            )
    return tally


def _figures(evidence: Evidence) -> Tally:
    tally = Tally(
        name="journals to the cent",
        promise="The general ledger got exactly the journals that were foreseen, account by account",
    )
    posted: dict[str, list[Received]] = defaultdict(list)
    for each in evidence.messages:
        if each.kind == "journal-posted":
            posted[each.data["account_id"]].append(each)
    for story in evidence.stories:
        if not (story["exact"] and story["finished"]):
            continue
        foreseen = by(story["journals"], "account_id")
        for account_id in story["accounts"]:
            expected = sorted(json.dumps(_of_story(each), sort_keys=True) for each in foreseen[account_id])
            found = sorted(json.dumps(_of_message(each.data), sort_keys=True) for each in posted[account_id])
            missing = list((Counter(expected) - Counter(found)).elements())
            surplus = list((Counter(found) - Counter(expected)).elements())
            tally.look(f"account {account_id} of story {story['name']}", missing, surplus)
    return tally


def _of_story(journal: Data) -> dict[str, Any]:
    return {
        "kind": journal["kind"],
        "payment": journal["payment_id"],
        "debit": {account: str(amount) for account, amount in journal["debits"].items() if amount},
        "credit": {account: str(amount) for account, amount in journal["credits"].items() if amount},
    }


def _of_message(data: Data) -> dict[str, Any]:
    sides: dict[str, dict[str, Decimal]] = {"debit": defaultdict(Decimal), "credit": defaultdict(Decimal)}
    for line in data["lines"]:
        sides[line["side"]][line["gl_account"]] += Decimal(line["amount"])
    return {
        "kind": data["kind"],
        "payment": data["payment_id"],
        **{
            side: {account: str(amount) for account, amount in lines.items()} for side, lines in sides.items()
        },
    }


def _queue(each: Received) -> str:
    return "agency" if each.queue.startswith("agency.") else each.queue
