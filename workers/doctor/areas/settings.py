"""What this installation's own settings take away."""

from collections.abc import Iterator

from dramatiq import worker as dramatiq_worker

from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation

OPEN = Check(
    name="settings.auth-open",
    what="WRITEOFF_AUTH is `open`, and the broker can be reached by others.",
    why="Whoever may publish to the broker may order write-offs in anybody's name.",
    mend="Let nobody reach the broker but upstream Pulse and the agencies, each as a user that may "
    "publish to `pulse` or `replies` alone.",
)
DATES = Check(
    name="settings.business-date-allowed",
    what="WRITEOFF_BUSINESS_DATE_ALLOWED is on, and the broker can be reached by others.",
    why="A business date that is moved makes letters, referrals and journals bear wrong dates.",
    mend="Take the setting away where real accounts are written off.",
)
PREFETCH = Check(
    name="settings.small-prefetch",
    what="dramatiq_queue_prefetch is {prefetch}, fewer than the {threads} threads of a worker.",
    why="Threads wait for hints that are there, and due work stays due for longer.",
    mend="Take dramatiq_queue_prefetch out of the worker's environment.",
)
CHECKS = (OPEN, DATES, PREFETCH)


def look(at: Installation) -> Iterator[Finding]:
    """Look at the settings of this process."""
    where = "the environment"
    if at.broker is not None and not at.broker.private:
        if at.settings.auth == "open":
            yield OPEN.found(where)
        if at.settings.business_date_allowed:
            yield DATES.found(where)
    prefetch, threads = dramatiq_worker.QUEUE_PREFETCH, at.settings.worker_threads
    if 0 < prefetch < threads:
        yield PREFETCH.found(where, prefetch=prefetch, threads=threads)
