"""The combinations of servers that are swept."""

from typing import Final

COMBINATIONS: Final = ("sqlite-redis", "sqlite-rabbitmq", "postgresql-redis", "postgresql-rabbitmq")
#: Where pairs of kills are swept too.
PAIRS_ON: Final = "sqlite-redis"
