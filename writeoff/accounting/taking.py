"""Taking transactions until an amount is covered, the last one scaled (R18); what goods take (R21)."""

from collections.abc import Iterable, Mapping, Sequence

from writeoff.accounting.open_items import OpenItem, Piece, TakingOrder
from writeoff.money import Share, split
from writeoff.value import Value


class Taken(Value, frozen=True, kw_only=True):
    """What a write-off of one agreement takes: pieces to debit, receivables to credit.

    `uncovered` is what no transaction covers of the receivables (minor units).
    """

    pieces: tuple[Piece, ...]
    receivables: tuple[Piece, ...]
    uncovered: int = 0


class Short(Value, frozen=True, kw_only=True):
    """The transactions together do not cover the amount (`distribution-short`)."""

    covered: int


class UnknownCode(Value, frozen=True, kw_only=True):
    """A transaction that is taken has a code that bills may not use (`unknown-distribution-code`)."""

    ft_id: str
    code: str


def take(
    items: Sequence[OpenItem], amount: int, goods: int, order: TakingOrder
) -> Taken | Short | UnknownCode:
    """Cover `amount` exactly by transactions, then let the credit for `goods` go on from where it stopped.

    Both in minor units; in proportion, `goods` are scaled over what is left of all. Goods beyond the
    transactions are `uncovered`; the amount itself must be covered.
    """
    covered = sum(item.amount for item in items)
    if covered < amount:
        return Short(covered=covered)
    portions = _portions(items, amount, order)
    unknown = next((item for item, part in portions if part and item.unknown_code), None)
    if unknown is not None and unknown.unknown_code is not None:
        return UnknownCode(ft_id=unknown.ft_id, code=unknown.unknown_code)
    if order == "proportional":
        pieces = _scaled([piece for item in items for piece in item.pieces], amount)
        credited = _scaled([piece for item in items for piece in item.receivables], amount)
    else:
        pieces = [piece for item, part in portions for piece in _scaled(item.pieces, part)]
        credited = [piece for item, part in portions for piece in _scaled(item.receivables, part)]
    more, uncovered = _go_on(items, credited, goods, order)
    return Taken(pieces=tuple(pieces), receivables=tuple(_merged([*credited, *more])), uncovered=uncovered)


def take_receivables(items: Sequence[OpenItem], amount: int) -> Taken:
    """Take receivables alone, in order, for as much as the transactions cover (`write-off-sa-type`)."""
    credited, uncovered = _go_on(items, [], amount, "lifo")
    return Taken(pieces=(), receivables=tuple(_merged(credited)), uncovered=uncovered)


def _portions(items: Sequence[OpenItem], amount: int, order: TakingOrder) -> list[tuple[OpenItem, int]]:
    if order == "proportional":
        return [(item, item.amount if amount else 0) for item in items]
    portions = []
    for item in items:
        part = min(item.amount, amount)
        portions.append((item, part))
        amount -= part
        if not amount:
            break
    return portions


def _scaled(pieces: Sequence[Piece], amount: int) -> list[Piece]:
    """Scale pieces to `amount` by largest remainder; pieces of zero are dropped (R17)."""
    if not amount:
        return []
    if amount == sum(piece.amount for piece in pieces):
        return list(pieces)
    shares = [Share(weight=piece.amount, code=piece.code, ft_id=piece.ft_id) for piece in pieces]
    parts = split(amount, shares)
    return [_sized(piece, part) for piece, part in zip(pieces, parts, strict=True) if part]


def _go_on(
    items: Sequence[OpenItem], credited: Iterable[Piece], goods: int, order: TakingOrder
) -> tuple[list[Piece], int]:
    """Credit `goods` to what is left of the receivables, in the same order; return pieces and rest."""
    if not goods:
        return [], 0
    used = {(piece.ft_id, piece.code): piece.amount for piece in credited}
    left = [_left(item.receivables, used) for item in items]
    if order == "proportional":
        left = [[piece for pieces in left for piece in pieces]]
    more: list[Piece] = []
    for pieces in left:
        part = min(sum(piece.amount for piece in pieces), goods)
        more += _scaled(pieces, part)
        goods -= part
    return more, goods


def _left(pieces: Sequence[Piece], used: Mapping[tuple[str, str], int]) -> list[Piece]:
    """Return what is left of pieces of which some is `used`, by transaction and code (minor units)."""
    left = [_sized(piece, piece.amount - used.get((piece.ft_id, piece.code), 0)) for piece in pieces]
    return [piece for piece in left if piece.amount > 0]


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    merged: dict[tuple[str, str], Piece] = {}
    for piece in pieces:
        key = (piece.ft_id, piece.code)
        known = merged.get(key)
        merged[key] = piece if known is None else _sized(known, known.amount + piece.amount)
    return list(merged.values())


def _sized(piece: Piece, amount: int) -> Piece:
    return Piece(ft_id=piece.ft_id, accounting_date=piece.accounting_date, code=piece.code, amount=amount)
