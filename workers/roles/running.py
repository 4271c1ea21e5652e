"""Running roles: a loop around `step` that survives outages, and Dramatiq's worker beside it."""

import os
import signal
import threading
from contextlib import suppress

import dramatiq
import structlog
from dramatiq.worker import Worker
from sqlalchemy import text

from store.engine import migrating
from store.engine.errors import StoreError
from workers import doctor
from workers.bootstrap import Parts, connect
from workers.brokers import BrokerUnavailable
from workers.hints import tasks
from workers.hints.tasks import TasksUnavailable
from workers.roles.garbage import collect_rarely
from workers.roles.heartbeat import Heartbeat
from workers.roles.logs import configure
from workers.roles.progress import Role
from workers.roles.watchdog import Watchdog
from workers.settings import Settings

log = structlog.get_logger()

#: Every role that this package can run; each may run any number of times.
ROLES = ("intake", "scheduler", "worker", "relay")
#: What is waited out: a server is away, or has lost what it had.
OUTAGES = (StoreError, BrokerUnavailable, TasksUnavailable)
#: The exit code of a role that refuses to start, as for a setting that is missing.
REFUSED = 2
#: How long a role waits for work before it looks by itself: the pace of the safety net, not of the work.
IDLE_SECONDS = 1.0
#: How long a role waits after an outage or an unexpected error before it tries again.
TROUBLE_SECONDS = 1.0
#: How often Dramatiq's threads look whether they should stop; messages wake them. In milliseconds.
WORKER_TIMEOUT_MS = 1_000
#: How long running sets may take to end when the worker is asked to stop, in milliseconds.
STOP_TIMEOUT_MS = 20_000
#: A role that has not stopped by then hangs in a server that does not answer; leases and keys make it safe
#: to leave. Shorter than the 30 s that Kubernetes and the supervisor give.
LEAVE_SECONDS = 25.0
#: How often a worker, which has no loop of ours, asks the database whether it answers.
BEAT_SECONDS = 10.0


def loop(role: Role, stop: threading.Event, heartbeat: Heartbeat, watchdog: Watchdog) -> None:
    """Run a role until it is asked to stop. Outages are waited out; what was not done is found again.

    The heart beats after each step that went well: not while a server is away, nor in a step that hangs.
    """
    structlog.contextvars.bind_contextvars(role=role.name)
    log.info("writeoff.role.started")
    while not stop.is_set():
        try:
            with watchdog.step(role.name):
                progress = role.step()
            heartbeat.beat()
            if not progress.more and not stop.is_set():
                with watchdog.step(role.name):
                    role.wait(IDLE_SECONDS)
        except OUTAGES as trouble:
            log.warning("writeoff.role.waiting", reason=str(trouble))
            stop.wait(TROUBLE_SECONDS)
        except Exception:
            log.exception("writeoff.role.troubled")
            stop.wait(TROUBLE_SECONDS)
    try:
        role.close()
    except OUTAGES as trouble:
        log.warning("writeoff.role.unclean", reason=str(trouble))
    log.info("writeoff.role.stopped")


def start_worker(parts: Parts, broker: dramatiq.Broker) -> Worker:
    """Start the actors in threads of this process; the caller stops the worker."""
    parts.actors().declare(broker)
    served = parts.settings.served_kinds
    worker = Worker(
        broker,
        queues=None if served is None else {tasks.queue_of(kind) for kind in served},
        worker_threads=parts.settings.worker_threads,
        worker_timeout=WORKER_TIMEOUT_MS,
    )
    worker.start()
    return worker


def run_role(name: str, settings: Settings) -> int:
    """Run one role in this process until SIGTERM or SIGINT; return the exit code.

    Raises `SettingMissing`, and `PolicyInvalid` for a policy that cannot be used.
    """
    configure(settings)
    stop = stop_on_signals()
    parts = connect(settings, stop)
    structlog.contextvars.bind_contextvars(role=name)
    try:
        install(parts)
    except doctor.RoleRefused:
        parts.close()
        return REFUSED
    heartbeat = Heartbeat(settings.heartbeat_file)
    parts.watchdog.start()
    if name == "worker":
        _work(parts, heartbeat)
    else:
        loop(parts.role(name), stop, heartbeat, parts.watchdog)
    parts.database.close()
    return 0


def stop_on_signals(leave_seconds: float = LEAVE_SECONDS) -> threading.Event:
    """Return what SIGTERM and SIGINT set; the process then has so long to end by itself."""
    stop = threading.Event()

    def leave() -> None:
        log.error("writeoff.role.left", seconds=leave_seconds)
        os._exit(1)

    def on_signal(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            last = threading.Timer(leave_seconds, leave)
            last.daemon = True
            last.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def install(parts: Parts) -> None:
    """Install policies and topology, waiting for servers that are away, and look at what they promise.

    Raises `doctor.RoleRefused` for what would lose data, a schema of another version among it.
    """
    installation = doctor.Installation(
        parts.settings, database=parts.database, broker_url=parts.broker_url, topology=parts.topology
    )
    url = parts.database.url.render_as_string(hide_password=False)
    while not parts.stop.is_set():
        schema = migrating.check(url)
        reason = schema.sentence
        if schema.status != "unreachable":
            try:
                if schema.status == "up-to-date":
                    parts.install()
                doctor.admit(installation)
                return collect_rarely()
            except OUTAGES as trouble:
                reason = str(trouble)
        log.warning("writeoff.role.waiting", reason=reason)
        parts.stop.wait(TROUBLE_SECONDS)
    return None


def _work(parts: Parts, heartbeat: Heartbeat) -> None:
    url = parts.settings.tasks_url
    if url is None or parts.stop.is_set():
        return
    broker = tasks.connect(url.get_secret_value(), consuming=True)
    worker = start_worker(parts, broker)
    log.info("writeoff.role.started", threads=parts.settings.worker_threads)
    while not parts.stop.is_set():
        with suppress(StoreError), parts.watchdog.step("beat"), parts.database.read() as tx:
            tx.execute(text("SELECT 1"))
            heartbeat.beat()
        parts.stop.wait(BEAT_SECONDS)
    worker.stop(timeout=STOP_TIMEOUT_MS)
    log.info("writeoff.role.stopped")
