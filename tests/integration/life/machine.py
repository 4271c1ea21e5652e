"""The whole life of write-offs as a state machine over the public entry points.

Every rule publishes messages, sets a date or lets time pass; a message may come at once, twice, later, or
again with another identity. After every step the books are read anew (`books.py`).
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from messages.inbound.operations.change_period import ClosePeriod, OpenPeriod
from messages.inbound.operations.data import OperatorData
from messages.inbound.operations.record_tax_claim import RecordTaxClaim
from messages.inbound.operations.retry_event import RetryEvent
from tests.integration.life import said
from tests.integration.life.books import Books
from tests.integration.life.proofs import findings
from tests.support.upstream import ADMIN, CURRENCIES, Event, attempt, payment, renamed, request
from tests.support.world import World
from workers.intake.operators import Command, submit
from workers.sets.shelf import PolicyShelf
from writeoff.money import render

#: At once, at once and again, only when `late_arrivals` comes.
arrivals = st.sampled_from(["at once", "at once", "at once", "twice", "later"])
#: Whom it concerns: somebody who is written off, somebody whose process runs, or anybody.
places = st.sampled_from(["written off", "written off", "running", "anybody"])
#: How far the installation gets before the next step: to the end, to the intake alone, or to one nudge.
progress = st.sampled_from(["all", "all", "intake", "one nudge"])

#: Seconds: longer than anything waits by the clock.
LONG = 90_000.0


class Life(RuleBasedStateMachine):
    """One installation and its neighbours. `open_world` opens it on fresh, empty servers."""

    def __init__(self, open_world: Callable[[], World]) -> None:
        super().__init__()
        self.world = open_world()
        self.day: date = said.FIRST_DAY
        self.numbers = count(1)
        self.versions = dict.fromkeys(said.ACCOUNTS, 0)
        self.payments: list[tuple[str, str, int]] = []
        self.sent: list[Event] = []
        self.held_back: list[Event] = []
        self.sound = True

    # --- saying -------------------------------------------------------------------------------------------

    def say(self, message: Event, arrival: str = "at once", work: str = "all") -> None:
        self.sound = False
        self.sent.append(message)
        if arrival == "later":
            self.held_back.append(message)
            return
        self.world.publish(*[message] * (2 if arrival == "twice" else 1))
        self.work(work)

    def work(self, how_far: str) -> None:
        match how_far:
            case "all":
                self.world.run()
            case "intake":
                self.world.take()
            case _:
                self.world.take()
                if self.world.nudges.queue:
                    first, self.world.nudges.queue = self.world.nudges.queue[:1], self.world.nudges.queue[1:]
                    rest, self.world.nudges.queue = self.world.nudges.queue, first
                    self.world.act()
                    self.world.nudges.queue += rest

    def number(self, prefix: str) -> str:
        return f"{prefix}-{next(self.numbers)}"

    def pick(self, table: str, nth: int) -> dict[str, Any] | None:
        """Return one of a table's rows, always the same for the same story; most often one that matters."""
        order = {
            "referrals": "CASE WHEN active THEN 0 ELSE 1 END, referral_id",
            "messages_out": "CASE destination WHEN 'letter' THEN 0 WHEN 'gl' THEN 0 ELSE 1 END, message_id",
            "approvals": "CASE state WHEN 'awaiting' THEN 0 ELSE 1 END, request_id",
        }
        rows = self.world.select(f"SELECT * FROM {table} ORDER BY {order[table]}")
        return rows[nth // 2 % len(rows)] if rows else None

    def somebody(self, place: str, nth: int) -> str:
        """Return an account that is where the story wants it, or any."""
        found: list[dict[str, Any]] = []
        if place == "written off":
            found = self.world.select(
                "SELECT account_id FROM accounts WHERE locked_by IS NOT NULL ORDER BY account_id"
            )
        elif place == "running":
            found = self.world.select(
                "SELECT account_id FROM processes WHERE status = 'active' ORDER BY account_id"
            )
        names = [each["account_id"] for each in found] or list(said.ACCOUNTS)
        return str(names[nth % len(names)])

    def process(self, place: str, nth: int) -> dict[str, Any] | None:
        """Return a process that is where the story wants it, or any."""
        which = {
            "written off": "p.process_id IN (SELECT locked_by FROM accounts)",
            "running": "p.status = 'active'",
            "anybody": "1 = 1",
        }
        for where in (which[place], "1 = 1"):
            rows = self.world.select(f"SELECT p.* FROM processes p WHERE {where} ORDER BY p.process_id")
            if rows:
                return rows[nth % len(rows)]
        return None

    # --- what Pulse tells ---------------------------------------------------------------------------------

    @initialize()
    def somewhere_in_their_lives(self) -> None:
        """Two are written off, of two more a process runs, one is in default and no more."""
        for account_id in said.ACCOUNTS:
            self.versions[account_id] = 1
            self.say(
                said.snapshot(
                    account_id,
                    version=1,
                    as_of=said.at(self.day, -12),
                    state="defaulted",
                    owed=(10_500, 3_333),
                    booked=(),
                ),
                work="intake",
            )
        self.say(request(self.number("WR"), "RW-1"), work="intake")
        self.say(request(self.number("WR"), "KE-1", opco="KE"), work="intake")
        for account_id in ("RW-2", "KE-2"):
            opco = said.opco_of(account_id)
            self.say(attempt(self.number("RPA"), account_id, "product-not-found", opco=opco))

    @rule(
        place=places,
        nth=said.numbers,
        state=st.sampled_from(["defaulted", "defaulted", "normal", "late", "inactive"]),
        first=said.balances,
        second=said.balances,
        booked=st.none() | said.numbers,
        arrival=arrivals,
        work=progress,
    )
    def snapshot(
        self,
        *,
        place: str,
        nth: int,
        state: str,
        first: int,
        second: int,
        booked: int | None,
        arrival: str,
        work: str,
    ) -> None:
        """A newer picture of an account; it may have booked a payment, or not yet the write-off."""
        account_id = self.somebody(place, nth)
        self.versions[account_id] += 1
        of_account = [each for each in self.payments if each[1] == account_id]
        known = of_account[booked % len(of_account)] if booked is not None and of_account else None
        message = said.snapshot(
            account_id,
            version=self.versions[account_id],
            as_of=said.at(self.day, -12 + self.versions[account_id]),
            state=state,
            owed=(first, second),
            booked=((known[0], known[2]),) if known else (),
        )
        self.say(message, arrival, work)

    @rule(
        account_id=said.accounts,
        disposition=st.sampled_from(["write_off", "write_off", "repossession", "opt_out"]),
        goods=st.integers(0, 2),
        value=said.amounts,
        arrival=arrivals,
        work=progress,
    )
    def request(
        self, *, account_id: str, disposition: str, goods: int, value: int, arrival: str, work: str
    ) -> None:
        """The back office wants one account written off, perhaps with goods that came back."""
        opco = said.opco_of(account_id)
        back = {
            "sa_id": f"SA-{account_id}-1",
            "product_id": "PR-1",
            "quantity": goods,
            "condition": "working",
            "fair_value": render(value, CURRENCIES[opco]),
        }
        returned = [back] if goods and disposition != "write_off" else []
        item = {"account_id": account_id, "returned_products": returned}
        message = request(self.number("WR"), item, opco=opco, disposition=disposition)
        self.say(message, arrival, work)

    @rule(chosen=st.lists(said.accounts, min_size=1, max_size=4), arrival=arrivals, work=progress)
    def bulk_request(self, *, chosen: list[str], arrival: str, work: str) -> None:
        """Many accounts at once, one of them perhaps twice, and one that nobody knows."""
        opco = said.opco_of(chosen[0])
        listed = [each for each in chosen if said.opco_of(each) == opco]
        self.say(request(self.number("WB"), *listed, f"{opco}-404", opco=opco, kind="bulk"), arrival, work)

    @rule(account_id=said.accounts, reason=said.reasons, arrival=arrivals, work=progress)
    def visit(self, *, account_id: str, reason: str, arrival: str, work: str) -> None:
        """A visit that did not bring the goods back."""
        promise = {"promised_to_pay_on": str(self.day + timedelta(days=5))}
        message = attempt(
            self.number("RPA"),
            account_id,
            reason,
            opco=said.opco_of(account_id),
            attempted_at=said.at(self.day, 9).isoformat(),
            **(promise if reason == "promised-to-pay" else {}),
        )
        self.say(message, arrival, work)

    @rule(
        place=places,
        nth=said.numbers,
        amount=said.amounts,
        days_ago=st.integers(0, 40),
        wrong_currency=st.sampled_from([False] * 9 + [True]),
        arrival=arrivals,
        work=progress,
    )
    def payment(
        self,
        *,
        place: str,
        nth: int,
        amount: int,
        days_ago: int,
        wrong_currency: bool,
        arrival: str,
        work: str,
    ) -> None:
        """Money, perhaps back-dated."""
        account_id = self.somebody(place, nth)
        payment_id = self.number("PAY")
        self.payments.append((payment_id, account_id, amount))
        received_at = said.at(self.day - timedelta(days=days_ago), 10).isoformat()
        message = payment(
            payment_id, account_id, amount, opco=said.opco_of(account_id), received_at=received_at
        )
        if wrong_currency:
            message["data"] |= {"currency": "USD", "amount": "7.00"}
        self.say(message, arrival, work)

    @rule(nth=said.numbers, arrival=arrivals, work=progress)
    def bounce(self, *, nth: int, arrival: str, work: str) -> None:
        """A payment did not hold; it may not even have come yet."""
        if self.payments:
            payment_id, account_id, _ = self.payments[nth % len(self.payments)]
            message = said.command(
                "payment-canceled",
                said.opco_of(account_id),
                payment_id=payment_id,
                account_id=account_id,
                canceled_at=said.at(self.day, 11).isoformat(),
                reason="mobile money bounced",
            )
            if not any(each["id"] == message["id"] for each in self.sent):
                self.say(message, arrival, work)

    # --- what people decide -------------------------------------------------------------------------------

    @rule(
        place=st.sampled_from(["running", "running", "written off"]),
        nth=said.numbers,
        scope=st.sampled_from(["process", "event", "service-agreement"]),
        step=st.sampled_from([10, 20, 30, 40, 50]),
        arrival=arrivals,
        work=progress,
    )
    def cancellation(self, *, place: str, nth: int, scope: str, step: int, arrival: str, work: str) -> None:
        """A process, one of its events or one of its agreements is to be canceled."""
        process = self.process(place, nth)
        if process is not None:
            account_id = process["account_id"]
            message = said.command(
                "write-off-cancel-requested",
                process["opco"],
                request_id=self.number("WC"),
                process_id=str(process["process_id"]),
                account_id=account_id,
                scope=scope,
                event_sequence=step if scope == "event" else None,
                sa_id=f"SA-{account_id}-1" if scope == "service-agreement" else None,
                requested_by=ADMIN,
                reason="entered by mistake",
            )
            self.say(message, arrival, work)

    @rule(
        place=places,
        nth=said.numbers,
        authorised=st.sampled_from([True] * 5 + [False]),
        arrival=arrivals,
        work=progress,
    )
    def reversal(self, *, place: str, nth: int, authorised: bool, arrival: str, work: str) -> None:
        """A write-off is to be undone; perhaps nothing is written off yet, or it is undone already."""
        process = self.process(place, nth)
        if process is not None:
            message = said.command(
                "write-off-reversal-requested",
                process["opco"],
                request_id=self.number("WV"),
                process_id=str(process["process_id"]),
                account_id=process["account_id"],
                requested_by=ADMIN if authorised else said.CLERK,
                reason="wrong account in the batch",
            )
            self.say(message, arrival, work)

    @rule(nth=said.numbers, approved=st.booleans(), arrival=arrivals, work=progress)
    def decision(self, *, nth: int, approved: bool, arrival: str, work: str) -> None:
        """Somebody approves or refuses a request, whether or not that is still wanted."""
        asked = self.pick("approvals", nth)
        if asked is not None:
            message = said.command(
                "write-off-decided",
                asked["opco"],
                request_id=asked["request_id"],
                decision="approved" if approved else "refused",
                decided_by=ADMIN | {"user_id": "u-777"},
                reason="looked at",
            )
            self.say(renamed(message, self.number("decision")), arrival, work)

    @rule(what=st.sampled_from(["tax claim", "retry", "close period", "open period"]), nth=said.numbers)
    def operator(self, *, what: str, nth: int) -> None:
        """Somebody at a terminal records a claim, retries an event, closes a month or opens it."""
        self.sound = False
        month = f"{self.day.year}-{self.day.month:02}"
        account_id = self.somebody("written off", nth)
        opco = said.opco_of(account_id)
        failed = self.world.select(
            "SELECT opco, account_id, process_id, sequence FROM events WHERE status = 'failed'"
            " ORDER BY process_id, sequence"
        )
        data: OperatorData
        match what:
            case "tax claim":
                reference = self.number("CLAIM")
                data = RecordTaxClaim(account_id=account_id, reference=reference, claimed_on=self.day)
            case "close period":
                data = ClosePeriod(period=month)
            case "open period":
                data = OpenPeriod(period=month, reason="forgotten invoice")
            case _ if failed:
                event = failed[nth % len(failed)]
                opco = event["opco"]
                data = RetryEvent(
                    account_id=event["account_id"],
                    process_id=str(event["process_id"]),
                    event_sequence=event["sequence"],
                    reason="looked at",
                )
            case _:
                return
        command = Command(
            user="grace", publisher="grace", opco=opco, data=data, at=said.at(self.day, next(self.numbers))
        )
        submit(self.world.database, PolicyShelf(), [command])
        self.world.run()

    # --- what agencies and consumers say ------------------------------------------------------------------

    @rule(
        nth=said.numbers,
        kind=st.sampled_from(
            ["accepted", "rejected", "recall-acknowledged", "part-paid", "paid", "uncollectible"]
        ),
        arrival=arrivals,
        work=progress,
    )
    def agency_reply(self, *, nth: int, kind: str, arrival: str, work: str) -> None:
        """An agency says something about a referral."""
        referral = self.pick("referrals", nth)
        if referral is not None:
            found = referral | {"referral_id": str(referral["referral_id"])}
            self.say(said.reply(found, kind, next(self.numbers)), arrival, work)

    @rule(nth=said.numbers, accepted=st.booleans(), arrival=arrivals)
    def acknowledgement(self, *, nth: int, accepted: bool, arrival: str) -> None:
        """A consumer took a message, or did not."""
        message = self.pick("messages_out", nth)
        if message is not None and message["destination"] in {"letter", "to-do", "gl"}:
            data = {
                "message_id": str(message["message_id"]),
                "consumer": message["destination"],
                "status": "accepted" if accepted else "rejected",
            }
            said_it = said.event(
                "consumer.message-acknowledged.v1",
                data,
                opco=message["opco"],
                source=f"/consumers/{message['destination']}",
            )
            self.say(renamed(said_it, self.number("ack")), arrival)

    # --- time, and what brokers do ------------------------------------------------------------------------

    @rule(days=said.days_later, wait=st.sampled_from([0, 31, LONG]))
    def time_passes(self, *, days: int, wait: float) -> None:
        """The business date moves on, and what waited (seconds) may have waited long enough."""
        self.sound = False
        self.day += timedelta(days=days)
        self.world.set_date(self.day)
        if wait:
            self.world.age(wait)
        self.world.run()

    @rule(
        what=st.sampled_from(["late arrivals", "again", "again under another id", "nudged for nothing"]),
        nth=said.numbers,
    )
    def brokers_do_their_worst(self, *, what: str, nth: int) -> None:
        """Messages come late and in another order, or once more; a nudge names what ran long ago."""
        self.sound = False
        if what == "late arrivals":
            self._late_arrivals(nth)
        elif what == "nudged for nothing":
            self._nudge(nth)
        elif self.sent:
            message = self.sent[-1 - nth % len(self.sent)]
            self.world.publish(message if what == "again" else renamed(message, self.number("again")))
        self.world.run()

    def _late_arrivals(self, turn: int) -> None:
        late, self.held_back = self.held_back[::-1], []
        self.world.publish(*late[turn:], *late[:turn])

    def _nudge(self, nth: int) -> None:
        process = self.process("anybody", nth)
        if process is not None:
            process_id = str(process["process_id"])
            found = self.world.select(
                f"SELECT kind, sequence FROM events WHERE process_id = '{process_id}' ORDER BY sequence"
            )
            for each in found:
                self.world.nudges.force("events", (each["kind"], [[process_id, each["sequence"]]]))

    # --- what must hold -----------------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        problems = Books(self.world).problems()
        assert not problems, "\n".join(problems)
        self.sound = True

    def teardown(self) -> None:
        """At the end everything arrives and all days go by: nothing waits, nothing is stuck."""
        try:
            if self.sound:
                self._end()
        finally:
            self.world.close()

    def _end(self) -> None:
        self._late_arrivals(1)
        self.time_passes(days=0, wait=LONG)
        self.time_passes(days=400, wait=LONG)
        self.the_books_are_right()
        wrong = list(findings(self.world))
        assert not wrong, "\n".join(wrong)
        heard = {(row["source"], row["id"]) for row in self.world.select("SELECT source, id FROM inbox")}
        lost = {(each["source"], each["id"]) for each in self.sent} - heard
        dead = self.world.count("dead_letters")
        assert len(lost) <= dead, f"{len(lost)} messages are nowhere, {dead} are dead"
        waiting = self.world.select("SELECT type, id FROM inbox WHERE state = 'waiting'")
        assert waiting == [], waiting
        assert self.world.count("outbox") == 0
