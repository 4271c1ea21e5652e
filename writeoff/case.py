"""The case: all that a decision may look at. A decision reads no clock, database or network."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Flag, auto

from writeoff.account import Account, Attempt, Payment, Person, Standing
from writeoff.accounting.posting import Periods
from writeoff.approval import Approved, Asked
from writeoff.dead_letter import DeadLetter
from writeoff.effects import Effects
from writeoff.journal import Bucket
from writeoff.policy.model import Policy
from writeoff.process import Cause, Event, Process, Referral
from writeoff.recoveries import Recovery, WrittenOff
from writeoff.sent import SentMessage
from writeoff.value import Value


class Part(Flag):
    """What a decision needs in its case beyond the process, its events and the standing."""

    NONE = 0
    SNAPSHOT = auto()
    PERSONS = auto()
    REFERRALS = auto()
    BUCKETS = auto()
    AGENCY_DEBT = auto()
    ATTEMPTS = auto()
    PAYMENTS = auto()
    #: What the process has caused, for the decision that undoes it (R25).
    EFFECTS = auto()
    #: Which periods are closed, held open until the commit: for every decision that may post a journal (R22).
    PERIODS = auto()
    #: The same, while nobody posts: for the decision that closes or opens one.
    PERIODS_TO_CHANGE = auto()
    #: The account's processes that have ended.
    EARLIER = auto()
    #: What the process that locks the account has written off, for a payment that recovers it (R24).
    WRITTEN_OFF = auto()
    #: The recoveries on the account, with what they recovered, for the decision that undoes one.
    RECOVERIES = auto()
    #: The payments that did not hold.
    CANCELLATIONS = auto()


class Case(Value, frozen=True, kw_only=True):
    """One account at one moment.

    `policy` is the process's version (before there is a process: the current one); `current` is the version
    in force now, for agencies, roles and periods. `agency_debt` is the active referred debt by agency, in
    minor units, with what earlier decisions of the same set added to it. `planned` are the figures of the
    plan that a request holds to, where they are kept (R4). `asked` is the request that is decided about,
    `approved` what the process's request was let through with, where its debt has risen; `awaits_approval`:
    what an attempt led to still waits for it (R5). `written_off` is by process; `cancellations` says when
    each payment that did not hold was canceled.
    """

    cause: Cause
    policy: Policy
    current: Policy
    account: Account | None = None
    persons: tuple[Person, ...] = ()
    standing: Standing | None = None
    process: Process | None = None
    earlier: tuple[Process, ...] = ()
    asked: Asked | None = None
    approved: Approved | None = None
    referrals: tuple[Referral, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    awaits_approval: bool = False
    payments: tuple[Payment, ...] = ()
    agency_debt: Mapping[str, int] = {}
    planned: Mapping[str, str] | None = None
    periods: Periods = Periods()
    effects: Effects = Effects()
    sent: SentMessage | None = None
    written_off: Mapping[str, WrittenOff] = {}
    recoveries: tuple[Recovery, ...] = ()
    cancellations: Mapping[str, datetime] = {}
    dead_letter: DeadLetter | None = None

    @property
    def today(self) -> date:
        """The opco's business date."""
        return self.cause.on

    @property
    def written_off_by_now(self) -> bool:
        """Whether the process has written its debt off, unreversed since: it locks the account (R14)."""
        process_id, standing = self.cause.process_id, self.standing
        return process_id is not None and standing is not None and standing.locked_by == process_id

    @property
    def now(self) -> datetime:
        """The moment, by the database clock."""
        return self.cause.at


class EventCase(Case, frozen=True, kw_only=True):
    """The case of one write-off event: here a process, its event and a standing are certain."""

    process: Process
    standing: Standing
    event: Event

    def debt(self) -> dict[str, int]:
        """Return R10's amount per agreement: its balance plus what write-off agreements hold from it."""
        balances = self.standing.balances
        owed = {
            agreement.sa_id: max(balances.get(agreement.sa_id, 0), 0)
            for agreement in self.process.agreements
            if not agreement.left
        }
        for bucket in self.buckets:
            if bucket.from_sa_id in owed:
                owed[bucket.from_sa_id] += bucket.held
        return owed

    @property
    def amount(self) -> int:
        """The event's amount, looked at now (R10), in minor units."""
        return sum(self.debt().values())

    @property
    def active_referral(self) -> Referral | None:
        """The process's active referral, if there is one."""
        return next((referral for referral in self.referrals if referral.active), None)
