"""`up`: everything on this machine. What has no URL is embedded; roles are threads or child processes."""

import threading

import structlog
from sqlalchemy.engine import make_url

from store.engine import migrating
from workers.bootstrap import policies
from workers.doctor import RoleRefused
from workers.embedded.embedding import Embedding, embedding
from workers.embedded.everything import Embedded
from workers.roles.children import Children
from workers.roles.logs import configure
from workers.roles.running import REFUSED, ROLES, stop_on_signals
from workers.settings import Settings

log = structlog.get_logger()

#: The order in which roles are asked to stop: what the first ones wrote last, the relay still publishes.
STOP_ORDER = (("intake", "scheduler", "worker"), ("relay",))
#: Two rounds of children, each with its own time to end, and Valkey after them.
LEAVE_SECONDS = 90.0


def up(settings: Settings) -> int:
    """Run every role until SIGTERM or SIGINT; return the exit code.

    Raises `PolicyInvalid`, and what `embedding` raises, before anything is started.
    """
    configure(settings)
    policies(settings.policy_dir)
    stop = stop_on_signals(LEAVE_SECONDS)
    with embedding(settings) as places:
        _announce(places)
        # An SQLite file has one writer: threads of one process take turns fairly, processes do not.
        if _database(places.settings).startswith("sqlite"):
            try:
                with Embedded.running(places.settings, stop):
                    stop.wait()
            except RoleRefused:
                return REFUSED
            return 0
        return _with_children(places.settings, stop)


def _with_children(settings: Settings, stop: threading.Event) -> int:
    schema = migrating.check(_database(settings))
    if schema.status in {"behind", "ahead"}:
        log.error("writeoff.up.refused", reason=schema.sentence)
        return 1
    children = Children(settings, ROLES)
    children.run(stop, STOP_ORDER)
    return 0


def _announce(places: Embedding) -> None:
    """Say in the first lines what is embedded, and who is believed."""
    for variable, where in places.embedded.items():
        log.info("writeoff.up.embedded", instead_of=variable, where=where)
    if places.settings.auth == "open":
        log.warning("writeoff.up.open", auth="open", meaning="every publisher is believed")


def _database(settings: Settings) -> str:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    return make_url(url).render_as_string(hide_password=False)
