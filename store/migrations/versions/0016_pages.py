"""Indexes for operators' pages and for clean-up, none of which an ordinary write-off feels."""

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Failed events, contacts without letters, accounts in default, texts that are to go, journals by day."""
    op.drop_index("ix_events_failed", table_name="events")
    failed = text("detail IS NOT NULL")
    op.create_index(
        "ix_events_failed", "events", ["process_id", "sequence"], postgresql_where=failed, sqlite_where=failed
    )
    unwritten = text("NOT letter")
    op.create_index(
        "ix_contacts_unwritten",
        "contacts",
        ["contact_id"],
        postgresql_where=unwritten,
        sqlite_where=unwritten,
    )
    default = text("defaulted_on IS NOT NULL AND locked_by IS NULL")
    op.create_index(
        "ix_accounts_in_default",
        "accounts",
        ["opco", "account_id"],
        postgresql_where=default,
        sqlite_where=default,
    )
    texts = text("status = 'accepted' AND (reference IS NOT NULL OR reason IS NOT NULL)")
    op.create_index(
        "ix_acknowledgements_texts",
        "acknowledgements",
        ["acknowledged_at"],
        postgresql_where=texts,
        sqlite_where=texts,
    )
    op.create_index("ix_journals_posting_date", "journals", ["posting_date"], postgresql_using="brin")
