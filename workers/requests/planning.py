"""Planning a request of up to 100,000 accounts: read in sets without a lock, nothing kept in memory (R4)."""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from handlers.planning.figures import refused_digest
from handlers.planning.plan import AccountPlan, referrals_of
from handlers.planning.planner import plan_item
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody
from store.engine.locking import agency_debt_of
from store.engine.transaction import Transaction
from store.reading import accounts as account_reading
from workers.sets.account_cases import AccountCases
from workers.sets.context import SetContext
from writeoff.case import Part
from writeoff.facts import RequestItem
from writeoff.value import Value

#: Accounts that are read at once: larger sets gain little, and these take some megabytes.
ACCOUNTS_A_SET = 1_000
_NEEDS = Part.PERSONS | Part.PERIODS
#: What an embedded snapshot looks at besides.
_NEEDS_OF_SNAPSHOT = Part.PAYMENTS | Part.REFERRALS

_bodies = msgspec.json.Decoder(ItemBody)


class Wanted(Value, frozen=True, kw_only=True):
    """A request that is to be planned; `order` is what it wants, for whichever account."""

    opco: str
    order: Order
    items: tuple[RequestItem, ...]


def plan(tx: Transaction, context: SetContext, wanted: Wanted) -> Iterator[AccountPlan]:
    """Plan every account, in the order of R3: days since default ascending, then by account.

    The transaction should see one moment. Referrals go to the agencies that would get them in that order.
    """
    totals = agency_debt_of(tx, wanted.opco)
    ordered = _in_order(tx, wanted)
    for start in range(0, len(ordered), ACCOUNTS_A_SET):
        yield from _plan_set(tx, context, wanted, ordered[start : start + ACCOUNTS_A_SET], totals)


def _plan_set(
    tx: Transaction,
    context: SetContext,
    wanted: Wanted,
    items: Sequence[RequestItem],
    totals: dict[str, int],
) -> Iterator[AccountPlan]:
    bodies = [_bodies.decode(item.body) if item.body else ItemBody() for item in items]
    needs = _NEEDS | (_NEEDS_OF_SNAPSHOT if any(body.snapshot for body in bodies) else Part.NONE)
    keys = [(wanted.opco, item.account_id) for item in items if item.state == "pending"]
    cases = AccountCases(tx, context, keys, needs, lock=False)
    order = wanted.order
    base = msgspec.structs.replace(
        context.base(wanted.opco, "plan"),
        request_id=order.request_id,
        origin=order.origin,
        bulk=order.kind == "bulk",
    )
    for item, body in zip(items, bodies, strict=True):
        if item.state != "pending":
            yield _refused(item)
            continue
        cause = msgspec.structs.replace(base, account_id=item.account_id)
        case = cases.case(cause, (wanted.opco, item.account_id))
        case = msgspec.structs.replace(case, agency_debt=totals)
        mine = msgspec.structs.replace(order, account_id=item.account_id, returned=body.returned)
        planned = plan_item(mine, item.account_version, body, case)
        for referral in referrals_of(planned):
            totals[referral.agency] = totals.get(referral.agency, 0) + referral.amount
        yield planned


def _refused(item: RequestItem) -> AccountPlan:
    """Return the plan of an account that was refused before it was looked at."""
    refusal = item.refusal or ""
    return AccountPlan(
        account_id=item.account_id,
        account=None,
        customer=None,
        days_in_default=None,
        refusal=item.refusal,
        message=item.message,
        process=None,
        amount=None,
        opening=(),
        events=(),
        digest=refused_digest(refusal),
        fields={"refusal": refusal},
    )


def _in_order(tx: Transaction, wanted: Wanted) -> list[RequestItem]:
    """Sort the items by days since default ascending; those without a default come last."""
    defaulted: dict[str, date | None] = {}
    for start in range(0, len(wanted.items), ACCOUNTS_A_SET):
        part = wanted.items[start : start + ACCOUNTS_A_SET]
        defaulted |= account_reading.defaulted_on(tx, [(wanted.opco, item.account_id) for item in part])
    for item in wanted.items:
        if item.body and (snapshot := _bodies.decode(item.body).snapshot) is not None:
            defaulted[item.account_id] = snapshot.account.defaulted_on

    def key(item: RequestItem) -> tuple[int, str, int]:
        day = defaulted.get(item.account_id)
        return (-day.toordinal() if day else 0, item.account_id, item.ordinal)

    return sorted(wanted.items, key=key)
