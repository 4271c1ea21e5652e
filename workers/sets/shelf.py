"""Policy versions in memory: each is read from the database once, and never changes."""

import threading

from store.engine.transaction import Transaction
from store.opcos import policy_by_digest
from writeoff.policy.model import Policy


class PolicyShelf:
    """Policies by digest. Safe to share between threads."""

    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}
        self._lock = threading.Lock()

    def get(self, tx: Transaction, digest: str) -> Policy:
        """Return a policy version; reads it the first time it is asked for."""
        known = self._policies.get(digest)
        if known is None:
            known = policy_by_digest(tx, digest)
            with self._lock:
                self._policies[digest] = known
        return known
