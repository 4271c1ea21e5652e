"""Whatever the accounts and the policy: a plan that is applied does exactly what it said (R4)."""

import itertools
import re
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handlers.downstream import project
from handlers.event_types import problems
from handlers.planning.plan import AccountPlan
from store import opcos
from tests.support import upstream
from tests.support.plans import holding, make
from tests.support.world import World
from tests.unit.policy.documents import rwanda, toml
from writeoff.policy.reading import read as read_policy

TODAY = date(2026, 11, 3)
_numbers = itertools.count(1)
AGENCIES = sorted(rwanda({})["agencies"])

#: What says that something was done; the others tell of the request, of its process and of its end.
EFFECTS = {
    "letter-requested",
    "todo-created",
    "referral-placed",
    "referral-changed",
    "referral-cancelled",
    "journal-posted",
    "account-written-off",
    "demerit-recorded",
    "process-started",
    "process-ended",
}
EVENT_TYPES = ["REFER-TO-AGENCY", "CANCEL-REFERRAL", "DEMERIT", "WRITE-OFF", "LETTER", "TO-DO", "DEBT-CHECK"]


@st.composite
def templates(draw: st.DrawFn, *, waits: bool) -> list[dict[str, Any]]:
    """Draw a template; with `waits` some of its events come after a few earlier ones instead of after all."""
    kinds = draw(st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=6))
    events: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds, start=1):
        event = {"sequence": number * 10, "event_type": kind, "days": draw(st.sampled_from([0, 0, 3, 9]))}
        if waits and events and draw(st.booleans()):
            earlier = [each["sequence"] for each in events]
            event["after"] = sorted(draw(st.sets(st.sampled_from(earlier), max_size=2)))
        events.append(event)
    return events


@st.composite
def documents(draw: st.DrawFn, *, waits: bool) -> dict[str, Any]:
    """Draw a policy: Rwanda's with another template, taking order, tax treatment and limits."""
    changes: dict[str, Any] = {
        "small_balance_below": draw(st.sampled_from(["1", "100", "4000"])),
        "templates/immediate/events": draw(templates(waits=waits)),
        "event_types/WRITE-OFF/parameters/order": draw(st.sampled_from(["lifo", "fifo", "proportional"])),
        "distribution_codes/VAT-PAYABLE/tax_treatment": draw(st.sampled_from(["reverse-now", "expense"])),
    }
    return rwanda(changes)


