"""Running roles: a loop around `step` that survives outages, and Dramatiq's worker beside it."""

import gc
import signal
import threading

import dramatiq
import structlog
from dramatiq.worker import Worker

from store.errors import StoreError
from workers import tasks
from workers.bootstrap import Parts, connect
from workers.brokers import BrokerUnavailable
from workers.logs import configure
from workers.progress import Role
from workers.settings import Settings

log = structlog.get_logger()

#: How long a role waits for work before it looks by itself: the pace of the safety net, not of the work.
IDLE_SECONDS = 1.0
#: How long a role waits after an outage or an unexpected error before it tries again.
TROUBLE_SECONDS = 1.0
#: Messages that Dramatiq may hold of a queue. On Redis it sleeps whenever its small default is full.
PREFETCH = 64
#: How often Dramatiq's consumers look when nothing comes, in milliseconds.
WORKER_TIMEOUT_MS = 100
#: How long running sets may take to end when the worker is asked to stop, in milliseconds.
STOP_TIMEOUT_MS = 25_000
#: A set makes tens of thousands of objects that all die with it and hold no cycles: looking through them
#: every 700 allocations, as Python does, is a tenth of the time of a set.
GC_THRESHOLD = (100_000, 20, 50)


def loop(role: Role, stop: threading.Event) -> None:
    """Run a role until it is asked to stop. Outages are waited out; what was not done is found again."""
    structlog.contextvars.bind_contextvars(role=role.name)
    log.info("writeoff.role.started")
    while not stop.is_set():
        try:
            progress = role.step()
            if not progress.more:
                role.wait(IDLE_SECONDS)
        except (StoreError, BrokerUnavailable) as trouble:
            log.warning("writeoff.role.waiting", reason=str(trouble))
            stop.wait(TROUBLE_SECONDS)
        except Exception:
            log.exception("writeoff.role.troubled")
            stop.wait(TROUBLE_SECONDS)
    try:
        role.close()
    except (StoreError, BrokerUnavailable) as trouble:
        log.warning("writeoff.role.unclean", reason=str(trouble))
    log.info("writeoff.role.stopped")


def start_worker(parts: Parts, broker: dramatiq.Broker) -> Worker:
    """Start the actors in threads of this process; the caller stops the worker."""
    parts.actors().declare(broker)
    worker = Worker(
        broker, worker_threads=parts.settings.worker_threads, worker_timeout=WORKER_TIMEOUT_MS
    )
    worker.queue_prefetch = PREFETCH
    worker.start()
    return worker


def run_role(name: str, settings: Settings) -> int:
    """Run one role in this process until SIGTERM or SIGINT; return the exit code."""
    configure(settings)
    gc.set_threshold(*GC_THRESHOLD)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts = connect(settings)
    _install(parts, stop)
    if name == "worker":
        return _work(parts, stop)
    loop(parts.role(name), stop)
    return 0


def _install(parts: Parts, stop: threading.Event) -> None:
    """Install policies and topology, waiting for servers that are not there yet."""
    while not stop.is_set():
        try:
            parts.install()
        except (StoreError, BrokerUnavailable) as trouble:
            log.warning("writeoff.role.waiting", reason=str(trouble))
            stop.wait(TROUBLE_SECONDS)
        else:
            return


def _work(parts: Parts, stop: threading.Event) -> int:
    url = parts.settings.tasks_url
    if url is None or stop.is_set():
        return 0
    worker = start_worker(parts, tasks.connect(url.get_secret_value()))
    log.info("writeoff.role.started", role="worker", threads=parts.settings.worker_threads)
    stop.wait()
    worker.stop(timeout=STOP_TIMEOUT_MS)
    log.info("writeoff.role.stopped", role="worker")
    return 0
