"""What is told of an id."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from operations.views.view import View


class Source(View, frozen=True, kw_only=True):
    """How much of a line came from where."""

    sa_id: str
    ft_id: str | None
    distribution_code: str
    amount: str


class Line(View, frozen=True, kw_only=True):
    """A line of the journal, with its sources (R23)."""

    line: int
    side: str
    gl_account: str
    distribution_code: str
    amount: str
    sa_id: str | None
    sources: list[Source]


class Inbound(View, frozen=True, kw_only=True):
    """A message that came, and where its bytes are: in `inbox_body`, under these three.

    `intact` tells whether their SHA-256 is still the one that was noted when they came; it is null where they
    are `gone`: cleaned up with their month.
    """

    received_on: date
    source: str
    id: str
    type: str
    queue: str
    state: str
    received_at: datetime
    publisher: str | None
    verdict: str
    sha256: str
    size: int | None
    intact: bool | None
    gone: bool


class Policy(View, frozen=True, kw_only=True):
    """The policy version that it was decided under."""

    digest: str
    version: str
    stored_at: datetime


class Request(View, frozen=True, kw_only=True):
    """The request that it belongs to."""

    request_id: str
    command: str
    disposition: str
    reason: str
    requested_by: str
    roles: str
    bulk: bool
    received_at: datetime


class Process(View, frozen=True, kw_only=True):
    """The process that it belongs to."""

    process_id: str
    template: str
    disposition: str
    reason: str
    created_on: date
    status: str
    end_reason: str | None


class Event(View, frozen=True, kw_only=True):
    """The event that did it."""

    sequence: int
    event_type: str
    kind: str
    trigger_date: date
    status: str
    completed_on: date | None
    amount: str | None


class Back(View, frozen=True, kw_only=True):
    """The way back: each part is None where there is none."""

    event: Event | None
    process: Process | None
    request: Request | None
    policy: Policy | None
    inbound: list[Inbound]


class Recomputed(View, frozen=True, kw_only=True):
    """Whether the lines came out the same when computed again; else how they differ, as sentences."""

    same: bool
    differences: list[str]


class Caused(View, frozen=True, kw_only=True):
    """Something that followed: a message (`published`, and what its consumer said), a journal, a seal.

    `text_gone` says of a message that its text is no longer kept.
    """

    what: str
    id: str
    detail: str | None = None
    published: bool | None = None
    acknowledged: str | None = None
    text_gone: bool = False


class Story(View, frozen=True, kw_only=True):
    """Everything that is known of an id.

    `basis` is what the figures were decided on, as it is stored: its amounts are minor units.
    """

    kind: str
    id: str
    opco: str
    account_id: str | None
    fields: Mapping[str, str | int | None]
    lines: list[Line]
    back: Back
    basis: Any
    recomputed: Recomputed | None
    caused: list[Caused]
