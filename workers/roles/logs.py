"""Logs: dotted facts with fields, JSON or console, to stderr; the standard library's loggers come along."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from workers.settings import Settings

#: Libraries that tell more than operations want to read.
_QUIET = ("dramatiq", "kombu", "amqp", "sqlalchemy", "alembic")
#: How libraries begin what is told elsewhere. Dramatiq tells of outages at length and for each queue, and
#: `task_brokers.trouble` once; what psycopg ignores comes of an error that it raises.
_TOLD_ELSEWHERE = {
    "dramatiq": (
        "Consumer encountered a connection error",
        "Failed to wait for all callbacks",
        "Encountered exception while closing",
        "Failed to requeue messages",
    ),
    "psycopg": ("error ignored ",),
}


class _ToldOnce(logging.Filter):
    """Keeps back what is told elsewhere in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = _TOLD_ELSEWHERE.get(record.name.partition(".")[0], ())
        return not str(record.msg).startswith(told)


class _Unfailing:
    """A stream whose trouble stops no work: what a full disk or a closed pipe does not take is not told."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if it can be."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Let it out, if it can be."""
        with suppress(OSError):
            self._stream.flush()


def configure(settings: Settings, to: TextIO | None = None) -> None:
    """Set up logging once, for the whole process; `to` takes what would go to stderr."""
    stream = to or sys.stderr
    console = settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())
    unfailing = cast("TextIO", _Unfailing(stream))
    level = getattr(logging, settings.log_level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[structlog.typing.Processor] = (
        # The fancy traceback would show local variables, and so persons' data.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(unfailing),  # a line is one write: threads do not mix
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(unfailing)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    handler.addFilter(_ToldOnce())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # raises what it logs
