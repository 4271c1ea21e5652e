"""Opcos: their current policy and their business date, read together at the start of a set."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from store.engine.transaction import Transaction
from store.tables import agency_debt, opcos, policies
from writeoff.policy.model import Policy
from writeoff.policy.reading import dump, load
from writeoff.value import Value


class OpcoNow(Value, frozen=True, kw_only=True):
    """An opco at this moment: the digest of its current policy, its business date, whether that was set."""

    opco: str
    policy_digest: str
    time_zone: str
    today: date
    business_date_set: bool


_OPCOS = select(opcos.c.opco, opcos.c.policy_digest, opcos.c.time_zone, opcos.c.business_date)
#: The moment comes with them: it saves every set a statement.
_WITH_TIME = _OPCOS.add_columns(func.transaction_timestamp())


def foresee(tx: Transaction) -> None:
    """Have `now` answered together with what is asked first."""
    tx.foresee(_WITH_TIME)


def now(tx: Transaction) -> dict[str, OpcoNow]:
    """Return every opco as it is now. The business date is today in its time zone unless one is set."""
    found: dict[str, OpcoNow] = {}
    for opco, policy_digest, time_zone, business_date, *moment in tx.ask(
        _WITH_TIME if tx.postgresql else _OPCOS
    ):
        if moment:
            tx.now = moment[0]
        found[opco] = OpcoNow(
            opco=opco,
            policy_digest=policy_digest,
            time_zone=time_zone,
            today=business_date or tx.now.astimezone(ZoneInfo(time_zone)).date(),
            business_date_set=business_date is not None,
        )
    return found


def install_policies(tx: Transaction, current: Iterable[Policy]) -> None:
    """Store policy versions that are new, and make these the current ones of their opcos.

    Each agency gets its row of active debt now: what does not exist could not be locked (R11).
    """
    ordered = sorted(current, key=lambda policy: policy.opco)
    tx.insert_new(
        policies,
        ("digest", "opco", "body", "stored_at"),
        [(policy.digest, policy.opco, dump(policy), tx.now) for policy in ordered],
        ("digest",),
    )
    rows = [(policy.opco, policy.digest, policy.time_zone, tx.now) for policy in ordered]
    columns = ("opco", "policy_digest", "time_zone", "updated_at")
    new = tx.insert_new(opcos, columns, rows, ("opco",))
    tx.update(opcos, ("opco",), columns[1:], [row for row in rows if (row[0],) not in new])
    agencies = [(policy.opco, code, 0) for policy in ordered for code in sorted(policy.agencies)]
    tx.insert_new(agency_debt, ("opco", "agency", "active_minor"), agencies, ("opco", "agency"))


def policy_by_digest(tx: Transaction, digest: str) -> Policy:
    """Return a stored policy version; LookupError when there is none."""
    body = tx.execute(select(policies.c.body).where(policies.c.digest == digest)).scalar_one_or_none()
    if body is None:
        raise LookupError(f"policy version {digest} is not stored")
    return load(body)


def set_business_date(tx: Transaction, opco: str | None, to: date | None) -> int:
    """Set, or clear with None, the business date of one opco or of all; return how many opcos it was."""
    statement = update(opcos).values(business_date=to, updated_at=tx.now)
    if opco is not None:
        statement = statement.where(opcos.c.opco == opco)
    return tx.execute(statement).rowcount
