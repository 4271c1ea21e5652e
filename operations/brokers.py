"""Where this installation's brokers are: by their settings, or the Valkey of a running `writeoff up`."""

from workers.embedded.valkey import Valkey
from workers.settings import Settings


def broker_url(settings: Settings) -> str | None:
    """Return the URL of the messages' broker: the setting, or the Valkey of a running `writeoff up`."""
    if settings.broker_url is not None:
        return settings.broker_url.get_secret_value()
    valkey = _embedded_valkey(settings)
    return None if valkey is None else valkey.broker_url


def tasks_url(settings: Settings) -> str | None:
    """Return the URL of Dramatiq's broker: the setting, or the Valkey of a running `writeoff up`."""
    if settings.tasks_url is not None:
        return settings.tasks_url.get_secret_value()
    valkey = _embedded_valkey(settings)
    return None if valkey is None else valkey.tasks_url


def _embedded_valkey(settings: Settings) -> Valkey | None:
    valkey = Valkey(settings.data_dir.absolute() / "valkey")
    return valkey if valkey.socket.exists() else None
