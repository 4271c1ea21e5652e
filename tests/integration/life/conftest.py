"""As the flows have it: logs without tracebacks that draw every variable."""

from tests.integration.flows.conftest import _plain_logs

__all__ = ["_plain_logs"]
