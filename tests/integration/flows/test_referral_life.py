"""Whatever happens to a debt, its agency is told of it once, in numbers without gaps (R13, R26)."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from tests.support import upstream
from tests.support.outcome import told
from tests.support.upstream import Event
from tests.support.world import World

START = date(2026, 11, 3)
#: Whose message each row of a history is; what an agency gave back, it knows.
TYPES = {
    "initial": "referral-placed",
    "change": "referral-changed",
    "paid": "referral-paid",
    "cancellation": "referral-cancelled",
}


def replied(referral: dict[str, Any], reply: str) -> Event:
    data = {"referral_id": referral["referral_id"], "agency": referral["agency"], "reply": reply}
    return upstream.event("agency.referral-replied.v1", data, source=f"/agency/{referral['agency']}")


def bounced(payment_id: str, account_id: str) -> Event:
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "canceled_at": "2026-11-03T12:00:00Z",
        "reason": "mobile money reversal",
    }
    return upstream.event("pulse.payment-canceled.v1", data)


def canceled(account_id: str, **fields: Any) -> Event:
    data = {
        "request_id": f"WC-{account_id}",
        "account_id": account_id,
        "scope": "process",
        "requested_by": upstream.ADMIN,
        "reason": "customer found",
        **fields,
    }
    return upstream.event("pulse.write-off-cancel-requested.v1", data)


class Agencies:
    """What all agencies have been told so far, by account, beside what is stored."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.tasks: list[tuple[str, str | None]] = []

    def hear(self, *messages: Event) -> None:
        """Let these come, one after the other; read what everybody is told; hold it against the books."""
        for message in messages:
            self.world.publish(message)
            self.world.run()
        found = self.world.read()
        for queue, documents in found.items():
            if queue.startswith("agency."):
                for each in documents:
                    assert each["data"]["agency"] == queue.removeprefix("agency.")
                    self.messages[each["data"]["account_id"]].append(each)
        self.tasks += [
            (each["todo_type"], each["account_id"]) for each in told(found, "to-do", "todo-created")
        ]
        self.check()

    def check(self) -> None:
        world = self.world
        rows = world.select("SELECT * FROM referral_history ORDER BY referral_id, sequence")
        history: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            history[row["referral_id"]].append(row)
        owed: dict[str, int] = defaultdict(int)
        for referral in world.select("SELECT * FROM referrals"):
            mine = history[referral["referral_id"]]
            assert [row["sequence"] for row in mine] == list(range(1, referral["history_sequence"] + 1))
            assert mine[-1]["amount_minor"] == referral["amount_minor"]
            assert (mine[-1]["history_reason"] == referral["end_reason"]) is not bool(referral["active"])
            expected = [
                (f"writeoff.{TYPES[row['history_reason']]}.v1", row["sequence"], str(row["amount_minor"]))
                for row in mine
                if row["history_reason"] in TYPES
            ]
            heard = [
                (each["type"], each["data"]["history_sequence"], each["data"]["amount"])
                for each in self.messages[referral["account_id"]]
                if each["data"]["referral_id"] == referral["referral_id"]
            ]
            assert heard == expected
            owed[referral["agency"]] += referral["amount_minor"]
        for row in world.select("SELECT agency, active_minor FROM agency_debt WHERE opco = 'RW'"):
            assert row["active_minor"] == owed[row["agency"]], row["agency"]

    def of(self, account_id: str) -> list[tuple[str, str, str | None]]:
        return [
            (
                each["type"].split(".")[1].removeprefix("referral-"),
                each["data"]["amount"],
                each["data"].get("reason"),
            )
            for each in self.messages[account_id]
        ]

    def referral(self, account_id: str) -> dict[str, Any]:
        return self.world.select(
            f"SELECT * FROM referrals WHERE account_id = '{account_id}' ORDER BY event_sequence, ordinal"
        )[-1]


