"""What events did: demerits, referrals, contacts, to-dos, goods. Ids derive from the cause (R12)."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text

from store.tables.types import Id, Key, Minor, State, Timestamp, metadata, partial_index

#: The process leads the key: one index finds a process's rows and keeps each effect one.
demerits = Table(
    "demerits",
    metadata,
    Column("process_id", Id, primary_key=True),
    Column("demerit_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key, nullable=False),
    Column("event_sequence", Integer, nullable=False),
    Column("credit_rating_points", Integer, nullable=False),
    Column("cash_only_points", Integer, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date, nullable=False),
    Column("ended_on", Date),
    CheckConstraint("effective_to >= effective_from", name="effective"),
    CheckConstraint(
        "ended_on IS NULL OR ended_on >= effective_from AND ended_on <= effective_to", name="ended_on"
    ),
)

#: `amount_minor` is what counts as active referred debt now; `replies` counts what the agency has said of it.
referrals = Table(
    "referrals",
    metadata,
    Column("referral_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key, nullable=False),
    Column("process_id", Id, nullable=False),
    Column("event_sequence", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("agency", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", Minor, nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("history_sequence", Integer, nullable=False),
    Column("end_reason", Text),
    Column("recall_acknowledged_at", Timestamp),
    Column("replies", Integer, nullable=False, server_default="0"),
    CheckConstraint("amount_minor >= 0", name="amount"),
    CheckConstraint("(end_reason IS NULL) = active", name="end_reason"),
    Index("uq_referrals_cause", "process_id", "event_sequence", "ordinal", unique=True),
    partial_index("ix_referrals_active", "opco", "agency", where="active"),
)

referral_history = Table(
    "referral_history",
    metadata,
    Column("referral_id", Id, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("history_reason", Text, nullable=False),
    Column("activity_date", Date, nullable=False),
    Column("amount_minor", Minor, nullable=False),
    Column("reason", Text),
    Column("payment_id", Text),
    Column("actor", Text, nullable=False),
)

#: What agencies said, beside the history: a reply takes no number of the history's (R26).
referral_replies = Table(
    "referral_replies",
    metadata,
    Column("referral_id", Id, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("reply", Text, nullable=False),
    Column("activity_date", Date, nullable=False),
    Column("agency_reference", Text),
    Column("amount_minor", Minor),
    Column("reason", Text),
    Column("source", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("replied_at", Timestamp, nullable=False),
    CheckConstraint(
        "reply IN ('accepted', 'rejected', 'recall-acknowledged', 'part-paid', 'paid', 'uncollectible')",
        name="reply",
    ),
)

#: Active referred debt by agency: the row that is locked while an agency is chosen.
agency_debt = Table(
    "agency_debt",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("agency", Key, primary_key=True),
    Column("active_minor", Minor, nullable=False),
    CheckConstraint("active_minor >= 0", name="active"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("process_id", Id, primary_key=True),
    Column("contact_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key, nullable=False),
    Column("event_sequence", Integer, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("contact_class", Text, nullable=False),
    Column("contact_type", Text, nullable=False),
    Column("contacted_on", Date, nullable=False),
    Column("letter", Boolean(create_constraint=False), nullable=False),
    Column("corrects_contact_id", Id),
    CheckConstraint("corrects_contact_id IS NULL OR letter", name="correction"),
    # A contact with a letter is found by that: the id of its message derives from the contact's.
    partial_index("ix_contacts_unwritten", "contact_id", where="NOT letter"),
)

todos = Table(
    "todos",
    metadata,
    Column("todo_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key),
    Column("process_id", Id),
    Column("event_sequence", Integer),
    Column("todo_type", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", State, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("amount_minor", Minor),
    Column("currency", Text),
    Column("created_at", Timestamp, nullable=False),
    Column("closed_on", Date),
    Column("closed_because", Text),
    #: The request behind it, also where no process began: personal or bulk is told by that (R3).
    Column("request_id", Text),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_on"),
    Index("ix_todos_process", "process_id"),
)

#: What became of goods, quantity by quantity (R14).
goods = Table(
    "goods",
    metadata,
    Column("process_id", Id, primary_key=True),
    Column("sa_id", Key, primary_key=True),
    Column("product_id", Key, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("restored", Integer, nullable=False, server_default="0"),
    CheckConstraint("returned >= 0 AND lost >= 0", name="quantity"),
    CheckConstraint("restored >= 0 AND restored <= returned + lost", name="restored"),
)
