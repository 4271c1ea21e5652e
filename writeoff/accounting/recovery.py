"""Money that comes after a write-off: over all buckets, in one step, to where each was debited (R24)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import msgspec

from writeoff.account import Side
from writeoff.accounting.lines import Lines
from writeoff.accounting.write_off import years_after
from writeoff.journal import Bucket, JournalLine, Movement
from writeoff.money import Share, split
from writeoff.policy.model import Policy
from writeoff.process import Disposition
from writeoff.value import Value


class Recovered(Value, frozen=True, kw_only=True):
    """What a payment brings back: journal lines, what leaves the buckets, and how much found none.

    Without anything held there are no lines. `by_agreement` is what was recovered of each agreement that the
    debt came from. Minor units.
    """

    lines: tuple[JournalLine, ...]
    movements: tuple[Movement, ...]
    by_agreement: dict[str, int]
    left_over: int

    @property
    def amount(self) -> int:
        """How much was recovered."""
        return sum(self.by_agreement.values())


class Place(Value, frozen=True, kw_only=True):
    """The line that part of a bucket is posted to."""

    gl_account: str
    distribution_code: str
    claimable: tuple[date, date] | None = None
    repay_by: date | None = None


class Part(Value, frozen=True, kw_only=True):
    """Part of what a bucket holds, in minor units; `claimed` when it is tax whose relief was claimed."""

    bucket: Bucket
    amount: int
    claimed: bool

    def movement(self, place: Place) -> Movement:
        """Return that the part leaves the bucket, posted to that place."""
        return Movement(
            bucket_id=self.bucket.bucket_id,
            amount=-self.amount,
            gl_account=place.gl_account,
            distribution_code=place.distribution_code,
            claimed=self.claimed,
        )


def recover(
    amount: int, buckets: Sequence[Bucket], policy: Policy, disposition: Disposition, received_on: date
) -> Recovered:
    """Split a payment over all buckets in proportion to what each still holds, never beyond it.

    `policy` is the one under which it was written off; `received_on` the payment's date at the opco.
    """
    held = sum(bucket.held for bucket in buckets)
    credited = min(amount, held)
    if not credited:
        return Recovered(lines=(), movements=(), by_agreement={}, left_over=amount)
    clearing = policy.distribution_codes[policy.recovery_clearing_code]
    lines = Lines()
    lines.add("debit", clearing.gl_account, clearing.code, credited, sa_id=None)
    movements: list[Movement] = []
    by_agreement: dict[str, int] = {}
    for part in _split(credited, buckets):
        place = _credited(part, policy, disposition, received_on)
        add(lines, "credit", part, place)
        movements.append(part.movement(place))
        sa_id = part.bucket.from_sa_id
        by_agreement[sa_id] = by_agreement.get(sa_id, 0) + part.amount
    return Recovered(
        lines=lines.finished(),
        movements=tuple(movements),
        by_agreement=by_agreement,
        left_over=amount - credited,
    )


def add(lines: Lines, side: Side, part: Part, place: Place) -> None:
    """Post part of a bucket; the bucket is the source (R23)."""
    bucket = part.bucket
    lines.add(
        side,
        place.gl_account,
        place.distribution_code,
        part.amount,
        sa_id=bucket.write_off_sa_id,
        source=(bucket.from_sa_id, None, bucket.distribution_code),
        claimable=place.claimable,
        repay_by=place.repay_by,
    )


def parts(bucket: Bucket, amount: int) -> Iterator[Part]:
    """Return the parts of `amount` of what a bucket holds: first that whose relief was not claimed."""
    unclaimed = min(amount, bucket.held - bucket.claimed)
    if unclaimed:
        yield Part(bucket=bucket, amount=unclaimed, claimed=False)
    if amount > unclaimed:
        yield Part(bucket=bucket, amount=amount - unclaimed, claimed=True)


def debited(bucket: Bucket, policy: Policy) -> Place:
    """Return where the write-off debited a bucket (R19)."""
    if bucket.treatment == "expense":
        own = policy.write_off_sa_types[bucket.write_off_sa_type].distribution_code
        return Place(gl_account=bucket.gl_account, distribution_code=own)
    return Place(
        gl_account=bucket.gl_account,
        distribution_code=bucket.distribution_code,
        claimable=claimable(bucket, policy),
    )


def claimable(bucket: Bucket, policy: Policy) -> tuple[date, date] | None:
    """Return from when and until when relief of a bucket's tax may be claimed; None if it need not be."""
    if bucket.treatment != "pending-claim" or bucket.accounting_date is None:
        return None
    code = policy.distribution_codes[bucket.distribution_code]
    return (
        years_after(bucket.accounting_date, code.relief_claimable_after_years),
        years_after(bucket.accounting_date, code.relief_claimable_for_years),
    )


def repayable(bucket: Bucket, policy: Policy, counted_from: date) -> Place:
    """Return where tax is credited whose relief was claimed: it is owed to the tax office again (R24)."""
    code = policy.distribution_codes[bucket.distribution_code]
    repay_by = counted_from + timedelta(days=code.relief_repay_within_days)
    return Place(gl_account=code.gl_account, distribution_code=code.code, repay_by=repay_by)


def mirrored(lines: Iterable[JournalLine]) -> tuple[JournalLine, ...]:
    """Return lines with their sides changed, debits first: what undoes a journal line by line."""
    turned = [
        msgspec.structs.replace(line, side="credit" if line.side == "debit" else "debit") for line in lines
    ]
    return tuple(sorted(turned, key=lambda line: line.side != "debit"))


def put_back(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    """Return the movements that undo these."""
    return tuple(msgspec.structs.replace(each, amount=-each.amount) for each in movements)


def after_movements(buckets: Sequence[Bucket], movements: Iterable[Movement]) -> tuple[Bucket, ...]:
    """Return the buckets as they are after movements."""
    held: dict[str, int] = {}
    claimed: dict[str, int] = {}
    for each in movements:
        held[each.bucket_id] = held.get(each.bucket_id, 0) + each.amount
        if each.claimed:
            claimed[each.bucket_id] = claimed.get(each.bucket_id, 0) + each.amount
    if not held:
        return tuple(buckets)
    return tuple(
        msgspec.structs.replace(
            bucket,
            held=bucket.held + held.get(bucket.bucket_id, 0),
            claimed=bucket.claimed + claimed.get(bucket.bucket_id, 0),
        )
        for bucket in buckets
    )


def _split(amount: int, buckets: Sequence[Bucket]) -> Iterator[Part]:
    """Split by largest remainder; ties go to the larger bucket, then by code, then by where it came from."""
    shares = [
        Share(
            weight=bucket.held,
            code=bucket.distribution_code,
            ft_id=f"{bucket.from_sa_id} {bucket.accounting_date} {bucket.gl_account}",
        )
        for bucket in buckets
    ]
    for bucket, part in zip(buckets, split(amount, shares), strict=True):
        yield from parts(bucket, part)


def _credited(part: Part, policy: Policy, disposition: Disposition, received_on: date) -> Place:
    """Return where a recovery is credited; after an opt-out always what was debited (R21)."""
    bucket = part.bucket
    if part.claimed:
        return repayable(bucket, policy, received_on)
    own = policy.recovery_credit_code
    if bucket.treatment == "expense" and own is not None and disposition != "opt_out":
        code = policy.distribution_codes[own]
        return Place(gl_account=code.gl_account, distribution_code=code.code)
    return debited(bucket, policy)
