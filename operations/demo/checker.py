"""Compares what consumers read with a hand-written file of expected figures. Imports nothing of the product.

    python checker.py expected.toml consumed.jsonl

`consumed.jsonl` has one line a delivery, `{"queue": ..., "message": ...}`; `writeoff demo --keep` leaves it.
Each message and each expectation becomes one line of text under a subject, mostly an account; the lines of a
subject are compared as multisets, so that order and identifiers do not matter and every figure does.
"""

import json
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Lines = dict[str, Counter[str]]
Finding = dict[str, Any]

_ACCOUNT = re.compile(r"[A-Z]{2}-[0-9]{4}")
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)( lines)?\}")
_DEAD_LETTERS = "dead letters"

#: What a line says of a message, by its kind; the rest is put together below.
_FIELDS = {
    "process-started": ("created_on", "template", "amount"),
    "process-ended": ("ended_on", "end_reason"),
    "account-written-off": ("write_off_date", "amount", "account_state"),
    "demerit-recorded": ("effective_from", "credit_rating_points", "cash_only_points"),
    "letter-requested": ("letter_date", "letter_template", "amount"),
    "todo-created": ("todo_type",),
    "referral-placed": ("activity_date", "amount"),
    "referral-changed": ("activity_date", "amount"),
    "referral-cancelled": ("activity_date",),
    "referral-paid": ("activity_date",),
    "journal-posted": ("transaction_date", "kind"),
    "dead-letter-recorded": ("origin", "reason", "path"),
}


def check(expected: Mapping[str, Any], deliveries: Sequence[Mapping[str, Any]]) -> dict[str, list[Finding]]:
    """Return what is `lost` (expected, not read), `doubled` (read more often) and `wrong` (other figures).

    A message read again under the same id is doubled, and its figures count once. Empty lists mean that the
    consumers have read exactly what the file says.
    """
    seen: Counter[tuple[str, str]] = Counter()
    wrong: list[Finding] = []
    read: Lines = defaultdict(Counter)
    for delivery in deliveries:
        queue, message = delivery["queue"], delivery["message"]
        seen[queue, message["id"]] += 1
        if seen[queue, message["id"]] == 1:
            wrong += _misplaced(expected, queue, message)
            read[subject(message)][line(message)] += 1
    doubled: list[Finding] = [
        {"queue": queue, "id": id_, "read": times} for (queue, id_), times in seen.items() if times > 1
    ]
    compared = _compared(expected_lines(expected), read)
    referrals = [each["message"] for each in deliveries if _kind(each["message"]).startswith("referral")]
    return {
        "lost": compared["lost"],
        "doubled": doubled + compared["doubled"],
        "wrong": [*wrong, *compared["wrong"], *_totals(expected, read), *_uneven(expected, referrals)],
    }


def subject(message: Mapping[str, Any]) -> str:
    """Return whom a message is about: an account, the command that it answers, or dead letters."""
    kind, data = _kind(message), message["data"]
    if kind == "dead-letter-recorded":
        return _DEAD_LETTERS
    if kind == "request-answered":
        account = _ACCOUNT.search(data["answers_message_id"])
        return account.group() if account else str(data["answers_message_id"])
    return str(data["account_id"])


def line(message: Mapping[str, Any]) -> str:
    """Return what a message says, as one line of the expected file."""
    kind, data = _kind(message), message["data"]
    return " ".join([kind, *(str(word) for word in _words(kind, data) if word is not None)])


def _kind(message: Mapping[str, Any]) -> str:
    return str(message["type"]).removeprefix("writeoff.").removesuffix(".v1")


def _words(kind: str, data: Mapping[str, Any]) -> Iterable[Any]:
    if kind == "request-answered":
        return _answer(data)
    words = [data[field] for field in _FIELDS.get(kind, ())]
    if kind == "account-written-off":
        words.append(data["repossession_category"] or "none")
    if kind == "demerit-recorded":
        words.append(_months(data["effective_from"], data["effective_to"]))
    if kind == "journal-posted":
        words.append("; ".join(sorted(_journal_line(each) for each in data["lines"])))
    return words


