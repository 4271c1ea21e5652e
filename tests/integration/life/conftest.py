"""As the flows have it: migrated databases, and logs without tracebacks that draw every variable."""

from tests.integration.flows.conftest import _plain_logs, migrated_file

__all__ = ["_plain_logs", "migrated_file"]
