"""Messages as Pulse writes them: CloudEvents with readable, fixed ids, so that each can be followed."""

from collections.abc import Mapping
from typing import Any

_ADMIN = {"user_id": "u-002", "name": "Kayitesi Grace", "roles": ["admin"]}
_BACK_OFFICE = {"user_id": "u-311", "name": "Ingabire Alice", "roles": ["back_office_management"]}
ACTORS: Mapping[str, Mapping[str, Any]] = {"admin": _ADMIN, "back office": _BACK_OFFICE}


CloudEvent = Mapping[str, Any]


def cloud_event(
    kind: str, company: str, key: str, *, on: str, subject: str, data: Mapping[str, Any]
) -> CloudEvent:
    """Put `data` in its envelope. `key` makes the message's id, `on` is its date."""
    identity = f"demo-{kind}-{key}"
    return {
        "specversion": "1.0",
        "id": identity,
        "source": f"/pulse/{company.lower()}",
        "type": f"pulse.{kind}.v1",
        "subject": subject,
        "time": f"{on}T08:00:00Z",
        "datacontenttype": "application/json",
        "opco": company,
        "correlationid": identity,
        "data": data,
    }


def account_updated(company: str, on: str, data: Mapping[str, Any]) -> CloudEvent:
    """Tell what an account looks like now."""
    key = f"{data['account_id']}-{data['version']}"
    return cloud_event("account-updated", company, key, on=on, subject=data["account_id"], data=data)


def repossession_failed(
    company: str,
    account_id: str,
    number: int,
    reason: str,
    *,
    on: str,
    visited: str,
    promised: str | None = None,
) -> CloudEvent:
    """Report the `number`th visit that did not bring the goods back."""
    data = {
        "account_id": account_id,
        "repossession_id": f"RP-{account_id}",
        "attempt_id": f"RPA-{account_id}-{number}",
        "attempted_at": f"{visited}T09:30:00Z",
        "attempted_by": {"user_id": "field-204", "name": "Mugisha Jean"},
        "reason": reason,
        "promised_to_pay_on": promised,
    }
    return cloud_event(
        "repossession-failed", company, f"{account_id}-{number}", on=on, subject=account_id, data=data
    )


def write_off_requested(
    company: str,
    request_id: str,
    accounts: list[dict[str, Any]],
    *,
    on: str,
    actor: str,
    disposition: str = "write_off",
    bulk: bool = False,
    again: int = 1,
) -> CloudEvent:
    """Ask for the end of one account or many; `again` counts how often the same request is made."""
    data = {
        "request_id": request_id,
        "kind": "bulk" if bulk else "personal",
        "disposition": disposition,
        "reason": {"write_off": "unrecoverable", "repossession": "partly-recovered", "opt_out": "moved-away"}[
            disposition
        ],
        "requested_by": ACTORS[actor],
        "accounts": accounts,
    }
    key = request_id if again == 1 else f"{request_id}-again"
    return cloud_event("write-off-requested", company, key, on=on, subject=request_id, data=data)


def cancel_requested(company: str, request_id: str, account_id: str, *, on: str) -> CloudEvent:
    """Ask for the end of the account's process."""
    data = {
        "request_id": request_id,
        "account_id": account_id,
        "scope": "process",
        "requested_by": _BACK_OFFICE,
        "reason": "customer found, payment plan agreed",
    }
    return cloud_event(
        "write-off-cancel-requested", company, request_id, on=on, subject=account_id, data=data
    )


def payment_received(
    company: str,
    account_id: str,
    amount: str | int,
    currency: str,
    *,
    on: str,
    agreement: str | None = None,
    payment_id: str | None = None,
) -> CloudEvent:
    """Tell of money that came in, for one agreement or for the oldest debt."""
    payment_id = payment_id or f"PAY-{account_id}"
    data = {
        "payment_id": payment_id,
        "account_id": account_id,
        "received_at": f"{on}T07:45:00Z",
        "amount": amount,
        "currency": currency,
        "allocations": [{"sa_id": agreement, "amount": amount}] if agreement else None,
    }
    return cloud_event("payment-received", company, payment_id, on=on, subject=account_id, data=data)
