"""For those who run Dramatiq their own way: `dramatiq workers.dramatiq_app:start`."""

import threading

import dramatiq
from dramatiq import Middleware
from dramatiq.worker import Worker

from workers.bootstrap import SettingMissing, connect
from workers.hints import tasks
from workers.roles.logs import configure
from workers.roles.running import install
from workers.settings import Settings


class StopWaiting(Middleware):
    """Tells the actors that the worker is asked to stop: none waits on for a database that is away."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def before_worker_shutdown(self, _broker: dramatiq.Broker, _worker: Worker) -> None:
        """Set what `Parts.stop` is."""
        self._stop.set()


def start() -> None:
    """Make the broker with all actors Dramatiq's global one; its command line calls this.

    Waits for servers that are not there yet. Raises `SettingMissing`, `PolicyInvalid`, `UnusableBrokerUrl`.
    """
    settings = Settings()
    if settings.tasks_url is None:
        raise SettingMissing("WRITEOFF_TASKS_URL")
    configure(settings)
    parts = connect(settings)
    install(parts)
    parts.watchdog.start()
    broker = tasks.connect(settings.tasks_url.get_secret_value(), consuming=True)
    broker.add_middleware(StopWaiting(parts.stop))
    parts.actors().declare(broker)
    dramatiq.set_broker(broker)
