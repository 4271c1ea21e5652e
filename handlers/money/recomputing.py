"""A journal computed again, from what it was decided on, by the functions that decided it (R23)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from handlers.event_types import kinds, parameters
from handlers.money.recoveries import owing_lines
from writeoff.accounting.recovery import Recovered, mirrored, recover
from writeoff.accounting.reversal import undo
from writeoff.accounting.write_down import write_down_lines
from writeoff.accounting.write_off import Debt, Ledger, NotCovered
from writeoff.errors import WriteoffError
from writeoff.journal import Bucket, JournalLine, Movement, Posted
from writeoff.policy.model import Policy
from writeoff.process import Disposition
from writeoff.value import Value


class NotComputable(WriteoffError):
    """The journal's basis does not give lines any more; the text says why."""


class Stored(Value, frozen=True, kw_only=True):
    """A journal as it is stored, as far as it is needed to compute it again; `on` is its transaction date.

    `written` are the write-off's lines of its process; `after_reversal` that the process had been reversed.
    """

    kind: str
    opco: str
    account_id: str
    process_id: str | None
    payment_id: str | None
    policy: Policy
    basis: bytes
    on: date
    posted: Posted
    reverses: "Stored | None" = None
    written: tuple[JournalLine, ...] = ()
    after_reversal: bool = False


class _WriteOff(Value, frozen=True, kw_only=True):
    event_type: str
    debts: tuple[Debt, ...]


class _WriteDown(Value, frozen=True, kw_only=True):
    agreement: str
    sa_type: str
    balance: int


class _Recovery(Value, frozen=True, kw_only=True):
    received_on: date
    amount: int
    disposition: Disposition
    buckets: tuple[Bucket, ...]


class _Reversal(Value, frozen=True, kw_only=True):
    buckets: tuple[Bucket, ...]
    movements: tuple[Movement, ...]


def recompute(stored: Stored) -> tuple[JournalLine, ...]:
    """Return the lines that the journal must have; raises `NotComputable`."""
    if stored.kind == "reversal" and stored.payment_id is not None:
        return _canceled_payment(stored)
    try:
        return _BY_KIND[stored.kind](stored)
    except (msgspec.DecodeError, LookupError) as error:
        raise NotComputable(f"{type(error).__name__}: {error}") from error


def _write_off(stored: Stored) -> tuple[JournalLine, ...]:
    basis = msgspec.json.decode(stored.basis, type=_WriteOff)
    kind = kinds()[stored.policy.event_types[basis.event_type].kind]
    if kind.method is None:
        raise NotComputable(f"event type {basis.event_type} posts nothing")
    ledger = Ledger(stored.policy, stored.opco, stored.account_id, stored.process_id or "")
    written = kind.method(parameters(stored.policy, basis.event_type))(ledger, basis.debts)
    if isinstance(written, NotCovered):
        raise NotComputable(f"{written.reason}: {written.detail}")
    return written.lines


def _write_down(stored: Stored) -> tuple[JournalLine, ...]:
    basis = msgspec.json.decode(stored.basis, type=_WriteDown)
    return write_down_lines(stored.policy, basis.agreement, basis.sa_type, basis.balance)


def _recovery(stored: Stored) -> tuple[JournalLine, ...]:
    return _recovered(stored).lines


def _recovered(stored: Stored) -> Recovered:
    basis = msgspec.json.decode(stored.basis, type=_Recovery)
    return recover(basis.amount, basis.buckets, stored.policy, basis.disposition, basis.received_on)


def _reversal(stored: Stored) -> tuple[JournalLine, ...]:
    basis = msgspec.json.decode(stored.basis, type=_Reversal)
    return undo(stored.policy, _reversed(stored).posted, basis.buckets, basis.movements, stored.on).lines


def _canceled_payment(stored: Stored) -> tuple[JournalLine, ...]:
    """A payment that did not hold undoes its recovery, or after a reversal is owed again (R24)."""
    recovery = _reversed(stored)
    if not stored.after_reversal:
        return mirrored(recovery.posted.lines)
    return owing_lines(stored.policy, stored.written, _recovered(recovery).by_agreement)


def _reversed(stored: Stored) -> Stored:
    if stored.reverses is None:
        raise NotComputable("the journal that it reverses is not there")
    return stored.reverses


_BY_KIND: dict[str, Callable[[Any], tuple[JournalLine, ...]]] = {
    "write-off": _write_off,
    "repossession": _write_off,
    "write-down": _write_down,
    "recovery": _recovery,
    "reversal": _reversal,
}
