"""What is due, beside the events."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
