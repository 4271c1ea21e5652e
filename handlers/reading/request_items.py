"""The accounts of a request, one item each, in domain values."""

import msgspec

from handlers.reading.amounts import minor
from handlers.reading.snapshots import read_snapshot
from handlers.starting.requests import ItemBody
from messages.inbound import WriteOffRequested
from messages.inbound.write_off_requested import RequestedAccount
from writeoff.facts import RequestItem
from writeoff.policy.model import Policy
from writeoff.process import ReturnedProduct


def read_items(data: WriteOffRequested, policy: Policy) -> tuple[RequestItem, ...]:
    """Return an item for each account; from its second mention on an account is refused (R2).

    Raises `Malformed` with the path of what is wrong.
    """
    seen: set[str] = set()
    found = []
    for ordinal, account in enumerate(data.accounts):
        found.append(_item(ordinal, account, policy, repeated=account.account_id in seen))
        seen.add(account.account_id)
    return tuple(found)


def _item(ordinal: int, account: RequestedAccount, policy: Policy, *, repeated: bool) -> RequestItem:
    if repeated:
        return RequestItem(
            ordinal=ordinal,
            account_id=account.account_id,
            state="refused",
            refusal="duplicate-in-request",
            message=f"Account {account.account_id} is named more than once in the request.",
        )
    path = f"data.accounts[{ordinal}]"
    body: bytes | None = None
    if account.returned_products or account.account is not None:
        returned = tuple(
            ReturnedProduct(
                sa_id=row.sa_id,
                product_id=row.product_id,
                quantity=row.quantity,
                condition=row.condition,
                fair_value=minor(
                    row.fair_value, policy.currency, f"{path}.returned_products[{i}].fair_value"
                ),
            )
            for i, row in enumerate(account.returned_products)
        )
        snapshot = read_snapshot(account.account, policy, f"{path}.account") if account.account else None
        body = msgspec.json.encode(ItemBody(returned=returned, snapshot=snapshot))
    return RequestItem(
        ordinal=ordinal, account_id=account.account_id, account_version=account.account_version, body=body
    )
