"""`python -m proving.safeguards.host ROLE...`: several roles in one process, which die together."""

import sys
import threading

import structlog

from workers.bootstrap import connect
from workers.hints import tasks
from workers.roles.bound import end_with_parent
from workers.roles.heartbeat import Heartbeat
from workers.roles.logs import configure
from workers.roles.running import install, loop, start_worker, stop_on_signals
from workers.settings import Settings

log = structlog.get_logger()


def main(roles: list[str]) -> int:
    """Run the roles until SIGTERM, as `writeoff run` runs one."""
    end_with_parent()
    settings = Settings()
    configure(settings)
    parts = connect(settings, stop_on_signals())
    install(parts)
    threads = [
        threading.Thread(
            target=loop,
            args=(parts.role(role), parts.stop, Heartbeat(None), parts.watchdog),
            name=role,
            daemon=True,
        )
        for role in roles
        if role != "worker"
    ]
    if "worker" in roles and settings.tasks_url is not None:
        start_worker(parts, tasks.connect(settings.tasks_url.get_secret_value(), consuming=True))
        log.info("writeoff.role.started", role="worker")
    for thread in threads:
        thread.start()
    parts.stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
