"""A snapshot of the wire as a domain account, checked against the policy's distribution codes (R18)."""

from handlers.reading.amounts import minor, require_currency
from messages import inbound
from messages.inbound.service_agreement import FinancialTransaction as WireTransaction
from messages.inbound.service_agreement import ServiceAgreement as WireAgreement
from messages.malformed import Malformed
from writeoff.account import (
    Account,
    Address,
    ChargedOff,
    FinancialTransaction,
    GlDetail,
    PendingRepossession,
    Person,
    Product,
    ServiceAgreement,
)
from writeoff.policy.model import Policy
from writeoff.value import Value


class Snapshot(Value, frozen=True, kw_only=True):
    """An account with its persons."""

    account: Account
    persons: tuple[Person, ...]


def read_snapshot(data: inbound.AccountUpdated, policy: Policy, path: str) -> Snapshot:
    """Return the snapshot in domain values; raises `Malformed` with paths below `path`."""
    require_currency(data.currency, f"{path}.currency")
    pending = data.pending_repossession
    return Snapshot(
        account=Account(
            opco=policy.opco,
            account_id=data.account_id,
            version=data.version,
            as_of=data.as_of,
            state=data.state,
            defaulted_on=data.defaulted_on,
            currency=data.currency,
            customer_class=data.customer_class,
            fulfilment_centre=data.fulfilment_centre,
            main_customer=data.main_customer,
            service_agreements=tuple(
                _agreement(each, data.currency, policy, f"{path}.service_agreements[{i}]")
                for i, each in enumerate(data.service_agreements)
            ),
            pending_repossession=PendingRepossession(
                repossession_id=pending.repossession_id, opened_on=pending.opened_on
            )
            if pending
            else None,
        ),
        persons=tuple(
            Person(
                person_id=person.person_id,
                name=person.name,
                financially_responsible=person.financially_responsible,
                receives_notifications=person.receives_notifications,
                language=person.language,
                channel=person.channel,
                phone=person.phone,
                email=person.email,
                address=Address(
                    lines=person.address.lines,
                    city=person.address.city,
                    postcode=person.address.postcode,
                    country=person.address.country,
                )
                if person.address
                else None,
            )
            for person in data.persons
        ),
    )


def _agreement(each: WireAgreement, currency: str, policy: Policy, path: str) -> ServiceAgreement:
    off = each.charged_off
    return ServiceAgreement(
        sa_id=each.sa_id,
        sa_type=each.sa_type,
        status=each.status,
        balance=minor(each.balance, currency, f"{path}.balance"),
        products=tuple(
            Product(product_id=product.product_id, name=product.name, quantity=product.quantity)
            for product in each.products
        ),
        financial_transactions=tuple(
            _transaction(ft, currency, policy, f"{path}.financial_transactions[{i}]")
            for i, ft in enumerate(each.financial_transactions)
        ),
        charged_off=ChargedOff(
            amount=minor(off.amount, currency, f"{path}.charged_off.amount"), gl_account=off.gl_account
        )
        if off
        else None,
    )


def _transaction(ft: WireTransaction, currency: str, policy: Policy, path: str) -> FinancialTransaction:
    transaction = FinancialTransaction(
        ft_id=ft.ft_id,
        kind=ft.kind,
        accounting_date=ft.accounting_date,
        amount=minor(ft.amount, currency, f"{path}.amount"),
        canceled=ft.canceled,
        gl=tuple(
            GlDetail(
                distribution_code=line.distribution_code,
                side=line.side,
                amount=minor(line.amount, currency, f"{path}.gl[{i}].amount"),
            )
            for i, line in enumerate(ft.gl)
        ),
        payment_id=ft.payment_id,
        reverses_ft_id=ft.reverses_ft_id,
    )
    _check_amount(transaction, policy, path)
    return transaction


def _check_amount(ft: FinancialTransaction, policy: Policy, path: str) -> None:
    """An FT's amount equals its receivable debits less its receivable credits (R18).

    It cannot be told while a code is not known: then the code matters only if the transaction is taken.
    """
    receivable = 0
    for line in ft.gl:
        code = policy.distribution_codes.get(line.distribution_code)
        if code is None:
            return
        if code.distribution_class == "receivable":
            receivable += line.amount if line.side == "debit" else -line.amount
    if receivable != ft.amount:
        raise Malformed(
            f"{path}.amount",
            "The amount is not what its GL details put on receivable codes (debits less credits).",
        )
