"""How many hints wait in Dramatiq's queues. A full queue is no backlog: what is due is in the database."""

from contextlib import suppress

import pika
import redis
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from workers.bootstrap import SettingMissing
from workers.brokers.address import BrokerAddress, BrokerKind
from workers.hints.task_brokers import TasksUnavailable
from workers.hints.task_brokers.opening import redis_url
from workers.hints.task_brokers.rabbitmq import CONNECTION_ERRORS, RabbitHints
from workers.hints.task_brokers.redis import client
from workers.hints.tasks import actor_names, queue_of
from workers.settings import Settings

#: Dramatiq's prefix of its lists.
_NAMESPACE = "dramatiq:"


def depths(where: Settings | str) -> dict[str, int]:
    """Return the number of messages that wait, by queue, for settings or a tasks URL.

    Raises `SettingMissing`, `UnusableBrokerUrl` and `TasksUnavailable`.
    """
    if isinstance(where, Settings):
        if where.tasks_url is None:
            raise SettingMissing("WRITEOFF_TASKS_URL")
        where = where.tasks_url.get_secret_value()
    address = BrokerAddress.of(where)
    queues = [queue_of(actor) for actor in actor_names()]
    try:
        if address.kind is BrokerKind.REDIS:
            return _on_redis(where, queues)
        return _on_rabbitmq(address, queues)
    except (redis.RedisError, *CONNECTION_ERRORS) as error:
        raise TasksUnavailable(f"{address}: {type(error).__name__}: {error}") from error


def _on_redis(url: str, queues: list[str]) -> dict[str, int]:
    with client(redis_url(url)) as connected:
        return {queue: int(str(connected.llen(_NAMESPACE + queue))) for queue in queues}


def _on_rabbitmq(address: BrokerAddress, queues: list[str]) -> dict[str, int]:
    connection = pika.BlockingConnection(RabbitHints(address, consuming=False).parameters)
    try:
        return {queue: _ready(connection.channel(), queue) for queue in queues}
    finally:
        with suppress(*CONNECTION_ERRORS):
            connection.close()


def _ready(channel: BlockingChannel, queue: str) -> int:
    """Count one queue's messages; one that no worker has declared yet has none."""
    try:
        declared = channel.queue_declare(queue, passive=True)
    except ChannelClosedByBroker:
        return 0
    channel.close()
    return int(declared.method.message_count)
