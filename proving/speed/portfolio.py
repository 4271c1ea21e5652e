"""Accounts and requests to measure with: one agreement, two transactions, one person."""

import json
from collections.abc import Iterator
from typing import Any

_SNAPSHOT_TIME = "2026-11-02T08:15:00Z"
#: Whose policy the accounts fall under, unless the measurement has an opco of its own.
OPCO = "RW"


def event(type_name: str, message_id: str, subject: str, data: dict[str, Any], opco: str = OPCO) -> bytes:
    """Return a structured CloudEvent."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": f"/pulse/{opco.lower()}",
            "type": type_name,
            "subject": subject,
            "time": _SNAPSHOT_TIME,
            "datacontenttype": "application/json",
            "opco": opco,
            "correlationid": message_id,
            "data": data,
        }
    ).encode()


def snapshots(prefix: str, count: int, opco: str = OPCO) -> Iterator[bytes]:
    """Return `account-updated` messages of accounts in default."""
    for number in range(count):
        account_id = f"{prefix}-{number:07}"
        data = {
            "account_id": account_id,
            "version": 1,
            "as_of": _SNAPSHOT_TIME,
            "state": "defaulted",
            "defaulted_on": "2026-06-14",
            "currency": "RWF",
            "customer_class": "residential",
            "fulfilment_centre": "Musanze",
            "main_customer": f"P-{account_id}",
            "persons": [
                {
                    "person_id": f"P-{account_id}",
                    "name": "Uwimana Claudine",
                    "financially_responsible": True,
                    "receives_notifications": True,
                    "language": "rw",
                    "channel": "sms",
                    "phone": "+250780000001",
                    "email": None,
                    "address": {"lines": ["Muhoza"], "city": "Musanze", "postcode": None, "country": "RW"},
                }
            ],
            "service_agreements": [_agreement(account_id)],
            "pending_repossession": {"repossession_id": f"RP-{account_id}", "opened_on": "2026-06-20"},
        }
        yield event("pulse.account-updated.v1", f"snap-{account_id}", account_id, data, opco)


def _agreement(account_id: str) -> dict[str, Any]:
    def line(code: str, side: str, amount: str) -> dict[str, str]:
        return {"distribution_code": code, "side": side, "amount": amount}

    bill = [
        line("RECEIVABLE", "debit", "10000"),
        line("REVENUE", "credit", "9000"),
        line("VAT-PAYABLE", "credit", "800"),
        line("CITY-TAX-PAYABLE", "credit", "200"),
    ]
    late = [line("RECEIVABLE", "debit", "500"), line("REVENUE", "credit", "500")]
    return {
        "sa_id": f"SA-{account_id}",
        "sa_type": "solar-home-system",
        "status": "active",
        "balance": "10500",
        "products": [{"product_id": "PR-1", "name": "bPower50", "quantity": 1}],
        "financial_transactions": [
            {
                "ft_id": f"FT-{account_id}-1",
                "kind": "bill",
                "accounting_date": "2026-05-01",
                "amount": "10000",
                "canceled": False,
                "gl": bill,
            },
            {
                "ft_id": f"FT-{account_id}-2",
                "kind": "adjustment",
                "accounting_date": "2026-06-01",
                "amount": "500",
                "canceled": False,
                "gl": late,
            },
        ],
    }


def _request(request_id: str, kind: str, accounts: list[str], opco: str) -> bytes:
    data = {
        "request_id": request_id,
        "kind": kind,
        "disposition": "write_off",
        "reason": "unrecoverable",
        "requested_by": {"user_id": "bench", "roles": ["admin"]},
        "accounts": [{"account_id": account_id} for account_id in accounts],
    }
    return event("pulse.write-off-requested.v1", f"msg-{request_id}", request_id, data, opco)


def single_requests(prefix: str, count: int, opco: str = OPCO) -> Iterator[bytes]:
    """Return a personal request for each account."""
    for number in range(count):
        account_id = f"{prefix}-{number:07}"
        yield _request(f"WR-{account_id}", "personal", [account_id], opco)


def bulk_request(prefix: str, count: int, opco: str = OPCO) -> bytes:
    """Return one bulk request for all accounts."""
    return _request(f"WR-{prefix}", "bulk", [f"{prefix}-{number:07}" for number in range(count)], opco)
