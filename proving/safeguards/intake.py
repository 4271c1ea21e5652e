"""Safeguards of intake: nothing that the broker has handed over is lost, or taken twice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from proving.safeguards.safeguard import Safeguard
from proving.safeguards.stage import Stage
from proving.startup.patching import Place, replace
from store.engine.transaction import Transaction
from store.traffic.inbox import Arrival, Identity

FATES = frozenset({"one final state"})
#: Deaths after which it is plain that nothing will stop them.
ENOUGH_DEATHS = 4


class _Silent:
    """A channel whose messages are acknowledged already."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def acknowledge(self, _deliveries: Sequence[Any]) -> None:
        """Nothing: it is done."""


def _acknowledge_first() -> None:
    def make(original: Any) -> Any:
        def handle(intake: Any, channel: Any, deliveries: Sequence[Any]) -> Any:
            if not isinstance(channel, _Silent):
                channel.acknowledge(deliveries)
                channel = _Silent(channel)
            return original(intake, channel, deliveries)

        return handle

    replace(Place.of("workers.intake.step:Intake._handle"), make)


def _killed_before_the_commit(stage: Stage) -> None:
    stage.say(*stage.write_off("00001"))
    stage.dead(stage.play("intake", dies_at="intake.decided"))
    stage.play("intake", "scheduler", "worker", "relay")
    stage.settle()


def _every_identity_is_new() -> None:
    def make(original: Any) -> Any:
        def journal(tx: Transaction, arrivals: Sequence[Arrival]) -> set[Identity]:
            original(tx, arrivals)
            return {each.identity for each in arrivals}

        return journal

    replace(Place.of("store.traffic.inbox:journal"), make)


def _said_twice(stage: Stage) -> None:
    stage.play("intake", "scheduler", "worker", "relay")
    said = stage.say(*stage.write_off("00001"))
    stage.settle()
    stage.say_again(said)
    stage.settle()


def _acknowledge_all_up_to_the_last() -> None:
    def make(original: Any) -> Any:
        del original

        def acknowledge(channel: Any, deliveries: Sequence[Any]) -> None:
            last = max(each.token.delivery_tag for each in deliveries)
            with channel._link.guarded():  # noqa: SLF001 - this is surgery
                channel._link.channel.basic_ack(last, multiple=True)  # noqa: SLF001
            for tag in [tag for tag in channel._unacknowledged if tag <= last]:  # noqa: SLF001
                del channel._unacknowledged[tag]  # noqa: SLF001

        return acknowledge

    replace(Place.of("workers.brokers.rabbitmq.inbound:RabbitInbound.acknowledge"), make)


def _killed_between_new_and_old(stage: Stage) -> None:
    """A message that came before is older than the new ones of its set, and is handled after them."""
    stage.say(stage.account("00001"))
    stage.dead(stage.play("intake", dies_at="intake.decided"))
    stage.say(*(stage.account(f"{number:05}") for number in range(2, 8)))
    stage.dead(stage.play("intake", dies_at="intake.marked"))
    stage.play("intake", "scheduler", "worker", "relay")
    stage.settle()


def _nobody_is_suspected() -> None:
    def make(original: Any) -> Any:
        del original

        def tries(_tx: Transaction, _keys: Iterable[Any]) -> Mapping[Any, int]:
            return {}

        return tries

    replace(Place.of("store.traffic.suspects:tries"), make)


def _a_message_that_kills(stage: Stage) -> None:
    """Whatever intake journals kills it: only a message that is no longer looked at ends the deaths."""
    process = stage.play("intake", dies_at="intake.journaled", again=True)
    stage.say(stage.account("00001"), expect="dead", reason="crashed-intake", sort="kills intake")
    stage.until(
        lambda: stage.count("dead_letters") > 0 or len(process.ends) >= ENOUGH_DEATHS, "the end of the deaths"
    )
    stage.stop(process)
    stage.play("relay")
    stage.settle(5)


def _conflicts_are_nothing() -> None:
    replace(Place.of("workers.intake.journaling:_conflicts"), lambda _original: lambda _tx, _repeated: [])


def _one_identity_says_two_things(stage: Stage) -> None:
    stage.play("intake", "relay")
    account = stage.account("00001")
    stage.say(account)
    stage.settle()
    other = {**account, "data": {**account["data"], "version": 2, "customer_class": "commercial"}}
    stage.say(other, expect="dead", reason="conflicting-duplicate", sort="conflict")
    stage.settle()


def _dead_letters_vanish() -> None:
    replace(Place.of("workers.intake.dead_letters:bury"), lambda _original: lambda _tx, _dead: 0)


def _nonsense(stage: Stage) -> None:
    stage.play("intake", "relay")
    account = stage.account("00001")
    account["data"]["version"] = "first"
    stage.say(account, expect="dead", sort="nonsense")
    stage.settle()


SAFEGUARDS = (
    Safeguard(
        name="acknowledge-after-commit",
        keeps="Intake acknowledges a message when what it caused is committed",
        removed="acknowledges first",
        trouble="intake is killed before its commit",
        remove=_acknowledge_first,
        play=_killed_before_the_commit,
        caught_by=FATES,
    ),
    Safeguard(
        name="inbox-identity",
        keeps="A message whose identity (source, id) is known is not taken again",
        removed="takes every message for new",
        trouble="a write-off is published twice",
        remove=_every_identity_is_new,
        play=_said_twice,
        caught_by=FATES | {"each effect once", "stories end as they must"},
    ),
    Safeguard(
        name="contiguous-prefix",
        keeps="Intake acknowledges in one frame only what it has handled from the oldest on",
        removed="acknowledges everything up to the newest that it has handled",
        trouble="intake is killed between the new messages of a set and one that came before",
        remove=_acknowledge_all_up_to_the_last,
        play=_killed_between_new_and_old,
        caught_by=FATES,
    ),
    Safeguard(
        name="suspects",
        keeps="A message that has brought intake down twice is set aside unread",
        removed="forgets who was in hand when it died",
        trouble="a message kills whoever journals it",
        remove=_nobody_is_suspected,
        play=_a_message_that_kills,
        caught_by=FATES,
    ),
    Safeguard(
        name="conflicts",
        keeps="A known identity with other content is a dead letter, not a repetition",
        removed="takes it for a repetition",
        trouble="an identity is used for a second message",
        remove=_conflicts_are_nothing,
        play=_one_identity_says_two_things,
        caught_by=FATES,
    ),
    Safeguard(
        name="dead-letters",
        keeps="What cannot be understood is kept, to the byte",
        removed="throws it away",
        trouble="a version that is no number",
        remove=_dead_letters_vanish,
        play=_nonsense,
        caught_by=FATES,
    ),
)
