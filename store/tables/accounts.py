"""Accounts: the one lock, the latest snapshot, persons, attempts, payments."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    Table,
    Text,
    false,
)

from store.tables.types import Id, Key, Minor, Timestamp, metadata, partial_index

#: Narrow, since every writer locks and most update it. `standing` is `writeoff.account.Standing` as JSON.
accounts = Table(
    "accounts",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("as_of", Timestamp, nullable=False),
    Column("state", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("defaulted_on", Date),
    Column("standing", Text, nullable=False),
    Column("locked_by", Id),
    Column("hold_until", Date),
    Column("updated_at", Timestamp, nullable=False),
    CheckConstraint("version >= 0", name="version"),
    CheckConstraint(
        "state IN ('unknown', 'pending_activation', 'normal', 'late', 'defaulted', 'inactive')", name="state"
    ),
    # Those for which attempts may begin a process, the longest in default first: a part of all accounts, none
    # of them written off.
    partial_index(
        "ix_accounts_in_default",
        "opco",
        "defaulted_on",
        "account_id",
        where="defaulted_on IS NOT NULL AND locked_by IS NULL",
    ),
)

#: `writeoff.account.Account` as JSON: what Pulse last said, without persons.
account_snapshots = Table(
    "account_snapshots",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("body", Text, nullable=False),
)

#: Persons' contact data live here and in the body tables alone.
persons = Table(
    "persons",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("person_id", Key, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_persons_person", "opco", "person_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("attempt_id", Key, primary_key=True),
    Column("account_id", Key, nullable=False),
    Column("repossession_id", Text, nullable=False),
    Column("attempted_at", Timestamp, nullable=False),
    Column("attempted_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("promised_to_pay_on", Date),
    Column("message_id", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("decided", Boolean(create_constraint=False), nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Index("ix_attempts_account", "opco", "account_id"),
)

payments = Table(
    "payments",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("payment_id", Key, primary_key=True),
    Column("account_id", Key, nullable=False),
    Column("received_at", Timestamp, nullable=False),
    Column("amount_minor", Minor, nullable=False),
    Column("currency", Text, nullable=False),
    Column("allocations", Text, nullable=False),
    Column("counted", Boolean(name="counted", create_constraint=False), nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column(
        "after_write_off",
        Boolean(name="after_write_off", create_constraint=False),
        nullable=False,
        server_default=false(),
    ),
    Column("collected_by", Text),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_payments_account", "opco", "account_id"),
)

#: Payments that did not hold (R24), whether or not they have come yet: each once.
payment_cancellations = Table(
    "payment_cancellations",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("payment_id", Key, primary_key=True),
    Column("account_id", Key, nullable=False),
    Column("canceled_at", Timestamp, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Index("ix_payment_cancellations_account", "opco", "account_id"),
)
