"""Account snapshots: who the customers are, where they live, and what they owe. All of them are invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.demo.bills import Agreement, service_agreements

#: Pulse's state of affairs on the evening before the demonstration begins.
AS_OF = "2026-11-01T18:00:00Z"


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """An operating company and its customers.

    So many failed `visits` lead to a write-off; a default of the day `too_early` has lasted long enough for
    that ten days into the demonstration (K and D of R6).
    """

    code: str
    name: str
    currency: str
    language: str
    dial: str
    centres: tuple[str, ...]
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    visits: int
    too_early: str


COMPANIES: Mapping[str, Company] = {
    company.code: company
    for company in (
        Company(
            code="RW",
            name="Rwanda",
            currency="RWF",
            language="rw",
            dial="+25078",
            centres=("Musanze", "Huye", "Rwamagana", "Karongi"),
            given_names=("Claudine", "Eric", "Alice", "Jean", "Grace", "Patrick", "Solange"),
            family_names=("Uwimana", "Habimana", "Ingabire", "Mugisha", "Kayitesi"),
            visits=3,
            too_early="2026-08-14",
        ),
        Company(
            code="KE",
            name="Kenya",
            currency="KES",
            language="sw",
            dial="+25471",
            centres=("Kisumu", "Nakuru", "Machakos"),
            given_names=("Wanjiru", "Otieno", "Achieng", "Kamau", "Njeri", "Mutua", "Chebet"),
            family_names=("Mwangi", "Odhiambo", "Kiptoo", "Wekesa", "Nyambura"),
            visits=4,
            too_early="2026-07-15",
        ),
        Company(
            code="TG",
            name="Togo",
            currency="XOF",
            language="fr",
            dial="+22890",
            centres=("Kara", "Atakpamé", "Sokodé"),
            given_names=("Afi", "Kossi", "Ama", "Yao", "Akouvi", "Edem", "Sena"),
            family_names=("Amouzou", "Lawson", "Adjavon", "Tchalla", "Kpodzo"),
            visits=3,
            too_early="2026-08-14",
        ),
    )
}

#: Whether a person is financially responsible, and receives notifications.
Role = tuple[bool, bool]

#: Who is on the account.
HOUSEHOLDS: Mapping[str, tuple[Role, ...]] = {
    "one": ((True, True),),
    "couple": ((True, True), (True, False)),
    "guarantor": ((True, False), (False, True)),
    "unreachable": ((True, False),),
}


def snapshot(
    company: Company,
    account_id: str,
    debt: Sequence[Agreement],
    *,
    version: int = 1,
    as_of: str = AS_OF,
    state: str = "defaulted",
    defaulted_on: str = "2026-06-14",
    currency: str | None = None,
    customer_class: str = "residential",
    household: str = "one",
) -> dict[str, Any]:
    """Return the `data` of an `account-updated` message. A repossession is pending on every default."""
    number = _number(account_id)
    defaulted = state == "defaulted"
    pending = {"repossession_id": f"RP-{account_id}", "opened_on": defaulted_on} if defaulted else None
    return {
        "account_id": account_id,
        "version": version,
        "as_of": as_of,
        "state": state,
        "defaulted_on": defaulted_on if defaulted else None,
        "currency": currency or company.currency,
        "customer_class": customer_class,
        "fulfilment_centre": company.centres[number % len(company.centres)],
        "main_customer": f"P-{account_id}-1",
        "persons": [
            _person(company, account_id, position, role)
            for position, role in enumerate(HOUSEHOLDS[household], start=1)
        ],
        "service_agreements": list(service_agreements(account_id, debt)),
        "pending_repossession": pending,
    }


def _number(account_id: str) -> int:
    return int(account_id.partition("-")[2])


def _person(company: Company, account_id: str, position: int, role: Role) -> dict[str, Any]:
    responsible, notified = role
    number = _number(account_id)
    given = company.given_names[(number + position) % len(company.given_names)]
    family = company.family_names[number % len(company.family_names)]
    city = company.centres[number % len(company.centres)]
    return {
        "person_id": f"P-{account_id}-{position}",
        "name": f"{family} {given}",
        "financially_responsible": responsible,
        "receives_notifications": notified,
        "language": company.language,
        "channel": "sms" if notified else "letter",
        "phone": f"{company.dial}{number:06}{position}" if notified else None,
        "email": None,
        "address": {"lines": [f"Plot {number}"], "city": city, "postcode": None, "country": company.code},
    }
