"""The lines that undo a write-off: what its buckets still hold moves back, goods included (R21, R25)."""

from collections.abc import Mapping, Sequence
from datetime import date

from writeoff.account import Side
from writeoff.accounting.lines import Lines
from writeoff.accounting.recovery import Part, Place, add, debited, parts, repayable
from writeoff.journal import Bucket, JournalLine, Movement, Posted
from writeoff.money import Share, split
from writeoff.policy.model import Policy
from writeoff.value import Value

#: GL account, code of the line, bucket.
_Elsewhere = tuple[str, str, str]


class Undone(Value, frozen=True, kw_only=True):
    """The lines of a reversal, none when nothing is left to move, and what they take out of the buckets."""

    lines: tuple[JournalLine, ...]
    movements: tuple[Movement, ...]


def undo(
    policy: Policy, written: Posted, buckets: Sequence[Bucket], movements: Sequence[Movement], on: date
) -> Undone:
    """Return what compensates the journal `written`.

    `buckets` are the process's, as they are held now, and `movements` what recoveries did to them. What was
    recovered stays recovered: where a recovery of expense credited another account than the write-off had
    debited, a pair of lines moves that too. `policy` is the one under which it was written off.
    """
    receivables = [line for line in written.lines if line.side == "credit"]
    of_journal = {line.sa_id for line in receivables}
    held = [bucket for bucket in buckets if bucket.from_sa_id in of_journal]
    goods = [
        line
        for line in written.lines
        if line.side == "debit" and line.distribution_code == policy.inventory_code
    ]
    elsewhere = _elsewhere(policy, held, movements)
    lines = Lines()
    _owe_again(lines, receivables, _back(held, goods))
    _move(lines, "debit", elsewhere, held)
    for line in goods:
        lines.add("credit", line.gl_account, line.distribution_code, line.amount, sa_id=line.sa_id)
    taken = [movement for bucket in held for movement in _give_up(lines, policy, bucket, on)]
    _move(lines, "credit", elsewhere, held)
    return Undone(lines=lines.finished(), movements=tuple(taken))


def _back(held: Sequence[Bucket], goods: Sequence[JournalLine]) -> dict[str | None, int]:
    """Return what each agreement owes again: what is held from it, and the goods that go back to it."""
    owed: dict[str | None, int] = {}
    for bucket in held:
        owed[bucket.from_sa_id] = owed.get(bucket.from_sa_id, 0) + bucket.held
    for line in goods:
        owed[line.sa_id] = owed.get(line.sa_id, 0) + line.amount
    return owed


def _owe_again(lines: Lines, receivables: Sequence[JournalLine], owed: Mapping[str | None, int]) -> None:
    """Debit the receivables that were credited; a part of an agreement's goes to its codes in proportion."""
    for sa_id in dict.fromkeys(line.sa_id for line in receivables):
        credited = [line for line in receivables if line.sa_id == sa_id]
        shares = [Share(weight=line.amount, code=line.distribution_code) for line in credited]
        for line, part in zip(credited, split(owed.get(sa_id, 0), shares), strict=True):
            lines.add("debit", line.gl_account, line.distribution_code, part, sa_id=sa_id)


def _give_up(lines: Lines, policy: Policy, bucket: Bucket, on: date) -> list[Movement]:
    """Credit what a bucket still holds to where it was debited; tax that was claimed is owed again (R24)."""
    taken = []
    for part in parts(bucket, bucket.held):
        place = repayable(bucket, policy, on) if part.claimed else debited(bucket, policy)
        add(lines, "credit", part, place)
        taken.append(part.movement(place))
    return taken


def _elsewhere(
    policy: Policy, held: Sequence[Bucket], movements: Sequence[Movement]
) -> dict[_Elsewhere, int]:
    """Return what recoveries of expense credited by place, less what was debited there for it.

    Above zero: credited where nothing was debited. Below: debited, and recovered elsewhere. They sum to zero.
    Taxes are left alone: a recovery follows their treatment, which a claim may have changed meanwhile (R24).
    """
    expense = {bucket.bucket_id: bucket for bucket in held if bucket.treatment == "expense"}
    sums: dict[_Elsewhere, int] = {}
    for movement in movements:
        bucket = expense.get(movement.bucket_id)
        if bucket is not None:
            place = debited(bucket, policy)
            for gl_account, code, amount in (
                (place.gl_account, place.distribution_code, movement.amount),
                (movement.gl_account, movement.distribution_code, -movement.amount),
            ):
                key = (gl_account, code, bucket.bucket_id)
                sums[key] = sums.get(key, 0) + amount
    return sums


def _move(lines: Lines, side: Side, elsewhere: Mapping[_Elsewhere, int], held: Sequence[Bucket]) -> None:
    """Post one side of the pairs of lines that move recoveries to where the write-off had debited."""
    buckets = {bucket.bucket_id: bucket for bucket in held}
    for (gl_account, code, bucket_id), amount in elsewhere.items():
        if amount and (amount > 0) == (side == "debit"):
            part = Part(bucket=buckets[bucket_id], amount=abs(amount), claimed=False)
            add(lines, side, part, Place(gl_account=gl_account, distribution_code=code))
