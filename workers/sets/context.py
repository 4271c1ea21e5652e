"""What every set needs to know before it decides: the moment, the business dates, the current policies."""

from collections.abc import Mapping
from datetime import date, datetime

from store import opcos as opco_store
from store.engine.transaction import Transaction
from workers.sets.shelf import PolicyShelf
from writeoff.policy.model import Policy
from writeoff.process import Cause
from writeoff.value import Value


class SetContext(Value, frozen=True, kw_only=True):
    """One transaction's view of time and policy."""

    at: datetime
    today: Mapping[str, date]
    policies: Mapping[str, Policy]
    shelf: PolicyShelf

    def base(self, opco: str, actor: str) -> Cause:
        """Return a cause with nothing but opco, moment, business date and actor."""
        return Cause(
            opco=opco,
            account_id=None,
            process_id=None,
            request_id=None,
            origin=None,
            bulk=False,
            correlation_id="",
            causation_id="",
            at=self.at,
            on=self.today[opco],
            actor=actor,
        )


def context(tx: Transaction, shelf: PolicyShelf) -> SetContext:
    """Read the context of a set."""
    opcos = opco_store.now(tx)
    return SetContext(
        at=tx.now,
        today={opco.opco: opco.today for opco in opcos.values()},
        policies={opco.opco: shelf.get(tx, opco.policy_digest) for opco in opcos.values()},
        shelf=shelf,
    )
