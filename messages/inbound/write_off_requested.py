"""The command to write off one account or many (R1 to R5)."""

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from messages.fields import Amount, Code, Id, Number, SignedQuantity, Text
from messages.inbound.account_updated import AccountUpdated
from messages.inbound.actor import Actor
from messages.inbound.data import InboundData
from messages.malformed import Malformed
from messages.words import Disposition

MAX_RETURNED_PRODUCTS: Final = 1_000


class ReturnedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came back. `fair_value` is the total of the row, in the account's currency.

    A quantity or value below zero is read: it is answered `invalid-return` (R21), not dead-lettered.
    """

    sa_id: Id
    product_id: Id
    quantity: SignedQuantity
    condition: Code
    fair_value: Amount


class RequestedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a request; `account` is a snapshot to be taken as an account update first."""

    account_id: Id
    returned_products: Annotated[tuple[ReturnedProduct, ...], Meta(max_length=MAX_RETURNED_PRODUCTS)] = ()
    account_version: Number | None = None
    account: AccountUpdated | None = None

    def check(self, at: str) -> None:
        """Refuse a snapshot that is not consistent, or that is another account's."""
        if self.account is None:
            return
        if self.account.account_id != self.account_id:
            problem = "The snapshot is another account's; send the snapshot of this account."
            raise Malformed(f"{at}.account.account_id", problem)
        self.account.check(f"{at}.account")


class WriteOffRequested(InboundData, frozen=True, kw_only=True):
    """Which accounts, who asks, and why. `request_id` is unique per opco (R12).

    More than 100,000 accounts are read, so that the command can be answered `too-many-accounts`.
    """

    type_name: ClassVar[str] = "pulse.write-off-requested.v1"

    request_id: Id
    kind: Literal["personal", "bulk"]
    disposition: Disposition
    reason: Code
    requested_by: Actor
    comments: Text | None = None
    override_hold: bool = False
    plan_digest: Id | None = None
    accounts: Annotated[tuple[RequestedAccount, ...], Meta(min_length=1)]

    def check(self, at: str) -> None:
        """Refuse a personal request for several accounts, and what each account refuses."""
        if self.kind == "personal" and len(self.accounts) != 1:
            problem = "A personal request names exactly one account; send a bulk request for several."
            raise Malformed(f"{at}.accounts", problem)
        for index, account in enumerate(self.accounts):
            if account.account is not None:
                account.check(f"{at}.accounts[{index}]")
