"""Dramatiq's own broker, Redis or RabbitMQ, held to what hints need: no delays, no long waits, no polling."""

from workers.hints.task_brokers.opening import connect
from workers.hints.task_brokers.trouble import TasksUnavailable

__all__ = ["TasksUnavailable", "connect"]
