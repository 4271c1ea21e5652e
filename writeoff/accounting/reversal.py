"""The lines that undo a write-off: what its buckets still hold moves back, goods included (R21, R25)."""

from collections.abc import Mapping, Sequence
from datetime import date

from writeoff.account import Side
from writeoff.accounting.lines import Lines
from writeoff.accounting.write_off import years_after
from writeoff.journal import Bucket, JournalLine, Movement, Posted
from writeoff.money import Share, split
from writeoff.policy.model import Policy
from writeoff.value import Value

#: GL account, code of the line, write-off agreement; then the bucket's agreement and code.
_Place = tuple[str, str, str, str, str]


class Undone(Value, frozen=True, kw_only=True):
    """The lines of a reversal, none when nothing is left to move, and what they take out of the buckets."""

    lines: tuple[JournalLine, ...]
    movements: tuple[Movement, ...]


def undo(policy: Policy, written: Posted, buckets: Sequence[Bucket], movements: Sequence[Movement]) -> Undone:
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
    for place in (place for place, amount in elsewhere.items() if amount > 0):
        _add(lines, "debit", place, elsewhere[place])
    for line in goods:
        lines.add("credit", line.gl_account, line.distribution_code, line.amount, sa_id=line.sa_id)
    taken = [movement for bucket in held for movement in _give_up(lines, policy, bucket)]
    for place in (place for place, amount in elsewhere.items() if amount < 0):
        _add(lines, "credit", place, -elsewhere[place])
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


def _give_up(lines: Lines, policy: Policy, bucket: Bucket) -> list[Movement]:
    """Credit what a bucket still holds to where the write-off debited it."""
    if not bucket.held:
        return []
    code = line_code(policy, bucket)
    _add(lines, "credit", _place(policy, bucket), bucket.held, _claimable(policy, bucket))
    return [
        Movement(
            bucket_id=bucket.bucket_id,
            amount=-bucket.held,
            gl_account=bucket.gl_account,
            distribution_code=code,
        )
    ]


def line_code(policy: Policy, bucket: Bucket) -> str:
    """Return the distribution code of the lines of a bucket: expense is on the write-off type's own (R19)."""
    if bucket.treatment != "expense":
        return bucket.distribution_code
    return policy.write_off_sa_types[bucket.write_off_sa_type].distribution_code


def _place(policy: Policy, bucket: Bucket) -> _Place:
    code = line_code(policy, bucket)
    return bucket.gl_account, code, bucket.write_off_sa_id, bucket.from_sa_id, bucket.distribution_code


def _claimable(policy: Policy, bucket: Bucket) -> tuple[date, date] | None:
    if bucket.treatment != "pending-claim" or bucket.accounting_date is None:
        return None
    code = policy.distribution_codes[bucket.distribution_code]
    return (
        years_after(bucket.accounting_date, code.relief_claimable_after_years),
        years_after(bucket.accounting_date, code.relief_claimable_for_years),
    )


def _elsewhere(policy: Policy, held: Sequence[Bucket], movements: Sequence[Movement]) -> dict[_Place, int]:
    """Return what recoveries of expense credited by place, less what was debited there for it.

    Above zero: credited where nothing was debited. Below: debited, and recovered elsewhere. They sum to zero.
    Taxes are left alone: a recovery follows their treatment, which a claim may have changed meanwhile (R24).
    """
    expense = {bucket.bucket_id: bucket for bucket in held if bucket.treatment == "expense"}
    sums: dict[_Place, int] = {}
    for movement in movements:
        bucket = expense.get(movement.bucket_id)
        if bucket is not None:
            debited = _place(policy, bucket)
            credited = (movement.gl_account, movement.distribution_code, *debited[2:])
            sums[debited] = sums.get(debited, 0) + movement.amount
            sums[credited] = sums.get(credited, 0) - movement.amount
    return sums


def _add(
    lines: Lines, side: Side, place: _Place, amount: int, claimable: tuple[date, date] | None = None
) -> None:
    gl_account, code, write_off_sa, sa_id, of = place
    source = (sa_id, None, of)
    lines.add(side, gl_account, code, amount, sa_id=write_off_sa, source=source, claimable=claimable)
