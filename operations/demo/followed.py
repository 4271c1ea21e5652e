"""One account followed through: what its messages say, in the order of its days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from operations.demo.consumers import Read
from operations.demo.tables import amount
from writeoff.money import display, parse

#: A customer who pays a part: R20's worked case, ten times as large, with a payment on the way.
FOLLOWED = "RW-1901"

#: By kind: the field with its business date, and what it says. In the order of a day.
_WORDS: Mapping[str, tuple[str, str]] = {
    "process-started": ("created_on", "{amount} owed, {reason}: process {template} begins"),
    "referral-placed": ("activity_date", "{amount} referred"),
    "letter-requested": ("letter_date", "letter {letter_template} to {person[name]}"),
    "demerit-recorded": ("effective_from", "demerit of {credit_rating_points} points until {effective_to}"),
    "referral-changed": ("activity_date", "{reason}: {amount} is left"),
    "referral-cancelled": ("activity_date", "recalled"),
    "journal-posted": ("transaction_date", "debit {debit}; credit {credit}"),
    "account-written-off": (
        "write_off_date",
        "{amount} written off, {repossession_category}; {account_state}",
    ),
    "process-ended": ("ended_on", "process ends: {end_reason}"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What happened to the account on a business date, and who was told."""

    on: str
    queue: str
    what: str


def followed(read: Iterable[Read], account_id: str = FOLLOWED) -> list[Step]:
    """Return the steps of an account."""
    order = list(_WORDS)
    mine = [each for each in read if each.data.get("account_id") == account_id and each.kind in _WORDS]
    mine.sort(key=lambda each: (each.data[_WORDS[each.kind][0]], order.index(each.kind)))
    return [_step(each) for each in mine]


def _step(each: Read) -> Step:
    dated, words = _WORDS[each.kind]
    said = dict(each.data)
    if "amount" in said:
        said["amount"] = display(parse(said["amount"], said["currency"]), said["currency"])
    for side in ("debit", "credit"):
        said[side] = ", ".join(
            f"{line['gl_account']} {amount(parse(line['amount'], said['currency']), said['currency'])}"
            for line in said.get("lines", ())
            if line["side"] == side
        )
    return Step(on=said[dated], queue=each.queue, what=words.format_map(said))
