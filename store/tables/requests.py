"""Write-off requests and their accounts, one item each."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Integer, LargeBinary, Table, Text

from store.tables.types import Id, Key, Minor, State, Timestamp, metadata, partial_index

requests = Table(
    "requests",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("request_id", Key, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("comments", Text),
    Column("origin", Text, nullable=False),
    Column("bulk", Boolean(create_constraint=False), nullable=False),
    Column("command", Text, nullable=False),
    Column("answers_message_id", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("causation_id", Text, nullable=False),
    Column("traceparent", Text),
    Column("tracestate", Text),
    Column("revision", Integer, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("received_at", Timestamp, nullable=False),
    Column("actor", Text, nullable=False),
    #: The plan that the request holds to, and how far its accounts have been compared with it (R4).
    Column("plan_digest", Text),
    Column("plan_checked", Integer),
    CheckConstraint("plan_checked IS NULL OR plan_digest IS NOT NULL", name="plan_checked"),
)

#: Requests that operations have paused: none of their accounts is decided, none of their events runs.
paused_requests = Table(
    "paused_requests",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("request_id", Key, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("paused_at", Timestamp, nullable=False),
)

#: Requests that need approval, or may need it once their total is known (R5).
approvals = Table(
    "approvals",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("request_id", Key, primary_key=True),
    Column("state", State, nullable=False),
    Column("override_hold", Boolean(create_constraint=False), nullable=False),
    Column("total_minor", Minor),
    Column("roles", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_roles", Text),
    Column("decided_at", Timestamp),
    Column("reason", Text),
    CheckConstraint("state IN ('checking', 'not-needed', 'awaiting', 'approved', 'refused')", name="state"),
    CheckConstraint("(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided_by"),
    CheckConstraint("state IN ('checking') OR total_minor IS NOT NULL", name="total"),
    partial_index("ix_approvals_awaiting", "opco", "request_id", where="state = 'awaiting'"),
)

#: Progress is counted from these, never kept in a counter.
request_items = Table(
    "request_items",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("request_id", Key, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("account_id", Key, nullable=False),
    Column("account_version", BigInteger),
    Column("state", State, nullable=False),
    Column("refusal", Text),
    Column("message", Text),
    Column("process_id", Id),
    Column("amount_minor", Minor),
    Column("body", LargeBinary),
    #: Of the figures that the account was decided on, or is to be decided on (R4).
    Column("plan_digest", Text),
    CheckConstraint("state IN ('pending', 'waiting', 'awaiting', 'accepted', 'refused')", name="state"),
    CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
    partial_index(
        "ix_request_items_pending",
        "opco",
        "request_id",
        "ordinal",
        where="state = 'pending'",
    ),
    partial_index(
        "ix_request_items_waiting",
        "opco",
        "account_id",
        where="state = 'waiting'",
    ),
    partial_index("ix_request_items_awaiting", "opco", "account_id", where="state = 'awaiting'"),
)
