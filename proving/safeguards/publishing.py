"""Safeguards of the outbox and the relay: what was caused is told, and only what was told is forgotten."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from messages.destinations import LETTER
from proving.safeguards.safeguard import Safeguard
from proving.safeguards.stage import Stage
from proving.startup.patching import Place, replace
from store import crash_points
from store.engine.database import Database
from store.engine.transaction import Transaction

_LETTERS = f"destination = '{LETTER}'"
RECEIVED = frozenset({"received exactly what was caused"})
#: How long something is waited for that happens without the safeguard alone.
GIVEN_SECONDS = 3.0


def _no_wait_for_confirms() -> None:
    def make(original: Any) -> Any:
        del original

        def await_confirms(channel: Any, _deadline: float) -> None:
            ledger = channel._ledger  # noqa: SLF001 - this is surgery
            ledger.confirmed |= set(ledger._open.values()) - ledger.refused.keys()  # noqa: SLF001
            ledger._open.clear()  # noqa: SLF001

        return await_confirms

    replace(Place.of("workers.brokers.rabbitmq.outbound:RabbitOutbound._await_confirms"), make)


def _delete_before_publishing() -> None:
    def make(original: Any) -> Any:
        def publish(relay: Any, batch: Mapping[str, Sequence[Any]]) -> Any:
            all_of_it = frozenset(each.message_id for messages in batch.values() for each in messages)
            relay._settle(batch, all_of_it, {})  # noqa: SLF001 - this is surgery
            return original(relay, batch)

        return publish

    replace(Place.of("workers.relay:Relay._publish"), make)


def _network_swallows_what_is_published(stage: Stage) -> None:
    """What the relay sends gets no further than its own machine, and then the connection is gone."""
    stage.play("intake", "scheduler", "worker")
    relay = stage.play("relay", proxied=True)
    stage.say(*stage.write_off("00001"))
    stage.settle()
    route = stage.route(relay)
    route.black_hole(on=True)
    written = stage.count("messages_out")
    stage.say(*stage.write_off("00002"))
    stage.until(lambda: stage.count("messages_out") > written, "something to publish")
    stage.given(lambda: stage.count("outbox") == 0, GIVEN_SECONDS)
    route.reset()
    route.calm()
    stage.settle()


def _returns_are_ignored() -> None:
    replace(
        Place.of("workers.brokers.rabbitmq.ledger:ConfirmLedger.returned"),
        lambda _original: lambda _ledger, _error, _exchange, _key, _message: None,
    )


def _a_queue_is_gone(stage: Stage) -> None:
    """Somebody deletes a consumer's queue; it is declared again when the relay next connects."""
    stage.play("intake", "scheduler", "worker")
    relay = stage.play("relay")
    stage.say(*stage.write_off("00001"))
    stage.settle()
    letters = stage.count("messages_out", _LETTERS)
    stage.delete_queue(LETTER)
    stage.say(*stage.write_off("00002"))
    stage.until(lambda: stage.count("messages_out", _LETTERS) > letters, "a letter to publish")
    stage.given(lambda: stage.count("outbox") == 0, GIVEN_SECONDS)
    stage.stop(relay)
    stage.execute("UPDATE destinations SET leased_until = NULL, token = NULL, retry_at = NULL")
    stage.play("relay")
    stage.settle()


def _messages_in_a_transaction_of_their_own() -> None:
    """What is to be told is kept in memory, and written when its cause has been committed."""
    later: list[Sequence[Any]] = []
    adding: list[Any] = []

    def keep(original: Any) -> Any:
        adding.append(original)

        def add(tx: Transaction, messages: Sequence[Any]) -> None:
            later.append(messages)
            tx.later = later  # type: ignore[attr-defined]

        return add

    def make(original: Any) -> Any:
        @contextmanager
        def begin(database: Database) -> Iterator[Transaction]:
            with original(database) as tx:
                yield tx
            messages = getattr(tx, "later", None)
            if messages:
                crash_points.reached("intake.committed")
                with original(database) as another:
                    while messages:
                        adding[0](another, messages.pop())

        return begin

    replace(Place.of("store.traffic.outbox:add"), keep)
    replace(Place.of("store.engine.database:Database.begin"), make)


def _killed_after_the_commit(stage: Stage) -> None:
    stage.say(*stage.write_off("00001"))
    stage.dead(stage.play("intake", dies_at="intake.committed"))
    stage.play("intake", "scheduler", "worker", "relay")
    stage.settle()


SAFEGUARDS = (
    Safeguard(
        name="confirms",
        keeps="A message leaves the outbox when the broker has confirmed it",
        removed="takes what is written to the socket for published",
        trouble="the network swallows what the relay sends, and then resets the connection",
        remove=_no_wait_for_confirms,
        play=_network_swallows_what_is_published,
        caught_by=RECEIVED,
    ),
    Safeguard(
        name="delete-after-confirm",
        keeps="The outbox forgets a message after the broker has it, never before",
        removed="takes messages off the list, then publishes them",
        trouble="the network swallows what the relay sends, and then resets the connection",
        remove=_delete_before_publishing,
        play=_network_swallows_what_is_published,
        caught_by=RECEIVED,
    ),
    Safeguard(
        name="returns",
        keeps="A message that reaches no queue is not published, though the broker confirms it",
        removed="ignores what is returned",
        trouble="a consumer's queue is deleted",
        remove=_returns_are_ignored,
        play=_a_queue_is_gone,
        caught_by=RECEIVED,
    ),
    Safeguard(
        name="outbox-in-the-transaction",
        keeps="What is to be told is written in the transaction of its cause",
        removed="writes it in a transaction of its own, afterwards",
        trouble="intake is killed after its commit",
        remove=_messages_in_a_transaction_of_their_own,
        play=_killed_after_the_commit,
        caught_by=frozenset({"stories end as they must"}),
    ),
)