def _answer(data: Mapping[str, Any]) -> Iterator[Any]:
    yield from (data["answers_message_id"], data["request_id"], "revision", data["revision"], data["status"])
    if data["refusal"]:
        yield data["refusal"]
        return
    refusals = ", ".join(sorted(f"{each['account_id']} {each['reason']}" for each in data["refusals"]))
    count = f"{data['accepted']} of {data['accepted'] + data['refused']}"
    yield " ".join([count, *(total["amount"] for total in data["totals"])]) + (refusals and f": {refusals}")


def _journal_line(each: Mapping[str, Any]) -> str:
    claim = f" claimable {each['claimable_from']} to {each['claimable_until']}"
    return f"{each['side']} {each['gl_account']} {each['amount']}{claim if each['claimable_from'] else ''}"


def _months(first: str, last: str) -> int:
    (year, month, day), (to_year, to_month, to_day) = (map(int, each.split("-")) for each in (first, last))
    return (to_year - year) * 12 + to_month - month - (to_day < day)


def expected_lines(expected: Mapping[str, Any]) -> Lines:
    """Return the lines of every account and of what belongs to no story, placeholders filled."""
    lines: Lines = defaultdict(Counter)
    for story in expected["stories"]:
        entries = [entry for life in story.get("lives", ()) for entry in expected["lives"][life]]
        entries += story.get("entries", ())
        for company, count in story["accounts"].items():
            for position in range(1, count + 1):
                account = f"{company}-{story['number']:02}{position:02}"
                own = story.get("with", {}) | {"account": account}
                lines[account].update(_filled(expected, company, own, entry) for entry in entries)
    for other in expected["others"]:
        lines[other["subject"]].update(other["entries"])
    return lines


def _filled(expected: Mapping[str, Any], company: str, own: Mapping[str, str], entry: str) -> str:
    def value(placeholder: re.Match[str]) -> str:
        name = own.get(placeholder[1], placeholder[1])
        if placeholder[2]:
            return "; ".join(sorted(expected["lines"][name][company]))
        return str(expected["values"][name][company]) if name in expected["values"] else name

    return _PLACEHOLDER.sub(value, entry)


def _compared(expected: Lines, read: Lines) -> dict[str, list[Finding]]:
    """Compare subject by subject. Of one kind, what is missing and what is too much are one wrong figure."""
    found: dict[str, list[Finding]] = {"lost": [], "doubled": [], "wrong": []}
    for whom in sorted(expected.keys() | read.keys()):
        missing = sorted((expected[whom] - read[whom]).elements())
        extra = sorted((read[whom] - expected[whom]).elements())
        for entry in missing:
            twin = next((each for each in extra if each.split()[0] == entry.split()[0]), None)
            if twin is None:
                found["lost"].append({"subject": whom, "expected": entry})
            else:
                extra.remove(twin)
                found["wrong"].append({"subject": whom, "expected": entry, "read": twin})
        found["doubled"] += [
            {"subject": whom, "read": entry, "expected_times": expected[whom][entry]} for entry in extra
        ]
    return found


def _misplaced(expected: Mapping[str, Any], queue: str, message: Mapping[str, Any]) -> Iterator[Finding]:
    """Report a message in another's queue, a sender that is not us, and a journal that does not balance."""
    kind, data = _kind(message), message["data"]
    right = expected["queues"].get(kind, "no queue")
    if right == "agency":
        known = data["agency"] in expected["agencies"][message["opco"]]
        right = f"agency.{data['agency']}" if known else "no queue"
    if queue != right:
        yield {"subject": message["id"], "expected": f"{kind} in {right}", "read": f"in {queue}"}
    if kind == "journal-posted":
        sums = _sums(data["lines"])
        if len({sums["debit"], sums["credit"], *(_minor(data[f"total_{side}"]) for side in sums)}) != 1:
            yield {"subject": message["id"], "expected": "debits = credits", "read": dict(sums)}


