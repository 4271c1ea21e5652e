"""For those who run Dramatiq their own way: `dramatiq workers.dramatiq_app:start`."""

import dramatiq

from workers import tasks
from workers.bootstrap import SettingMissing, connect
from workers.logs import configure
from workers.settings import Settings


def start() -> None:
    """Make the broker with all actors Dramatiq's global one; its command line calls this."""
    settings = Settings()
    if settings.tasks_url is None:
        raise SettingMissing("WRITEOFF_TASKS_URL")
    configure(settings)
    parts = connect(settings)
    parts.install()
    broker = tasks.connect(settings.tasks_url.get_secret_value())
    parts.actors().declare(broker)
    dramatiq.set_broker(broker)
