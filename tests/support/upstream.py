"""Messages as Pulse, the agencies and the consumers send them: small, valid, and the same each time.

Amounts are minor units here and decimal strings on the wire. An event's id derives from what it says, so that
the same call makes the same message.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec

from writeoff import identity
from writeoff.money import render

Event = dict[str, Any]

EXAMPLES = Path(__file__).parents[2] / "examples" / "messages"
#: Before the business date that a `World` begins with.
AS_OF = "2026-11-02T08:00:00Z"
DEFAULTED_ON = "2026-06-14"
CURRENCIES = {"RW": "RWF", "KE": "KES", "TG": "XOF"}
ADMIN = {"user_id": "u-002", "name": "Kayitesi Grace", "roles": ["admin"]}


def example(name: str) -> Event:
    """Return one of the contract's inbound examples."""
    found: Event = json.loads((EXAMPLES / "inbound" / f"{name}.json").read_text())
    return found


def expected(name: str) -> Event:
    """Return one of the contract's outbound examples."""
    found: Event = json.loads((EXAMPLES / "outbound" / f"{name}.json").read_text())
    return found


def event(type_name: str, data: Mapping[str, Any], *, opco: str = "RW", **attributes: Any) -> Event:
    """Return a CloudEvent; `attributes` replace its own."""
    message_id = str(uuid5(NAMESPACE_OID, json.dumps([type_name, opco, data], sort_keys=True)))
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": f"/pulse/{opco.lower()}",
        "type": type_name,
        "subject": str(data.get("account_id") or data.get("request_id") or message_id),
        "time": "2026-11-03T08:00:00Z",
        "datacontenttype": "application/json",
        "opco": opco,
        "correlationid": message_id,
        "data": dict(data),
        **attributes,
    }


def changed(message: Event, **data: Any) -> Event:
    """Return a copy whose data differ; the identity stays."""
    copy = deepcopy(message)
    copy["data"].update(data)
    return copy


def renamed(message: Event, message_id: str) -> Event:
    """Return a copy with another id: another message with the same data."""
    return {**deepcopy(message), "id": message_id}


def transaction(
    ft_id: str, day: str, parts: Mapping[str, int], *, opco: str = "RW", **fields: Any
) -> dict[str, Any]:
    """Return a bill: the receivable debited with the sum, each code of `parts` credited."""
    currency = CURRENCIES[opco]
    total = sum(parts.values())
    return {
        "ft_id": ft_id,
        "kind": "bill",
        "accounting_date": day,
        "amount": render(total, currency),
        "canceled": False,
        "gl": [
            {"distribution_code": "RECEIVABLE", "side": "debit", "amount": render(total, currency)},
            *(
                {"distribution_code": code, "side": "credit", "amount": render(amount, currency)}
                for code, amount in parts.items()
            ),
        ],
        **fields,
    }


def agreement(
    sa_id: str,
    transactions: Sequence[Mapping[str, Any]],
    *,
    balance: str,
    sa_type: str = "solar-home-system",
    products: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a service agreement."""
    return {
        "sa_id": sa_id,
        "sa_type": sa_type,
        "status": "active",
        "balance": balance,
        "products": list(products),
        "financial_transactions": list(transactions),
    }


def account_data(
    account_id: str,
    *,
    opco: str = "RW",
    owed: int = 10_500,
    version: int = 1,
    agreements: Sequence[Mapping[str, Any]] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return a snapshot: an account in default that owes `owed` minor units, one bill of it with tax."""
    currency = CURRENCIES[opco]
    tax = owed // 10
    if agreements is None:
        bill = transaction(
            f"FT-{account_id}-1", "2026-05-01", {"REVENUE": owed - tax, "VAT-PAYABLE": tax}, opco=opco
        )
        panel = {"product_id": "PR-1", "name": "bPower50", "quantity": 1}
        agreements = [agreement(f"SA-{account_id}", [bill], balance=render(owed, currency), products=[panel])]
    return {
        "account_id": account_id,
        "version": version,
        "as_of": AS_OF,
        "state": "defaulted",
        "defaulted_on": DEFAULTED_ON,
        "currency": currency,
        "customer_class": "residential",
        "fulfilment_centre": "Musanze",
        "main_customer": f"P-{account_id}",
        "persons": [
            {
                "person_id": f"P-{account_id}",
                "name": "Uwimana Claudine",
                "financially_responsible": True,
                "receives_notifications": True,
            }
        ],
        "service_agreements": list(agreements),
        "pending_repossession": None,
        **fields,
    }


def account(account_id: str, *, opco: str = "RW", **fields: Any) -> Event:
    """Return an `account-updated` message; `fields` as in `account_data`."""
    return event("pulse.account-updated.v1", account_data(account_id, opco=opco, **fields), opco=opco)


def request(
    request_id: str,
    *accounts: str | Mapping[str, Any],
    opco: str = "RW",
    kind: str | None = None,
    **fields: Any,
) -> Event:
    """Return a `write-off-requested` message: personal for one account, bulk for several, unless said."""
    data = {
        "request_id": request_id,
        "kind": kind or ("personal" if len(accounts) == 1 else "bulk"),
        "disposition": "write_off",
        "reason": "unrecoverable",
        "requested_by": ADMIN,
        "accounts": [{"account_id": each} if isinstance(each, str) else dict(each) for each in accounts],
        **fields,
    }
    return event("pulse.write-off-requested.v1", data, opco=opco)


def attempt(attempt_id: str, account_id: str, reason: str, *, opco: str = "RW", **fields: Any) -> Event:
    """Return a `repossession-failed` message."""
    data = {
        "account_id": account_id,
        "repossession_id": f"RP-{account_id}",
        "attempt_id": attempt_id,
        "attempted_at": "2026-11-02T13:40:00Z",
        "attempted_by": {"user_id": "field-204", "name": "Mugisha Jean"},
        "reason": reason,
        **fields,
    }
    return event("pulse.repossession-failed.v1", data, opco=opco)


def payment(payment_id: str, account_id: str, amount: int, *, opco: str = "RW", **fields: Any) -> Event:
    """Return a `payment-received` message, received after the snapshot unless said."""
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "received_at": "2026-11-03T10:00:00Z",
        "amount": render(amount, CURRENCIES[opco]),
        "currency": CURRENCIES[opco],
        **fields,
    }
    return event("pulse.payment-received.v1", data, opco=opco)


def bounce(payment_id: str, account_id: str, *, opco: str = "RW", **fields: Any) -> Event:
    """Return a `payment-canceled` message, canceled after the payment was received unless said."""
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "canceled_at": "2026-11-13T18:00:00Z",
        "reason": "mobile money reversal",
        **fields,
    }
    return event("pulse.payment-canceled.v1", data, opco=opco)


def reversal(request_id: str, of_request: str, account_id: str, *, opco: str = "RW", **fields: Any) -> Event:
    """Return a `write-off-reversal-requested` message, for the process of a request and an account."""
    data = {
        "request_id": request_id,
        "process_id": identity.process_id(opco, of_request, account_id),
        "account_id": account_id,
        "requested_by": ADMIN,
        "reason": "wrong account in the batch",
        **fields,
    }
    return event("pulse.write-off-reversal-requested.v1", data, opco=opco)


def plain(value: Any) -> Any:
    """Return a message's data as a consumer reads them."""
    return json.loads(msgspec.json.encode(value))
