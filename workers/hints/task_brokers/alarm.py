"""Wakes the consumers of a process when a hint has been put into Redis, so that none has to poll."""

import threading

import redis

#: How often the listener looks whether it should end.
LOOK_SECONDS = 1.0
#: How long it waits after an outage before it subscribes again.
TROUBLE_SECONDS = 1.0


class Alarm:
    """One subscription a process, one bell a queue. While it is deaf, consumers look by themselves."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        # Channels are the server's and not a database's: the number keeps two installations apart.
        self._channel = f"writeoff.hints.{client.connection_pool.connection_kwargs.get('db', 0)}"
        self._bells: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._closed = threading.Event()

    def ring(self, queue: str) -> None:
        """Wake every consumer of a queue, in whichever process. Raises `redis.RedisError`."""
        self._client.publish(self._channel, queue)

    def bell(self, queue: str) -> threading.Event:
        """Return what is set when something has come to a queue; begins to listen."""
        with self._lock:
            bell = self._bells.setdefault(queue, threading.Event())
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="hints", daemon=True)
                self._listener.start()
        return bell

    def close(self) -> None:
        """Listen no more; to be called before the client is closed."""
        self._closed.set()
        if self._listener is not None:
            self._listener.join(2 * LOOK_SECONDS)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._hear()
            except (redis.RedisError, OSError):  # the consumers tell of it
                self._closed.wait(TROUBLE_SECONDS)

    def _hear(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(self._channel)
            subscription.get_message(timeout=LOOK_SECONDS)
            for bell in list(self._bells.values()):  # what came before is nobody's news
                bell.set()
            while not self._closed.is_set():
                message = subscription.get_message(timeout=LOOK_SECONDS)
                if message is not None:
                    self._rung(message["data"].decode("utf-8", "replace"))

    def _rung(self, queue: str) -> None:
        bell = self._bells.get(queue)
        if bell is not None:
            bell.set()
