"""What happens to whom: one entry for each kind of story, and how many accounts live it in each company.

An account's id says its story: `KE-0702` is the second Kenyan account of story 7. What must come of a story
is not here but in the file of expected figures, written by hand from the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Disposition = Literal["write_off", "repossession", "opt_out"]

#: The business dates on which something is sent. The others that matter follow from these by the rules.
FIRST_DAY = "2026-11-02"
PAYMENT_DAY = "2026-11-10"
MISTAKE_DAY = "2026-12-15"
PROMISE_DAY = "2026-12-28"

#: What the other dates that matter are; a date that is missing here is shown without a title.
DAYS = {
    "2026-11-12": "day D: visits that came too early count",
    "2026-11-16": "the end of a promise that was kept",
    "2026-11-23": "the end of promises that were broken",
    "2026-12-02": "day 30: calls and debt checks",
    "2027-01-01": "day 60: recalls, then write-offs",
    "2027-01-08": "the end of the late promises",
    "2027-01-11": "day 60 of what began on day D",
    "2027-01-22": "day 60 of the broken promises",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """On which day a customer promised to a visitor to pay, and by when."""

    on: str
    until: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """The accounts (of Rwanda, Kenya, Togo), what they owe, and what is sent about them.

    `ordinary_visits` counts failed visits relative to the number that the company asks for (K of R6): 0 is
    exactly that many; `visits` come after those. `payment` and `returned` name amounts in `portfolio`.
    """

    number: int
    title: str
    accounts: tuple[int, int, int]
    debt: str = "standard"
    state: str = "defaulted"
    customer_class: str = "residential"
    household: str = "one"
    too_early: bool = False
    foreign_currency: bool = False
    ordinary_visits: int | None = None
    visits: tuple[str, ...] = ()
    promise: Promise | None = None
    asks_for: Disposition | None = None
    returned: str | None = None
    in_bulk: bool = False
    payment: str | None = None
    overtaken: bool = False
    settled_upstream: bool = False

    def account_ids(self) -> Iterator[tuple[str, str]]:
        """Yield company and account id of everybody in the story."""
        for company, count in zip(("RW", "KE", "TG"), self.accounts, strict=True):
            for position in range(1, count + 1):
                yield company, f"{company}-{self.number:02}{position:02}"


_GONE = ("product-not-found",)
_SOON = Promise(on=FIRST_DAY, until="2026-11-20")

STORIES: tuple[Story, ...] = (
    # Nothing to do.
    Story(number=1, title="pays as agreed", accounts=(10, 8, 8), state="normal"),
    Story(number=2, title="in default, not visited yet", accounts=(10, 8, 8)),
    # Failed repossessions.
    Story(number=3, title="product gone", accounts=(12, 10, 10), visits=_GONE),
    Story(
        number=4, title="shop, product gone", accounts=(3, 3, 3), visits=_GONE, customer_class="commercial"
    ),
    Story(number=5, title="refuses to return it", accounts=(4, 4, 4), visits=("refused-to-return",)),
    Story(
        number=6,
        title="refuses, little debt",
        accounts=(2, 2, 2),
        visits=("refused-to-return",),
        debt="light",
    ),
    Story(number=7, title="visited often enough", accounts=(6, 5, 5), ordinary_visits=0),
    Story(number=8, title="often enough, too early", accounts=(3, 3, 3), ordinary_visits=0, too_early=True),
    Story(number=9, title="one visit short", accounts=(3, 3, 3), ordinary_visits=-1),
    Story(
        number=10,
        title="promise kept",
        accounts=(3, 3, 2),
        promise=Promise(on=FIRST_DAY, until="2026-11-13"),
        payment="all",
    ),
    Story(number=11, title="promise broken", accounts=(3, 3, 2), ordinary_visits=-1, promise=_SOON),
    Story(
        number=12, title="asked for while on hold", accounts=(2, 2, 2), promise=_SOON, asks_for="write_off"
    ),
    Story(
        number=13, title="says paid, and has", accounts=(2, 2, 2), visits=("customer-paid",), debt="cleared"
    ),
    Story(number=14, title="says paid, and owes", accounts=(2, 2, 2), visits=("customer-paid",)),
    Story(number=15, title="product out of order", accounts=(2, 2, 2), visits=("product-issue",)),
    # Requests.
    Story(
        number=16,
        title="written off on request",
        accounts=(4, 4, 4),
        household="couple",
        asks_for="write_off",
    ),
    Story(
        number=17,
        title="nobody to write to",
        accounts=(2, 2, 2),
        household="unreachable",
        asks_for="write_off",
    ),
    # Money that comes in, or goes back.
    Story(
        number=18,
        title="one of two debts paid",
        accounts=(3, 3, 3),
        visits=_GONE,
        debt="two-agreements",
        payment="second",
    ),
    Story(number=19, title="pays a part", accounts=(4, 4, 4), visits=_GONE, payment="part"),
    Story(number=20, title="pays everything", accounts=(3, 3, 3), visits=_GONE, payment="all"),
    Story(number=21, title="had paid a part", accounts=(3, 3, 3), visits=_GONE, debt="part-paid"),
    Story(number=22, title="had a credit note", accounts=(2, 2, 2), visits=_GONE, debt="credit-note"),
    Story(number=24, title="provided for already", accounts=(2, 0, 0), visits=_GONE, debt="provided-for"),
    # The bulk request: the eligible, then one account for each reason to refuse one.
    Story(number=23, title="in the bulk request", accounts=(10, 8, 8), in_bulk=True),
    Story(number=41, title="not in default", accounts=(1, 1, 1), in_bulk=True, state="late"),
    Story(number=42, title="kept in dollars", accounts=(1, 1, 1), in_bulk=True, foreign_currency=True),
    Story(number=43, title="ended long ago", accounts=(1, 1, 1), in_bulk=True, state="inactive"),
    Story(number=44, title="goods in a write-off", accounts=(1, 1, 1), in_bulk=True, returned="part"),
    Story(number=45, title="owes nothing", accounts=(1, 1, 1), in_bulk=True, debt="cleared"),
    Story(number=46, title="owes next to nothing", accounts=(1, 1, 1), in_bulk=True, debt="small"),
    Story(number=47, title="owes and is owed", accounts=(1, 1, 1), in_bulk=True, debt="large-credit-beside"),
    Story(number=48, title="on hold", accounts=(1, 1, 1), in_bulk=True, promise=_SOON),
    # Goods that come back, and customers who stop.
    Story(
        number=25,
        title="some goods came back",
        accounts=(3, 2, 2),
        household="guarantor",
        asks_for="repossession",
        returned="part",
    ),
    Story(
        number=26,
        title="goods worth more than the debt",
        accounts=(1, 1, 1),
        debt="light",
        asks_for="repossession",
        returned="all",
    ),
    Story(number=27, title="chose to stop", accounts=(2, 2, 2), state="normal", asks_for="opt_out"),
    Story(
        number=28,
        title="stopped, goods back",
        accounts=(1, 1, 1),
        state="late",
        asks_for="opt_out",
        returned="part",
    ),
    # Small balances beside a debt.
    Story(
        number=29, title="small debt beside a large", accounts=(2, 2, 2), visits=_GONE, debt="small-beside"
    ),
    Story(
        number=30,
        title="small credit beside a debt",
        accounts=(1, 1, 1),
        visits=_GONE,
        debt="small-credit-beside",
    ),
    # Late and contradictory news.
    Story(
        number=31,
        title="paid, says the next snapshot",
        accounts=(1, 1, 1),
        visits=_GONE,
        settled_upstream=True,
    ),
    Story(
        number=32,
        title="promise on day 56",
        accounts=(2, 2, 2),
        visits=_GONE,
        promise=Promise(on=PROMISE_DAY, until="2027-01-05"),
    ),
    Story(
        number=33, title="request before snapshot", accounts=(1, 1, 1), asks_for="write_off", overtaken=True
    ),
    Story(number=34, title="bills do not explain it", accounts=(1, 1, 1), visits=_GONE, debt="unexplained"),
    Story(number=36, title="found again, canceled", accounts=(0, 1, 0), visits=_GONE),
    Story(number=37, title="pays in euros", accounts=(0, 0, 1), state="late", payment="euros"),
)
