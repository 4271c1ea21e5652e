"""What became of each message that was meant: decided or dead, never both nor neither; and nothing else."""

from collections.abc import Iterator

from proving.checker.evidence import Evidence, Intent
from proving.checker.findings import Tally

#: What every name in poison begins with (`proving.load.poison`).
POISON = "POISON"
#: Where messages come from that upstream has sent; what operators do has another source.
UPSTREAM = ("/pulse/", "/agency/", "/consumers/")


def checks(evidence: Evidence) -> Iterator[Tally]:
    """Look at every intent, and at everything that was taken in."""
    yield _fates(evidence)
    yield _invented(evidence)
    yield _poison(evidence)


def _fates(evidence: Evidence) -> Tally:
    tally = Tally(
        name="one final state",
        promise="Each message that the broker acknowledged is decided or a dead letter, and not both",
    )
    inbox = {(row["source"], row["id"]): row for row in evidence["inbox"]}
    dead = {row["sha256"]: row for row in evidence["dead_letters"]}
    for intent in evidence.intents:
        row, letter = inbox.get((intent.source, intent.id)), dead.get(intent.sha256)
        decided = row is not None and row["digest"] == intent.sha256
        state = str(row["state"]) if decided and row is not None else ""
        if not intent.acknowledged:  # may have arrived or not, but not as two things
            tally.look(intent.name, "at most one fate", "two", ok=not (decided and letter is not None))
        elif intent.expect == "decided":
            ok = state in {"done", "refused"} and letter is None
            tally.look(intent.name, "decided, and no dead letter", _told(state, letter), ok=ok)
        else:
            tally.look(intent.name, _wanted(intent), _told(state, letter), ok=_dead(intent, state, letter))
    return tally


def _dead(intent: Intent, state: str, letter: dict[str, object] | None) -> bool:
    return (
        not state
        and letter is not None
        and bytes(letter["body"]) == intent.body  # type: ignore[call-overload]
        and intent.reason in {None, letter["reason"]}
    )


def _wanted(intent: Intent) -> str:
    return f"a dead letter with its exact bytes ({intent.reason or 'whatever the reason'})"


def _told(state: str, letter: dict[str, object] | None) -> str:
    parts = [f"{state} in the journal of messages"] if state else []
    if letter is not None:
        parts.append(f"a dead letter ({letter['reason']}: {letter['problem']})")
    return " and ".join(parts) or "nothing"


def _invented(evidence: Evidence) -> Tally:
    tally = Tally(
        name="nothing invented", promise="Whatever is journaled or received was caused by what was sent"
    )
    meant = {(each.source, each.id, each.sha256) for each in evidence.intents}
    bodies = {each.sha256 for each in evidence.intents}
    causes = {each.id for each in evidence.intents}
    for row in evidence["inbox"]:
        if str(row["source"]).startswith(UPSTREAM):
            key = (row["source"], row["id"], row["digest"])
            tally.look(f"message {row['id']} in the journal", "one that was sent", "none", ok=key in meant)
    for row in evidence["dead_letters"]:
        sent = row["sha256"] in bodies
        tally.look(f"dead letter {row['dead_letter_id']}", "bytes that were sent", "others", ok=sent)
    accounts = {account for story in evidence.stories for account in story["accounts"]}
    requests = {request for story in evidence.stories for request in story["requests"]}
    for row in evidence["processes"]:
        known = row["account_id"] in accounts and row["request_id"] in requests
        tally.look(f"process {row['process_id']}", "one that was asked for", "another", ok=known)
    for each in evidence.messages:
        if each.queue != "writeoff.dead-letter":
            cause = str(each.message.get("causationid"))
            tally.look(
                f"message {each.id} to {each.queue}", "caused by what was sent", cause, ok=cause in causes
            )
    return tally


def _poison(evidence: Evidence) -> Tally:
    tally = Tally(
        name="poison changes nothing", promise="What is refused as a dead letter leaves no trace but itself"
    )
    names = [
        (table, row[column])
        for table, column in (
            ("accounts", "account_id"),
            ("payments", "payment_id"),
            ("requests", "request_id"),
            ("processes", "account_id"),
            ("todos", "account_id"),
        )
        for row in evidence[table]
    ]
    for table, name in names:
        tally.look(f"{table}: {name}", "nothing of poison", str(name), ok=not str(name).startswith(POISON))
    for each in evidence.messages:
        if each.queue != "writeoff.dead-letter":
            tally.look(
                f"message {each.id} to {each.queue}", "nothing of poison", "it", ok=POISON not in each.body
            )
    return tally