def _uneven(expected: Mapping[str, Any], referrals: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Report a company whose agencies got debt of the first day unevenly (R11: least debt first).

    Who gets which account depends on the order, and is not expected. But an agency is at most one referral
    ahead of the others, and what goods that came back have taken off on that day, on either side.
    """
    first = min((each["data"]["activity_date"] for each in referrals), default="")
    of_the_day = [each for each in referrals if each["data"]["activity_date"] == first]
    for company, agencies in expected["agencies"].items():
        placed = dict.fromkeys(agencies, 0)
        amounts = {}
        slack = 0
        for each in sorted(of_the_day, key=lambda each: int(each["data"]["history_sequence"])):
            data = each["data"]
            if each["opco"] != company:
                continue
            if _kind(each) == "referral-placed":
                placed[data["agency"]] = placed.get(data["agency"], 0) + _minor(data["amount"])
                amounts[data["referral_id"]] = _minor(data["amount"])
            else:
                slack += 2 * (amounts.get(data["referral_id"], 0) - _minor(data["amount"]))
        if max(placed.values()) - min(placed.values()) > slack + max(amounts.values(), default=0):
            yield {"subject": f"agencies of {company}", "expected": "the least debt first", "read": placed}


def _totals(expected: Mapping[str, Any], read: Lines) -> Iterator[Finding]:
    """Compare the file's totals, which were added up apart from its stories, with what was read."""
    actual = totals(expected, read)
    for table, wanted in expected.get("totals", {}).items():
        for key in sorted(wanted.keys() | actual[table].keys()):
            if wanted.get(key) != actual[table].get(key):
                yield {
                    "subject": f"total of {table}: {key}",
                    "expected": wanted.get(key),
                    "read": actual[table].get(key),
                }


def totals(expected: Mapping[str, Any], lines: Lines) -> dict[str, dict[str, Any]]:
    """Add up lines: messages by kind, and by currency and GL account `[debit, credit]` as decimal strings."""
    kinds: Counter[str] = Counter()
    ledger: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    decimals: dict[str, int] = {}
    for whom, entries in lines.items():
        for entry, times in entries.items():
            kinds[entry.split()[0]] += times
            if not entry.startswith("journal-posted"):
                continue
            currency = expected["values"]["currency"][whom[:2]]
            for each in entry.split(" ", 3)[3].split("; "):
                side, account, amount = each.split()[:3]
                decimals[currency] = len(amount.partition(".")[2])
                ledger[currency][account, side] += times * _minor(amount)
    result: dict[str, dict[str, Any]] = {"messages": dict(kinds)}
    for currency, accounts in ledger.items():
        places = decimals[currency]
        result[currency] = {
            account: [_decimal(accounts[account, side], places) for side in ("debit", "credit")]
            for account in sorted({account for account, _ in accounts})
        }
    return result


def _sums(lines: Iterable[Mapping[str, Any]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for each in lines:
        sums[each["side"]] += _minor(each["amount"])
    return sums


def _minor(amount: str) -> int:
    """Return an amount without its point. Amounts of one currency have the same digits, so these compare."""
    return int(amount.replace(".", ""))


def _decimal(minor: int, places: int) -> str:
    whole, fraction = divmod(minor, 10**places)
    return f"{whole}.{fraction:0{places}}" if places else str(whole)


def main(arguments: list[str]) -> int:
    """Check a file of deliveries from the command line; return the exit status."""
    expected_path, consumed_path = map(Path, arguments)
    expected = tomllib.loads(expected_path.read_text())
    deliveries = [json.loads(each) for each in consumed_path.read_text().splitlines()]
    found = check(expected, deliveries)
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
