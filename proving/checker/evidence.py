"""Everything that the checks look at: the diary of the load, the consumers' files, the tables. Read once."""

import base64
import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

Row = Mapping[str, Any]

#: Tables that the checks read.
TABLES = (
    "accounts",
    "agency_debt",
    "bucket_movements",
    "buckets",
    "contacts",
    "dead_letters",
    "demerits",
    "events",
    "inbox",
    "journal_lines",
    "journals",
    "leases",
    "messages_out",
    "outbox",
    "payments",
    "processes",
    "referral_history",
    "referrals",
    "request_items",
    "requests",
    "reversals",
    "running",
    "todos",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What the load meant to say, and how often the broker acknowledged it."""

    number: int
    story: str
    sort: str
    expect: str
    reason: str | None
    type: str
    source: str
    id: str
    sha256: str
    body: bytes
    acknowledged: int

    @property
    def name(self) -> str:
        """As it is named in findings."""
        return f"intent {self.number} ({self.type}, id {self.id}, {self.sort})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One delivery to a consumer, as its file has it."""

    queue: str
    sha256: str
    body: str
    message: dict[str, Any]

    @property
    def id(self) -> str:
        """The CloudEvent's."""
        return str(self.message.get("id"))

    @property
    def kind(self) -> str:
        """Its type without what all have: `process-ended`."""
        return str(self.message.get("type")).removeprefix("writeoff.").removesuffix(".v1")

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        found = self.message.get("data")
        return found if isinstance(found, dict) else {}


@dataclass(kw_only=True)
class Evidence:
    """All of it. `residue` is what was left in queues, locks, processes: by name, a number or a text.

    `agencies` are by opco those among which the one with the least debt is to be chosen.
    """

    intents: list[Intent]
    stories: list[dict[str, Any]]
    deliveries: dict[str, list[Received]]
    tables: dict[str, list[dict[str, Any]]]
    residue: dict[str, Any] = field(default_factory=dict)
    agencies: dict[str, set[str]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[dict[str, Any]]:
        return self.tables[table]

    @cached_property
    def messages(self) -> list[Received]:
        """What consumers received, each (queue, id) once."""
        once: dict[tuple[str, str], Received] = {}
        for queue, received in self.deliveries.items():
            for each in received:
                once.setdefault((queue, each.id), each)
        return list(once.values())


def read(folder: Path, database_url: str) -> Evidence:
    """Read the files of a run, and its database."""
    intents, stories = _diary(folder / "intents.jsonl")
    deliveries = {
        path.stem.removeprefix("received-"): _received(path)
        for path in sorted(folder.glob("received-*.jsonl"))
    }
    return Evidence(
        intents=intents,
        stories=stories,
        deliveries=deliveries,
        tables=_tables(database_url),
        agencies=_agencies(folder / "policies"),
    )


def by(rows: Sequence[dict[str, Any]], *columns: str) -> dict[Any, list[dict[str, Any]]]:
    """Return rows by a column, or by several as a tuple."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns)].append(row)
    return found


def _agencies(folder: Path) -> dict[str, set[str]]:
    """Return the active agencies of each policy whose debts go to the one with the least."""
    policies = [tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))]
    return {
        policy["opco"]: {
            code for code, agency in policy.get("agencies", {}).items() if agency.get("active", True)
        }
        for policy in policies
        if all(
            each.get("parameters", {}).get("selection", "least-debt") == "least-debt"
            for each in policy["event_types"].values()
            if each["kind"] == "refer-to-agency"
        )
    }


def _diary(path: Path) -> tuple[list[Intent], list[dict[str, Any]]]:
    meant: dict[int, dict[str, Any]] = {}
    taken: dict[int, int] = defaultdict(int)
    stories: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines():
        entry = json.loads(line)
        if "intent" in entry:
            meant[entry["intent"]["number"]] = entry["intent"]
        elif "story" in entry:
            stories.append(entry["story"])
        for number in entry.get("acknowledged", ()):
            taken[number] += 1
    intents = [
        Intent(
            **{
                **{name: value for name, value in each.items() if name != "opco"},
                "body": base64.b64decode(each["body"]),
            },
            acknowledged=taken[number],
        )
        for number, each in meant.items()
    ]
    return intents, stories


def _received(path: Path) -> list[Received]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
            message = json.loads(entry["body"])
        except (ValueError, KeyError):
            continue  # cut short by a kill: it came again, since it was not acknowledged
        if hashlib.sha256(entry["body"].encode()).hexdigest() == entry["sha256"]:
            found.append(
                Received(
                    queue=path.stem.removeprefix("received-"),
                    sha256=entry["sha256"],
                    body=entry["body"],
                    message=message,
                )
            )
    return found


def _tables(url: str) -> dict[str, list[dict[str, Any]]]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            return {
                table: [
                    {name: _plain(name, value) for name, value in row.items()}
                    for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()
                ]
                for table in TABLES
            }
    finally:
        engine.dispose()


def _plain(name: str, value: Any) -> Any:
    """Return a value as both databases have it: ids as text with hyphens."""
    if value is None or not name.endswith("_id"):
        return value
    return str(value)
