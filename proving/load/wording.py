"""Messages as Pulse, agencies and consumers send them. Amounts are minor units here, decimals outside."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

Event = dict[str, Any]

#: Of ids that are made here: the same story of the same run says the same.
NAMESPACE = UUID("6f1c62a5-3c9e-4a57-9f0e-9d8f3a0b7c11")
#: Currency and digits behind the point of each opco.
CURRENCIES = {"RW": ("RWF", 0), "KE": ("KES", 2)}
ADMIN = {"user_id": "u-002", "name": "Kayitesi Grace", "roles": ["admin"]}
APPROVER = {"user_id": "u-777", "name": "Habimana Alice", "roles": ["admin"]}
CLERK = {"user_id": "u-900", "name": "Nobody", "roles": ["field-agent"]}
#: Before every business date of a run.
AS_OF = "2026-11-02T08:00:00Z"


def text(amount: int, opco: str) -> str:
    """Return an amount as it is written in the opco's currency."""
    digits = CURRENCIES[opco][1]
    whole, part = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{part:0{digits}}" if digits else f"{sign}{whole}"


def at(day: date, hour: int) -> str:
    """Return an hour of a day, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).isoformat().replace("+00:00", "Z")


def event(kind: str, opco: str, data: Mapping[str, Any], *, source: str = "", name: str = "") -> Event:
    """Return a CloudEvent; its id follows from `name`, or from what it says."""
    seed = name or json.dumps([kind, opco, data], sort_keys=True)
    message_id = str(uuid5(NAMESPACE, seed))
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": source or f"/pulse/{opco.lower()}",
        "type": kind,
        "subject": str(data.get("account_id") or data.get("request_id") or message_id),
        "time": "2026-11-03T08:00:00Z",
        "datacontenttype": "application/json",
        "opco": opco,
        "correlationid": message_id,
        "data": dict(data),
    }


def named(message: Event, names: Mapping[str, str]) -> Event:
    """Return a message with the opco's name of this run, in its source too."""
    opco = names[message["opco"]]
    source = message["source"]
    own = source == f"/pulse/{message['opco'].lower()}"
    return {**message, "opco": opco, "source": f"/pulse/{opco.lower()}" if own else source}


def bill(ft_id: str, opco: str, parts: Mapping[str, int], day: str = "2026-05-01") -> dict[str, Any]:
    """Return a bill: the receivable debited with the sum, each code of `parts` credited."""
    total = text(sum(parts.values()), opco)
    return {
        "ft_id": ft_id,
        "kind": "bill",
        "accounting_date": day,
        "amount": total,
        "canceled": False,
        "gl": [
            {"distribution_code": "RECEIVABLE", "side": "debit", "amount": total},
            *(
                {"distribution_code": code, "side": "credit", "amount": text(amount, opco)}
                for code, amount in parts.items()
            ),
        ],
    }