def test_after_the_write_off_the_agency_follows_every_payment_and_bounce(world: World) -> None:
    agencies = Agencies(world)
    agencies.hear(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    agencies.hear(replied(agencies.referral("RW-1"), "accepted"))
    pay = upstream.payment("PAY-1", "RW-1", 2_000)
    agencies.hear(pay, pay, upstream.renamed(pay, "the same again"))
    agencies.hear(bounced("PAY-1", "RW-1"), upstream.payment("PAY-2", "RW-1", 500))
    agencies.hear(replied(agencies.referral("RW-1"), "rejected"))
    agencies.hear(upstream.payment("PAY-3", "RW-1", 10_000))
    assert agencies.of("RW-1") == [
        ("placed", "10500", None),
        ("changed", "8500", "payment"),
        ("changed", "10500", "payment-canceled"),
        ("changed", "10000", "payment"),
        ("placed", "10000", None),
        ("paid", "0", "payment"),
    ]
    assert ("AGENCY-MISSING", "RW-1") not in agencies.tasks
    agencies.hear(bounced("PAY-3", "RW-1"))
    assert ("AGENCY-MISSING", "RW-1") in agencies.tasks
    assert agencies.of("RW-1")[-1][0] == "paid"


def test_before_the_write_off_it_follows_the_debt_until_somebody_ends_it(world: World) -> None:
    agencies = Agencies(world)
    two = [
        upstream.agreement(
            f"SA-{number}",
            [upstream.transaction(f"FT-{number}", "2026-05-01", {"REVENUE": owed})],
            balance=str(owed),
        )
        for number, owed in ((1, 6_000), (2, 4_500))
    ]
    found = {"agreements": two}
    agencies.hear(
        upstream.account("RW-1", **found),
        upstream.attempt("AT-1", "RW-1", "product-not-found"),
        upstream.account("RW-2"),
        upstream.attempt("AT-2", "RW-2", "product-not-found"),
    )
    agencies.hear(upstream.payment("PAY-1", "RW-1", 1_000, allocations=[{"sa_id": "SA-1", "amount": "1000"}]))
    agencies.hear(canceled("RW-1", scope="service-agreement", sa_id="SA-2", request_id="WC-SA"))
    agencies.hear(bounced("PAY-1", "RW-1"))
    agencies.hear(canceled("RW-1"), replied(agencies.referral("RW-1"), "recall-acknowledged"))
    assert agencies.of("RW-1") == [
        ("placed", "10500", None),
        ("changed", "9500", "payment"),
        ("changed", "5000", "agreement-removed"),
        ("changed", "6000", "payment-canceled"),
        ("cancelled", "0", "process canceled"),
    ]
    assert agencies.referral("RW-1")["recall_acknowledged_at"] is not None

    agencies.hear(upstream.payment("PAY-2", "RW-2", 10_500))
    assert agencies.of("RW-2") == [("placed", "10500", None), ("paid", "0", "payment")]


def test_a_recall_reaches_the_agency_before_the_write_off_and_a_reversal_recalls_the_rest(
    world: World,
) -> None:
    agencies = Agencies(world)
    agencies.hear(
        upstream.account("RW-1"),
        upstream.attempt("AT-1", "RW-1", "product-not-found"),
        upstream.account("RW-2"),
        upstream.request("WR-2", "RW-2"),
    )
    world.set_date(START + timedelta(days=60))
    agencies.hear()
    world.run()
    agencies.hear(upstream.payment("PAY-1", "RW-1", 2_000), upstream.payment("PAY-2", "RW-2", 2_000))
    assert agencies.of("RW-1") == [
        ("placed", "10500", None),
        ("cancelled", "0", "cancel-agency-referral"),
    ]
    [process] = world.select("SELECT process_id FROM processes WHERE account_id = 'RW-2'")
    data = {
        "request_id": "WV-1",
        "process_id": str(process["process_id"]),
        "account_id": "RW-2",
        "requested_by": upstream.ADMIN,
        "reason": "wrong account",
    }
    agencies.hear(upstream.event("pulse.write-off-reversal-requested.v1", data))
    agencies.hear(replied(agencies.referral("RW-2"), "recall-acknowledged"), bounced("PAY-2", "RW-2"))
    assert agencies.of("RW-2") == [
        ("placed", "10500", None),
        ("changed", "8500", "payment"),
        ("cancelled", "0", "write-off reversed"),
    ]
