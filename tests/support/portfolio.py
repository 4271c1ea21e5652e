"""A small portfolio in all three opcos that meets every template, disposition and way out, over four months.

What arrives on one day commutes: in whatever order it comes, and however often, the days come to the same.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from tests.support import policies
from tests.support.upstream import (
    CURRENCIES,
    Event,
    account,
    account_data,
    agreement,
    attempt,
    bounce,
    payment,
    request,
    reversal,
    transaction,
)
from tests.support.world import World
from writeoff.money import render

FIRST_DAY = date(2026, 11, 3)
OPCOS = tuple(CURRENCIES)
#: All but one agency of each opco: which one is chosen depends on the order, as it should.
_SPARE = {"RW": "Volcano Credit", "KE": "Nairobi Collect", "TG": "Savanes Créances"}
#: Attempts that begin a process; the last of them gives it its name, and comes on a day of its own.
ENOUGH = {"RW": 3, "KE": 4, "TG": 3}

#: Changes what arrives on a day: doubles it, shuffles it.
Arrival = Callable[[list[Event]], list[Event]]


def policy_folder(path: Path, *opcos: str) -> Path:
    """Write the shipped policies of all or some opcos to a folder, with one active agency each."""
    for opco in opcos or OPCOS:
        name = f'name = "{_SPARE[opco]}"'
        policies.folder(path, (name, f"{name}\nactive = false"), opcos=(opco,))
    return path


def run(world: World, arrival: Arrival = list) -> World:
    """Let the days go by: everything that is due on each of them has been done at its end."""
    for day, messages in days().items():
        world.set_date(day)
        world.publish(*arrival(messages))
        world.run()
        world.age(31)
        world.run()
    return world


def days(*opcos: str) -> Mapping[date, list[Event]]:
    """Return what arrives on which day, in all or some opcos, and the days on which something falls due."""
    found: dict[date, list[Event]] = {}
    for number, of_opco in _days().items():
        day = FIRST_DAY + timedelta(days=number)
        found[day] = [message for opco in opcos or OPCOS for message in of_opco(opco)]
    return found


def _days() -> Mapping[int, Callable[[str], Iterator[Event]]]:
    return {
        0: _first_day,
        1: _second_day,
        10: _tenth_day,
        13: _nothing,  # the promise to pay has run out
        30: _nothing,  # beyond day D of what defaulted late, in two opcos
        60: _nothing,  # and in the third
        61: _last_day,
        90: _bounced_day,
        120: _written_off_again,
    }


def _nothing(_opco: str) -> Iterator[Event]:
    yield from ()


def _first_day(opco: str) -> Iterator[Event]:
    """Snapshots, and with each of them one thing more at most."""

    def name(what: str) -> str:
        return f"{opco}-{what}"

    commercial = {"customer_class": "commercial"}
    yield account(name("LOST"), opco=opco)
    yield attempt(name("A-LOST"), name("LOST"), "product-not-found", opco=opco)
    yield account(name("SHOP"), opco=opco, owed=990_001, **commercial)
    yield attempt(name("A-SHOP"), name("SHOP"), "product-not-found", opco=opco)
    yield account(name("REFUSED"), opco=opco, owed=750_000)
    yield attempt(name("A-REFUSED"), name("REFUSED"), "refused-to-return", opco=opco)
    yield account(name("PART-PAID"), opco=opco)
    yield attempt(name("A-PART-PAID"), name("PART-PAID"), "product-not-found", opco=opco)
    yield account(name("PAID"), opco=opco)
    yield attempt(name("A-PAID"), name("PAID"), "product-not-found", opco=opco)
    yield account(name("PROMISED"), opco=opco)
    yield attempt(name("A-PROMISED"), name("PROMISED"), "product-not-found", opco=opco)
    for number in range(1, ENOUGH[opco]):
        yield attempt(name(f"A-AWAY-{number}"), name("AWAY"), "customer-not-available", opco=opco)
        yield attempt(name(f"A-LATE-{number}"), name("LATE"), "home-not-found", opco=opco)
    yield account(name("AWAY"), opco=opco)
    yield account(name("LATE"), opco=opco, defaulted_on="2026-09-01")
    yield account(name("BROKEN"), opco=opco)
    yield attempt(name("A-BROKEN"), name("BROKEN"), "product-issue", opco=opco)

    yield account(name("NOW"), opco=opco, agreements=_two_agreements(opco))
    yield request(name("WR-NOW"), name("NOW"), opco=opco)
    yield account(name("RETURNED"), opco=opco)
    back = {
        "sa_id": f"SA-{opco}-RETURNED",
        "product_id": "PR-1",
        "quantity": 1,
        "condition": "working",
        "fair_value": render(4_000, CURRENCIES[opco]),
    }
    returned = {"account_id": name("RETURNED"), "returned_products": [back]}
    yield request(name("WR-RETURNED"), returned, opco=opco, disposition="repossession", reason="gave-up")
    yield account(name("STOPPED"), opco=opco, state="normal", defaulted_on=None)
    yield request(name("WR-STOPPED"), name("STOPPED"), opco=opco, disposition="opt_out", reason="moved")
    yield account(name("SMALL"), opco=opco, owed=49)
    yield request(name("WR-SMALL"), name("SMALL"), opco=opco)
    embedded = {"account_id": name("INSIDE"), "account": account_data(name("INSIDE"), opco=opco)}
    yield request(name("WR-INSIDE"), embedded, opco=opco)
    for number in (1, 2, 3):
        yield account(name(f"BULK-{number}"), opco=opco, owed=10_000 + number)
    listed = [name(each) for each in ("BULK-1", "BULK-2", "BULK-3", "BULK-2", "404")]
    yield request(name("WR-BULK"), *listed, opco=opco, reason="aged-default")
    yield payment(name("PAY-ORPHAN"), name("405"), 700, opco=opco)


def _second_day(opco: str) -> Iterator[Event]:
    """The attempts that are enough, a promise that holds a process, newer snapshots."""
    yield attempt(f"{opco}-A-AWAY-LAST", f"{opco}-AWAY", "spoke-with-other", opco=opco)
    yield attempt(f"{opco}-A-LATE-LAST", f"{opco}-LATE", "spoke-with-other", opco=opco)
    promise = {"promised_to_pay_on": "2026-11-13", "attempted_at": "2026-11-04T09:00:00Z"}
    yield attempt(f"{opco}-A-PROMISE", f"{opco}-PROMISED", "promised-to-pay", opco=opco, **promise)
    yield account(f"{opco}-REFUSED", opco=opco, owed=740_000, version=2)
    yield account(f"{opco}-BROKEN", opco=opco, version=2, as_of="2026-11-04T08:00:00Z")


def _tenth_day(opco: str) -> Iterator[Event]:
    """Payments: a part, all, and some after the write-off; one before it and one after it do not hold."""
    at = {"received_at": "2026-11-13T09:00:00Z"}
    yield payment(f"{opco}-PAY-1", f"{opco}-PART-PAID", 2_001, opco=opco, **at)
    yield payment(f"{opco}-PAY-2", f"{opco}-PAID", 10_500, opco=opco, **at)
    yield payment(f"{opco}-PAY-3", f"{opco}-NOW", 1_000, opco=opco, **at)
    yield payment(f"{opco}-PAY-4", f"{opco}-STOPPED", 20_000, opco=opco, **at)
    yield payment(f"{opco}-PAY-5", f"{opco}-RETURNED", 1_501, opco=opco, **at)
    yield bounce(f"{opco}-PAY-5", f"{opco}-RETURNED", opco=opco)
    yield payment(f"{opco}-PAY-6", f"{opco}-PROMISED", 3_000, opco=opco, **at)
    yield bounce(f"{opco}-PAY-6", f"{opco}-PROMISED", opco=opco)
    yield request(f"{opco}-WR-AGAIN", f"{opco}-NOW", opco=opco)


def _last_day(opco: str) -> Iterator[Event]:
    """One more request; write-offs are undone: after a recovery, with goods, of a bulk, of nothing yet."""
    yield request(f"{opco}-WR-AGED", f"{opco}-BROKEN", opco=opco)
    for what, of_request in (("NOW", "NOW"), ("RETURNED", "RETURNED"), ("BULK-1", "BULK"), ("PAID", "404")):
        yield reversal(f"{opco}-WV-{what}", f"{opco}-WR-{of_request}", f"{opco}-{what}", opco=opco)


def _bounced_day(opco: str) -> Iterator[Event]:
    """What was recovered of a write-off that is undone by now did not hold; one is to be undone again."""
    yield bounce(f"{opco}-PAY-3", f"{opco}-NOW", opco=opco)
    yield reversal(f"{opco}-WV-AGAIN", f"{opco}-WR-BULK", f"{opco}-BULK-1", opco=opco)


def _written_off_again(opco: str) -> Iterator[Event]:
    yield request(f"{opco}-WR-ANEW", f"{opco}-NOW", opco=opco)


def _two_agreements(opco: str) -> list[Mapping[str, object]]:
    """An agreement paid in part, with a credit note, and a smaller one of another type."""
    currency = CURRENCIES[opco]
    first = transaction("FT-1", "2026-04-01", {"REVENUE": 9_001, "VAT-PAYABLE": 1_799}, opco=opco)
    second = transaction("FT-2", "2026-05-01", {"REVENUE": 5_003, "VAT-PAYABLE": 997}, opco=opco)
    other_type = {"RW": "appliance-loan", "KE": "clean-cooking", "TG": "solar-pump"}[opco]
    return [
        agreement(f"SA-{opco}-NOW-1", [first, second], balance=render(13_337, currency)),
        agreement(
            f"SA-{opco}-NOW-2",
            [transaction("FT-3", "2026-05-02", {"REVENUE": 4_000}, opco=opco)],
            balance=render(4_000, currency),
            sa_type=other_type,
        ),
    ]
