"""The portfolio as Pulse sends it: acts on fixed business dates, the same to the byte in every run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from typing import Any

from operations.demo import mistakes
from operations.demo.accounts import COMPANIES, Company, snapshot
from operations.demo.cloud_events import (
    CloudEvent,
    account_updated,
    cancel_requested,
    payment_received,
    repossession_failed,
    write_off_requested,
)
from operations.demo.debts import DEBTS
from operations.demo.stories import (
    FIRST_DAY,
    MISTAKE_DAY,
    PAYMENT_DAY,
    PROMISE_DAY,
    STORIES,
    Story,
)

#: The reasons that count towards the number of visits (R6).
ORDINARY_REASONS = ("home-not-found", "customer-not-available", "spoke-with-other")

#: By name and company; `second` is for the second agreement alone.
PAYMENTS: Mapping[str, Mapping[str, str]] = {
    "part": {"RW": "1000", "KE": "380.00", "TG": "5180"},
    "all": {"RW": "10500", "KE": "12630.50", "TG": "25180"},
    "second": {"RW": "4130", "KE": "250.50", "TG": "11800"},
    "euros": {"TG": "35.00"},
}

#: By name and company: product, quantity, and what the row is worth.
RETURNS: Mapping[str, Mapping[str, tuple[tuple[str, int, str], ...]]] = {
    "part": {
        "RW": (("PR-1", 1, "4000"),),
        "KE": (("PR-1", 1, "5000.00"),),
        "TG": (("PR-1", 1, "10000"),),
    },
    "all": {
        "RW": (("PR-1", 1, "2500"), ("PR-2", 4, "500")),
        "KE": (("PR-1", 1, "1200.00"), ("PR-2", 4, "300.00")),
        "TG": (("PR-1", 1, "3200"), ("PR-2", 4, "800")),
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """What is sent on one business date before anything else of that day happens."""

    on: date
    title: str
    messages: tuple[CloudEvent, ...]


def acts() -> tuple[Act, ...]:
    """Return everything that is sent, in order. An act begins when the one before has been understood."""
    return (
        _act(FIRST_DAY, "Pulse sends its accounts", _snapshots()),
        _act(FIRST_DAY, "field agents report failed repossessions", _visits(), mistakes.visits()),
        _act(FIRST_DAY, "the back office asks for write-offs", _requests(), mistakes.requests()),
        _act(FIRST_DAY, "requests overtake their snapshots", _overtaking(), mistakes.repetitions()),
        _act(FIRST_DAY, "the overtaken snapshots arrive", _overtaken()),
        _act(PAYMENT_DAY, "customers pay", _payments(), _cancellations(), mistakes.payments()),
        _act(MISTAKE_DAY, "Pulse contradicts itself", mistakes.contradictions()),
        _act(PROMISE_DAY, "customers promise to pay", _late_promises()),
    )


def _act(on: str, title: str, *messages: Iterator[CloudEvent]) -> Act:
    return Act(
        on=date.fromisoformat(on), title=title, messages=tuple(each for some in messages for each in some)
    )


def _cancellations() -> Iterator[CloudEvent]:
    yield cancel_requested("KE", "WC-KE-3601", "KE-3601", on=PAYMENT_DAY)


def _everybody() -> Iterator[tuple[Story, Company, str]]:
    for story in STORIES:
        for code, account_id in story.account_ids():
            yield story, COMPANIES[code], account_id


def _snapshots() -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        data = snapshot(
            company,
            account_id,
            DEBTS[company.code][story.debt],
            state="late" if story.overtaken else story.state,
            defaulted_on=company.too_early if story.too_early else "2026-06-14",
            currency="USD" if story.foreign_currency else None,
            customer_class=story.customer_class,
            household=story.household,
        )
        yield account_updated(company.code, FIRST_DAY, data)


def _visits() -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        for number, reason in enumerate(_reasons(story, company), start=1):
            yield repossession_failed(
                company.code,
                account_id,
                number,
                reason,
                on=FIRST_DAY,
                visited=f"2026-10-{2 + 6 * number:02}",
                promised=story.promise.until if story.promise and reason == "promised-to-pay" else None,
            )


def _reasons(story: Story, company: Company) -> tuple[str, ...]:
    ordinary = 0 if story.ordinary_visits is None else company.visits + story.ordinary_visits
    promised = story.promise is not None and story.promise.on == FIRST_DAY
    return (
        *islice(cycle(ORDINARY_REASONS), ordinary),
        *story.visits,
        *(("promised-to-pay",) if promised else ()),
    )


def _requests() -> Iterator[CloudEvent]:
    yield from _personal_requests(overtaking=False)
    for company in COMPANIES.values():
        yield write_off_requested(
            company.code, f"WR-{company.code}-BULK", _in_bulk(company), on=FIRST_DAY, actor="admin", bulk=True
        )


def _overtaking() -> Iterator[CloudEvent]:
    yield from _personal_requests(overtaking=True)


def _personal_requests(*, overtaking: bool) -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        if story.asks_for and story.overtaken == overtaking:
            yield write_off_requested(
                company.code,
                f"WR-{account_id}",
                [_asked(story, company, account_id)],
                on=FIRST_DAY,
                actor="back office",
                disposition=story.asks_for,
            )


def _in_bulk(company: Company) -> list[dict[str, Any]]:
    """Return the rows of the bulk request, with the three that are no story's: seen, running, unknown."""
    rows = [
        _asked(story, company, account_id)
        for story, its_company, account_id in _everybody()
        if story.in_bulk and its_company is company
    ]
    others = (f"{company.code}-2301", f"{company.code}-0301", f"{company.code}-9999")
    return [*rows, *({"account_id": account_id, "returned_products": []} for account_id in others)]


def _asked(story: Story, company: Company, account_id: str) -> dict[str, Any]:
    rows = RETURNS[story.returned][company.code] if story.returned else ()
    returned = [
        {
            "sa_id": f"{account_id}-SA1",
            "product_id": product_id,
            "quantity": quantity,
            "condition": "working",
            "fair_value": fair_value,
        }
        for product_id, quantity, fair_value in rows
    ]
    asked: dict[str, Any] = {"account_id": account_id, "returned_products": returned}
    return asked | {"account_version": 2} if story.overtaken else asked


def _overtaken() -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        if story.overtaken:
            debt = DEBTS[company.code][story.debt]
            data = snapshot(company, account_id, debt, version=2, as_of="2026-11-02T05:00:00Z")
            yield account_updated(company.code, FIRST_DAY, data)


def _payments() -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        if story.payment:
            yield payment_received(
                company.code,
                account_id,
                PAYMENTS[story.payment][company.code],
                "EUR" if story.payment == "euros" else company.currency,
                on=PAYMENT_DAY,
                agreement=f"{account_id}-SA2" if story.payment == "second" else None,
            )
        if story.settled_upstream:
            debt = DEBTS[company.code]["cleared"]
            data = snapshot(company, account_id, debt, version=2, as_of="2026-11-09T18:00:00Z")
            yield account_updated(company.code, PAYMENT_DAY, data)


def _late_promises() -> Iterator[CloudEvent]:
    for story, company, account_id in _everybody():
        if story.promise and story.promise.on == PROMISE_DAY:
            yield repossession_failed(
                company.code,
                account_id,
                2,
                "promised-to-pay",
                on=PROMISE_DAY,
                visited=PROMISE_DAY,
                promised=story.promise.until,
            )
