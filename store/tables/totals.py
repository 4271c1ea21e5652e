"""Totals of the ledger by month, and up to which seal each opco's journals are in them; what is enforced."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Integer, Table

from store.tables.types import Key, Minor, metadata

#: `writeoff.accounting.totals`: a figure of a month, of which `journals` many came to `amount_minor`. Some
#: dozens of rows a month and opco, which whoever holds the scheduler's lease adds to.
ledger_totals = Table(
    "ledger_totals",
    metadata,
    Column("figure", Key, primary_key=True),
    Column("opco", Key, primary_key=True),
    Column("month", Key, primary_key=True),
    Column("currency", Key, primary_key=True),
    Column("disposition", Key, primary_key=True),
    Column("reason", Key, primary_key=True),
    Column("journals", BigInteger, nullable=False),
    Column("amount_minor", Minor, nullable=False),
)

#: Journals sealed at this position or before it are in the totals; none that come after it are.
totalled = Table(
    "totalled",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("position", BigInteger, nullable=False),
    CheckConstraint("position > 0", name="position"),
)

#: Active referrals of what is written off, with their amounts (R28): these, and the changes since.
enforced_totals = Table(
    "enforced_totals",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("currency", Key, primary_key=True),
    Column("agency", Key, primary_key=True),
    Column("referrals", BigInteger, nullable=False),
    Column("amount_minor", Minor, nullable=False),
)

#: What transactions have added to that since, a row each and agency: added up, and deleted, by the scheduler.
enforced_changes = Table(
    "enforced_changes",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=False),
        primary_key=True,
        autoincrement=True,
    ),
    Column("opco", Key, nullable=False),
    Column("currency", Key, nullable=False),
    Column("agency", Key, nullable=False),
    Column("referrals", BigInteger, nullable=False),
    Column("amount_minor", Minor, nullable=False),
    CheckConstraint("referrals <> 0 OR amount_minor <> 0", name="change"),
)
