"""What a place of one's own on an installation's servers is made with."""

from operations.brokers import broker_url, tasks_url
from operations.database import database_url
from operations.failures import Unusable
from proving.places import Given, Kind, Name
from workers.bootstrap import SettingMissing, policies
from workers.brokers import contract_topology
from workers.settings import Settings


def named(kind: Kind, seed: int) -> Name:
    """Return the name of a place; raises `Unusable` for a seed that makes none."""
    try:
        return Name.of(kind, seed)
    except ValueError as error:
        raise Unusable(f"--seed: {error}.") from error


def given(settings: Settings, vhost: str | None = None) -> Given:
    """Return the installation's servers; raises `SettingMissing` for the first that has no URL."""
    messages, tasks = broker_url(settings), tasks_url(settings)
    if messages is None:
        raise SettingMissing("WRITEOFF_BROKER_URL")
    if tasks is None:
        raise SettingMissing("WRITEOFF_TASKS_URL")
    management = settings.management_url
    agencies = sorted({code for policy in policies(None) for code in policy.agencies})
    return Given(
        database_url=database_url(settings),
        broker_url=messages,
        tasks_url=tasks,
        management_url=None if management is None else management.get_secret_value(),
        vhost=vhost,
        topology=contract_topology(agencies),
    )
