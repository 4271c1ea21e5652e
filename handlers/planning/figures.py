"""What a plan stands for: its figures field by field, their digest, and the differences to others (R4).

Under the digest are, of each account, the policy version, balances, transactions, template, amounts, lines
and recipients; neither dates nor agencies, which the day of execution decides. Amounts, lines and recipients
are functions of the others, of who is on the account and of the rules: they are under it by those, so that a
bulk request of 100,000 accounts need not work them all out twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from handlers.planning.plan import PlannedEvent
from writeoff.account import Account, Person, ServiceAgreement, Standing
from writeoff.facts import (
    ContactRecorded,
    DemeritRecorded,
    Difference,
    Fact,
    JournalPosted,
    ReferralPlaced,
    TodoCreated,
)
from writeoff.journal import JournalLine
from writeoff.process import Process

#: Begins what is digested. Raise it with every change of what the rules make of an account: a plan that was
#: made by other rules is refused as changed. A test fails where figures change and this does not.
RULES = "writeoff-plan-3"
#: Characters that stand for what is digested within a field: enough that no two are taken for one another.
_DIGEST_CHARACTERS = 24

#: The facts that have figures, told from the many that have none before each is looked at.
_FIGURED = frozenset({JournalPosted, ContactRecorded, ReferralPlaced, TodoCreated, DemeritRecorded})

_sorted = msgspec.json.Encoder(order="sorted")


def account_fields(
    *,
    policy_digest: str,
    account: Account | None,
    standing: Standing | None,
    refusal: str | None,
    process: Process | None,
    opening: Sequence[Fact],
    events: Sequence[PlannedEvent],
) -> dict[str, str]:
    """Return the figures of one account, by the path under which a difference is told."""
    fields: dict[str, str] = {"policy": policy_digest}
    if refusal is not None:
        fields["refusal"] = refusal
    if account is not None and standing is not None:
        for agreement in account.service_agreements:
            at = agreement.sa_id
            fields[f"balances.{at}"] = str(standing.balances.get(at, 0))
            fields[f"transactions.{at}"] = _digest(agreement.financial_transactions)
            fields[f"agreements.{at}"] = _digest(_terms(agreement))
    if process is not None:
        fields["template"] = process.template
        fields["amount"] = str(process.amount)
    _add_facts(fields, "opening", opening)
    for event in events:
        at = f"events.{event.sequence}"
        fields[at] = f"{event.event_type} {event.outcome}"
        if event.amount is not None:
            fields[f"{at}.amount"] = str(event.amount)
        _add_facts(fields, at, event.facts)
    return fields


def _add_facts(fields: dict[str, str], at: str, facts: Sequence[Fact]) -> None:
    """Add lines, recipients and amounts of facts; their order among themselves is that of the decision."""
    lines = people = todos = 0
    for fact in facts:
        if type(fact) not in _FIGURED:
            continue
        match fact:
            case JournalPosted(journal=journal):
                for line in journal.lines:
                    lines += 1
                    fields[f"{at}.lines.{lines}"] = _line(line)
            case ContactRecorded():
                people += 1
                to = " ".join(person.person_id for person in fact.recipients)
                text = f"{fact.contact_type} {fact.person.person_id} to {to or 'nobody'}"
                fields[f"{at}.recipients.{people}"] = text
            case ReferralPlaced():
                debtors = " ".join(person.person_id for person in fact.debtors)
                fields[f"{at}.referral"] = f"{fact.amount} of {debtors}"
            case TodoCreated():
                todos += 1
                fields[f"{at}.todos.{todos}"] = f"{fact.todo_type} for {fact.role}"
            case DemeritRecorded():
                fields[f"{at}.demerit"] = f"{fact.credit_rating_points} {fact.cash_only_points}"
            case _:
                pass


def _line(line: JournalLine) -> str:
    sources = " ".join(
        f"{each.sa_id}/{each.ft_id or ''}/{each.distribution_code}:{each.amount}" for each in line.sources
    )
    text = f"{line.side} {line.gl_account} {line.distribution_code} {line.amount} {line.sa_id or ''}"
    return f"{text} from {sources}" if sources else text


def _digest(what: object) -> str:
    return sha256(_sorted.encode(what)).hexdigest()[:_DIGEST_CHARACTERS]


def _terms(agreement: ServiceAgreement) -> tuple[object, ...]:
    """Return what an agreement is apart from its balance, which is the standing's, and its transactions."""
    return agreement.sa_type, agreement.status, agreement.products, agreement.charged_off


def account_digest(
    *,
    policy_digest: str,
    account: Account | None,
    persons: Sequence[Person],
    standing: Standing | None,
    refusal: str | None,
    process: Process | None,
) -> str:
    """Return the SHA-256 (hex) of all that one account's figures come from."""
    agreements = account.service_agreements if account is not None and standing is not None else ()
    balances = standing.balances if standing is not None else {}
    return _sha256(
        policy_digest,
        refusal,
        [
            (each.sa_id, balances.get(each.sa_id, 0), *_terms(each), each.financial_transactions)
            for each in agreements
        ],
        [(each.person_id, each.financially_responsible, each.receives_notifications) for each in persons],
        None
        if process is None
        else (process.template, process.amount, process.disposition, process.returned, process.agreements),
    )


def refused_digest(refusal: str) -> str:
    """Return the digest of an account of which nothing but its refusal is known."""
    return _sha256(None, refusal)


def _sha256(*what: object) -> str:
    return sha256(_sorted.encode((RULES, *what))).hexdigest()


def plan_digest(accounts: Iterable[tuple[str, str]]) -> str:
    """Return the digest of a plan: of (account, digest), in whatever order they come."""
    total = sha256(RULES.encode())
    for account_id, digest in sorted(accounts):
        total.update(f"\n{account_id}\x1f{digest}".encode())
    return total.hexdigest()


def differences(
    account_id: str, planned: Mapping[str, str], present: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Return each field of an account that is no longer as it was planned."""
    names = [*planned, *(name for name in present if name not in planned)]
    return tuple(
        Difference(account_id=account_id, field=name, planned=planned.get(name), present=present.get(name))
        for name in names
        if planned.get(name) != present.get(name)
    )