def agreement(sa_id: str, opco: str, balance: int, bills: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a service agreement with one product."""
    return {
        "sa_id": sa_id,
        "sa_type": "solar-home-system",
        "status": "active",
        "balance": text(balance, opco),
        "products": [{"product_id": "PR-1", "name": "bPower50", "quantity": 1}],
        "financial_transactions": list(bills),
    }


def persons(account_id: str, responsible: int, others: int = 0) -> list[dict[str, Any]]:
    """Return so many who answer for the debt, and others; the first receives notifications."""
    return [
        {
            "person_id": f"P-{account_id}-{number}",
            "name": f"Person {number} of {account_id}",
            "financially_responsible": number < responsible,
            "receives_notifications": number == 0,
        }
        for number in range(responsible + others)
    ]


def snapshot(
    account_id: str, opco: str, agreements: Sequence[Mapping[str, Any]], **fields: Any
) -> dict[str, Any]:
    """Return the data of an account that is in default unless `fields` say otherwise."""
    return {
        "account_id": account_id,
        "version": 1,
        "as_of": AS_OF,
        "state": "defaulted",
        "defaulted_on": "2026-06-14",
        "currency": CURRENCIES[opco][0],
        "customer_class": "residential",
        "fulfilment_centre": "Musanze",
        "main_customer": f"P-{account_id}-0",
        "persons": persons(account_id, 1),
        "service_agreements": list(agreements),
        "pending_repossession": None,
        **fields,
    }


def account(opco: str, data: Mapping[str, Any]) -> Event:
    """Return `account-updated`."""
    return event("pulse.account-updated.v1", opco, data)


def request(request_id: str, opco: str, accounts: Sequence[Mapping[str, Any]], **fields: Any) -> Event:
    """Return `write-off-requested`: personal for one account, bulk for several, unless said."""
    data = {
        "request_id": request_id,
        "kind": "personal" if len(accounts) == 1 else "bulk",
        "disposition": "write_off",
        "reason": "unrecoverable",
        "requested_by": ADMIN,
        "accounts": [dict(each) for each in accounts],
        **fields,
    }
    return event("pulse.write-off-requested.v1", opco, data)


def attempt(attempt_id: str, opco: str, account_id: str, reason: str, **fields: Any) -> Event:
    """Return `repossession-failed`."""
    data = {
        "account_id": account_id,
        "repossession_id": f"RP-{account_id}",
        "attempt_id": attempt_id,
        "attempted_at": "2026-11-02T13:40:00Z",
        "attempted_by": {"user_id": "field-204", "name": "Mugisha Jean"},
        "reason": reason,
        **fields,
    }
    return event("pulse.repossession-failed.v1", opco, data)


def payment(payment_id: str, opco: str, account_id: str, amount: int, day: date) -> Event:
    """Return `payment-received`."""
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "received_at": at(day, 10),
        "amount": text(amount, opco),
        "currency": CURRENCIES[opco][0],
    }
    return event("pulse.payment-received.v1", opco, data)


def bounce(payment_id: str, opco: str, account_id: str, day: date) -> Event:
    """Return `payment-canceled`."""
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "canceled_at": at(day, 18),
        "reason": "mobile money reversal",
    }
    return event("pulse.payment-canceled.v1", opco, data)


def decision(request_id: str, opco: str, name: str, *, approved: bool = True) -> Event:
    """Return `write-off-decided` by somebody else than who asked."""
    data = {
        "request_id": request_id,
        "decision": "approved" if approved else "refused",
        "decided_by": APPROVER,
        "reason": "looked at",
    }
    return event("pulse.write-off-decided.v1", opco, data, name=name)


def cancellation(request_id: str, opco: str, account_id: str, process_id: str | None, **fields: Any) -> Event:
    """Return `write-off-cancel-requested` of a process unless `fields` say otherwise."""
    data = {
        "request_id": request_id,
        "process_id": process_id,
        "account_id": account_id,
        "scope": "process",
        "requested_by": ADMIN,
        "reason": "entered by mistake",
        **fields,
    }
    return event("pulse.write-off-cancel-requested.v1", opco, data)


def reversal(request_id: str, opco: str, account_id: str, process_id: str, **fields: Any) -> Event:
    """Return `write-off-reversal-requested`."""
    data = {
        "request_id": request_id,
        "process_id": process_id,
        "account_id": account_id,
        "requested_by": ADMIN,
        "reason": "wrong account in the batch",
        **fields,
    }
    return event("pulse.write-off-reversal-requested.v1", opco, data)


def reply(opco: str, referral_id: str, agency: str, kind: str, name: str) -> Event:
    """Return `referral-replied` from the agency."""
    data = {"referral_id": referral_id, "agency": agency, "reply": kind, "agency_reference": name}
    return event("agency.referral-replied.v1", opco, data, source=f"/agency/{agency}", name=name)


def acknowledgement(opco: str, message_id: str, consumer: str, status: str) -> Event:
    """Return `message-acknowledged` from a consumer."""
    data = {"message_id": message_id, "consumer": consumer, "status": status}
    return event("consumer.message-acknowledged.v1", opco, data, source=f"/consumers/{consumer}")
