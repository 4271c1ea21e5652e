"""Which exit code an error of another room ends a command with; the others are 1."""

from collections.abc import Sequence

from operations.failures import ExitCode
from proving.places import PlaceRefused
from store.engine.errors import StoreBusy, StoreUnavailable
from workers.bootstrap import SettingMissing
from workers.brokers import BrokerUnavailable, UnusableBrokerUrl
from workers.hints.tasks import TasksUnavailable
from writeoff.errors import PolicyInvalid

EXIT_CODES: Sequence[tuple[tuple[type[Exception], ...], ExitCode]] = (
    ((SettingMissing, PolicyInvalid, UnusableBrokerUrl, PlaceRefused), ExitCode.UNUSABLE),
    ((StoreUnavailable, StoreBusy, BrokerUnavailable, TasksUnavailable), ExitCode.UNAVAILABLE),
)