@st.composite
def snapshots(draw: st.DrawFn, account_id: str) -> dict[str, Any]:
    """Draw an account: agreements with bills and payments, more or less covered, and its persons."""
    agreements = []
    for number in range(draw(st.integers(1, 2))):
        bills = [
            upstream.transaction(
                f"FT-{account_id}-{number}-{each}",
                f"2026-0{draw(st.integers(1, 9))}-01",
                {"REVENUE": draw(st.integers(1, 9_000)), "VAT-PAYABLE": draw(st.integers(1, 900))},
                **({"canceled": True} if draw(st.integers(0, 9)) == 0 else {}),
            )
            for each in range(draw(st.integers(1, 3)))
        ]
        billed = sum(int(bill["amount"]) for bill in bills)
        balance = draw(st.integers(-50, billed + 20))
        panel = {"product_id": f"PR-{number}", "name": "panel", "quantity": draw(st.integers(1, 2))}
        agreements.append(
            upstream.agreement(f"SA-{account_id}-{number}", bills, balance=str(balance), products=[panel])
        )
    persons = [
        {
            "person_id": f"P-{account_id}-{number}",
            "name": "Uwimana Claudine",
            "financially_responsible": draw(st.booleans()),
            "receives_notifications": draw(st.booleans()),
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    return {
        "agreements": agreements,
        "persons": persons,
        "main_customer": persons[0]["person_id"],
        "state": draw(st.sampled_from(["defaulted", "defaulted", "defaulted", "late"])),
        "defaulted_on": str(TODAY - timedelta(days=draw(st.integers(0, 300)))),
    }


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_applying_a_plan_yields_exactly_the_plan(embedded: World, data: st.DataObject) -> None:
    world = embedded
    number = next(_numbers)
    disposition = data.draw(st.sampled_from(["write_off", "write_off", "repossession"]), "disposition")
    # Which of two events comes first on a day that both are due on matters where goods came back.
    installed(world, data.draw(documents(waits=disposition == "write_off"), "policy"))
    accounts = [f"A{number}-{each}" for each in range(data.draw(st.integers(1, 4), "accounts"))]
    messages = [upstream.account(each, **data.draw(snapshots(each), each)) for each in accounts]
    world.set_date(TODAY)
    world.publish(*messages)
    world.run()
    kind = "personal" if len(accounts) == 1 else "bulk"
    asked: list[Any] = list(accounts)
    if disposition == "repossession":
        asked = [{"account_id": each, "returned_products": returned(each)} for each in accounts]
    request = upstream.request(f"WR-{number}", *asked, kind=kind, disposition=disposition)
    made, digest = make(world, request)
    world.read()

    world.publish(holding(request, digest))
    for day in sorted({TODAY, *(event.on for each in made for event in each.events)}):
        world.set_date(day)
        world.run()
    told = [message for received in world.read().values() for message in received]

    any_order = disposition == "write_off"
    planned = effects(planned_messages(made), any_order=any_order)
    assert differing(effects(told, any_order=any_order), planned) == []
    assert steps(world, number) == planned_steps(made)
    [answered] = [each["data"] for each in told if each["type"] == "writeoff.request-answered.v1"]
    assert (answered["refusal"], answered["plan_digest"]) == (None, digest)
    assert answered["accepted"] == sum(each.eligible for each in made)
    assert {each["account_id"]: each["reason"] for each in answered["refusals"]} == {
        each.account_id: each.refusal for each in made if each.refusal
    }


def installed(world: World, document: dict[str, Any]) -> None:
    """Make a policy the current one, as a role does when it starts."""
    with world.database.begin() as tx:
        opcos.install_policies(tx, [read_policy(toml(document), "generated", problems)])


def returned(account_id: str) -> list[dict[str, Any]]:
    return [
        {
            "sa_id": f"SA-{account_id}-0",
            "product_id": "PR-0",
            "quantity": 1,
            "condition": "working",
            "fair_value": "700",
        }
    ]


def planned_messages(made: list[AccountPlan]) -> list[dict[str, Any]]:
    """Return what consumers would be told by the facts of a plan."""
    facts = [
        fact for each in made for fact in (*each.opening, *(f for event in each.events for f in event.facts))
    ]
    return [
        {"id": each.message.id, "type": each.message.type, "data": upstream.plain(each.message.data)}
        for each in project(facts)
    ]


def effects(messages: list[dict[str, Any]], *, any_order: bool) -> dict[str, Any]:
    """Return effects by the ids of their messages; the expected agency of a plan is no promise."""
    found = {}
    for each in messages:
        if each["type"].split(".")[1] in EFFECTS:
            data = {field: _of_any_agency(value) for field, value in each["data"].items()} | {"agency": None}
            key = each["id"]
            if "todo_id" in data and data["process_id"] is None:
                # Its id comes of the message that asks, of which a plan knows nothing.
                key = f"{data['account_id']} {data['todo_type']}"
                data["todo_id"] = None
            if "todo_id" in data and any_order:
                data["message"] = None  # it says how far the others were that are due on the same day
            found[key] = data
    return found


def _of_any_agency(value: Any) -> Any:
    """Return a text that names an agency, such as a to-do's, as it would be of another."""
    return re.sub("|".join(AGENCIES), "an agency", value) if isinstance(value, str) else value


def differing(applied: dict[str, Any], planned: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """Return the message, the field, what was done and what was planned."""
    nothing: dict[str, Any] = {}
    return [
        (message_id, field, done.get(field), said.get(field))
        for message_id in sorted({*applied, *planned})
        for done, said in [(applied.get(message_id, nothing), planned.get(message_id, nothing))]
        for field in sorted({*done, *said})
        if done.get(field) != said.get(field)
    ]


def steps(world: World, number: int) -> dict[tuple[str, int], tuple[str, int | None]]:
    rows = world.select(
        f"SELECT account_id, sequence, status, amount_minor FROM events WHERE request_id = 'WR-{number}'"
    )
    return {(row["account_id"], row["sequence"]): (row["status"], row["amount_minor"]) for row in rows}


def planned_steps(made: list[AccountPlan]) -> dict[tuple[str, int], tuple[str, int | None]]:
    status = {"blocked": "pending"}
    return {
        (each.account_id, event.sequence): (
            status.get(event.outcome, event.outcome),
            event.amount if event.outcome == "complete" else None,
        )
        for each in made
        for event in each.events
    }
