"""Making a plan at a terminal: one moment of the database, progress on stderr, and the plan kept (R4)."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date

from sqlalchemy import text

from handlers.intake.write_off_requested import may_ask
from handlers.planning.figures import plan_digest
from handlers.planning.plan import AccountPlan
from handlers.planning.totals import Totals
from operations.actor import Operator
from operations.database import opened, reading
from operations.request_file import AskedFor, wanted
from store.work import plans
from store.work.plans import ACCOUNTS_A_PART, PlannedAccount
from workers.requests import planning
from workers.requests.planning import Wanted
from workers.roles.garbage import YOUNG
from workers.sets.context import SetContext, context
from workers.sets.shelf import PolicyShelf
from workers.settings import Settings
from writeoff.approval import deciders
from writeoff.value import Value

#: Seconds between two lines of progress: on a terminal the line is written over, in a log it is one more.
TERMINAL_SECONDS = 0.5
LOG_SECONDS = 10.0
#: How long the transaction of a plan may wait for whoever reads its output.
READER_SECONDS = 3_600


class Head(Value, frozen=True, kw_only=True):
    """What a plan is of, known before its first account; `refusal`: why it would be refused as a whole."""

    opco: str
    currency: str
    kind: str
    disposition: str
    reason: str
    policy_version: str
    policy_digest: str
    business_date: date
    accounts: int
    refusal: str | None


class Planning:
    """A plan while it is made. Iterate it once; then it has its totals and its digest."""

    def __init__(self, settings: Settings, asked: Callable[[list[str]], AskedFor], who: Operator) -> None:
        """`asked` reads the request, given the opcos that are served."""
        self._settings = settings
        self._asked = asked
        self._who = who
        self.totals = Totals()
        self.digest = ""
        self.opco = ""
        #: Who of these roles would have to approve the request at its total (R5); None: nobody.
        self.approval: tuple[str, ...] | None = None

    def accounts(self, begin: Callable[[Head], None]) -> Iterator[AccountPlan]:
        """Plan account by account in the order of R3; `begin` is told what it is of before the first."""
        digests: list[tuple[str, str]] = []
        parts: list[Future[bytes]] = []
        waiting: list[PlannedAccount] = []
        with _rare_looks(), ThreadPoolExecutor(1) as compressing, reading(self._settings) as tx:
            if tx.postgresql:  # whoever reads the plan page by page must not lose it
                tx.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{READER_SECONDS}s'"))
            now = context(tx, PolicyShelf())
            asked = self._asked(sorted(now.policies))
            to_plan = wanted(asked, now)
            head = _head(to_plan, now, asked)
            self.opco = head.opco
            begin(head)
            progress = Progress(head.accounts)
            for each in planning.plan(tx, now, to_plan):
                self.totals.add(each)
                digests.append((each.account_id, each.digest))
                waiting.append(
                    PlannedAccount(account_id=each.account_id, digest=each.digest, fields=each.fields)
                )
                if len(waiting) == ACCOUNTS_A_PART:
                    parts.append(compressing.submit(plans.part, waiting))
                    waiting = []
                progress.done(self.totals.accounts)
                yield each
            parts.append(compressing.submit(plans.part, waiting))
            progress.end()
        self.approval = deciders(
            now.policies[head.opco],
            to_plan.order.kind,
            to_plan.order.disposition,
            self.totals.amount,
            override_hold=to_plan.order.override_hold,
        )
        self.digest = plan_digest(digests)
        self._keep(head, [each.result() for each in parts])

    def _keep(self, head: Head, parts: list[bytes]) -> None:
        with opened(self._settings) as database, database.begin() as tx:
            plans.keep(
                tx,
                head.opco,
                self.digest,
                policy_digest=head.policy_digest,
                accounts=head.accounts,
                parts=parts,
                actor=self._who.user,
            )


@contextmanager
def _rare_looks() -> Iterator[None]:
    """Let Python look for cycles rarely while hardly any are made."""
    usual = gc.get_threshold()
    gc.set_threshold(YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _head(to_plan: Wanted, now: SetContext, asked: AskedFor) -> Head:
    policy = now.policies[to_plan.opco]
    return Head(
        opco=to_plan.opco,
        currency=policy.currency,
        kind=to_plan.order.kind,
        disposition=to_plan.order.disposition,
        reason=to_plan.order.reason,
        policy_version=policy.version,
        policy_digest=policy.digest,
        business_date=now.today[to_plan.opco],
        accounts=len(to_plan.items),
        refusal=None if may_ask(asked.data, policy) else "not-authorised",
    )


class Progress:
    """Says on stderr how far a long command is; a short one stays silent."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._terminal = sys.stderr.isatty()
        self._every = TERMINAL_SECONDS if self._terminal else LOG_SECONDS
        self._began = time.monotonic()
        self._next = self._began + self._every
        self._told = False

    def done(self, count: int) -> None:
        """Tell of it if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every
        self._told = True
        share = count * 100 // self._total
        rate = count / (now - self._began)
        line = f"{count:,} of {self._total:,} accounts planned ({share} %), {rate:,.0f} a second"
        sys.stderr.write(f"\r{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the terminal on a line of its own."""
        if self._told and self._terminal:
            sys.stderr.write("\n")
