"""What is looked at: the parts of one installation."""

from collections.abc import Callable
from datetime import UTC, datetime

from store.engine.database import Database
from workers.brokers.address import BrokerAddress
from workers.brokers.topology import Topology
from workers.settings import Settings


class Installation:
    """One installation. Of a broker without a URL (embedded, and not running) nothing is said."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        broker_url: str | None,
        topology: Topology,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock` is this machine's. Raises `UnusableBrokerUrl`."""
        self.settings = settings
        self.database = database
        self.broker = BrokerAddress.of(broker_url) if broker_url is not None else None
        self.topology = topology
        self.clock = clock

    @property
    def place(self) -> str:
        """Where the database is, without a password."""
        return self.database.url.render_as_string(hide_password=True)
