"""The flow, a message or an event at a time; what a task of either library calls.

Each method is one transaction. It publishes what the transaction added when that has committed, and returns
the steps that follow: the tasks to send.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.peers.publishing import Publisher
from benchmarks.peers.unit_of_work import MODELS, UnitOfWork
from handlers.running.settlement import run
from store import opcos
from store.engine.database import Database
from store.engine.locking import lock, lock_or_create
from store.traffic.inbox import DeadLetter
from store.work import requests
from workers.brokers import Delivery
from workers.events.cases import EventCases
from workers.intake.authentication import OpenAuthenticator
from workers.intake.deciding import decide_messages
from workers.intake.journaling import journal
from workers.intake.understanding import understand
from workers.requests.answering import answer_complete
from workers.requests.items import _decide_round as decide_round
from workers.sets.context import context
from workers.sets.effects import Nudges, apply
from workers.sets.shelf import PolicyShelf
from writeoff.value import Value

#: Name of a task, and its arguments.
Step = tuple[str, list[Any]]

_QUEUE = "writeoff.write-off-requested"
_EVENTS = MODELS["events"]
_ITEMS = MODELS["request_items"]
_REQUESTS = MODELS["requests"]


class Flow(Value, frozen=True, kw_only=True):
    """One process's connections."""

    sessions: sessionmaker[Session]
    publisher: Publisher
    shelf: PolicyShelf

    def take(self, body: str) -> list[Step]:
        """A request has arrived: journal it, and decide it; of a bulk request each account is a task."""
        delivery = Delivery(
            queue=_QUEUE,
            body=body.encode(),
            content_type="application/cloudevents+json",
            headers={},
            properties={},
            redelivered=False,
            delivery_count=0,
            token=None,
        )
        with self._transaction() as tx:
            now = context(tx, self.shelf)
            message = understand(delivery, now.policies, OpenAuthenticator())
            if isinstance(message, DeadLetter):
                raise ValueError(message.problem)  # noqa: TRY004 - of its content
            nudges = Nudges()
            fresh = journal(tx, now, [message], [], nudges)
            nudges.add(decide_messages(tx, now, fresh, waking=False))
            items = [
                ("decide", list(item))
                for opco, request_id in nudges.requests
                for item in tx.session.execute(
                    select(_ITEMS.opco, _ITEMS.request_id, _ITEMS.ordinal)
                    .where(_ITEMS.opco == opco, _ITEMS.request_id == request_id)
                    .order_by(_ITEMS.ordinal)
                )
            ]
        return [*items, *_events(nudges)]

    def decide(self, opco: str, request_id: str, ordinal: int) -> list[Step]:
        """Decide one account of a bulk request; whoever decides the last one sees to the answer."""
        key = (opco, request_id)
        with self._transaction() as tx:
            now = context(tx, self.shelf)
            item = tx.session.get_one(_ITEMS, (opco, request_id, ordinal))
            lock_or_create(tx, [(opco, item.account_id)])
            [stored] = requests.items(tx, [(opco, request_id, ordinal)])
            orders = requests.by_key(tx, [key])
            nudges = apply(tx, decide_round(tx, now, [stored], orders, [], final=False), now.today)
        with self.sessions() as session:
            mine = (_ITEMS.opco == opco, _ITEMS.request_id == request_id, _ITEMS.state == "pending")
            left = session.execute(select(func.count()).select_from(_ITEMS).where(*mine)).scalar_one()
        return [*_events(nudges), *([] if left else [("answer", list(key))])]

    def answer(self, opco: str, request_id: str) -> list[Step]:
        """Answer a bulk request, once."""
        with self._transaction() as tx:
            request = tx.session.get_one(_REQUESTS, (opco, request_id), with_for_update=True)
            if request.revision == 0:
                answer_complete(tx, context(tx, self.shelf), {(opco, request_id): None})
        return []

    def run_event(self, process_id: str, sequence: int) -> list[Step]:
        """Run one event."""
        key = (process_id, sequence)
        with self._transaction() as tx:
            event = tx.session.get_one(_EVENTS, key)
            account = (event.opco, event.account_id)
            locked = lock(tx, [account])
            now = opcos.now(tx)
            facts = [
                fact
                for case in EventCases(tx, self.shelf, now).read(event.kind, {key: account}, locked)
                for fact in run(case)
            ]
            nudges = apply(tx, facts, {opco.opco: opco.today for opco in now.values()})
        return _events(nudges)

    @contextmanager
    def _transaction(self) -> Iterator[UnitOfWork]:
        with self.sessions() as session, session.begin():
            tx = UnitOfWork(session)
            yield tx
        self.publisher.publish(tx.messages)


def connect(database_url: str, broker_url: str) -> Flow:
    """Connect; the engine's settings are the product's."""
    engine = Database(database_url).engine
    sessions = sessionmaker(engine, expire_on_commit=False)
    return Flow(sessions=sessions, publisher=Publisher(broker_url), shelf=PolicyShelf())


def _events(nudges: Nudges) -> list[Step]:
    return [("run_event", list(key)) for keys in nudges.events.values() for key in keys]
