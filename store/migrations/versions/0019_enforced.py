"""What is written off and still with an agency, kept as totals (R28). Roles are stopped meanwhile."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Integer

from store.tables.types import Key, Minor

revision = "0019"
down_revision = "0018"

_COUNTED = """
INSERT INTO enforced_totals (opco, currency, agency, referrals, amount_minor)
SELECT opco, currency, agency, count(*), sum(amount_minor)
FROM referrals
WHERE active AND EXISTS (
    SELECT 1 FROM journals
    WHERE journals.process_id = referrals.process_id AND journals.kind IN ('write-off', 'repossession')
)
GROUP BY opco, currency, agency
"""


def upgrade() -> None:
    """Make the totals, count what there is, and make room for what changes from now on."""
    op.create_table(
        "enforced_totals",
        Column("opco", Key, primary_key=True),
        Column("currency", Key, primary_key=True),
        Column("agency", Key, primary_key=True),
        Column("referrals", BigInteger, nullable=False),
        Column("amount_minor", Minor, nullable=False),
    )
    op.create_table(
        "enforced_changes",
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
    op.execute(_COUNTED)
