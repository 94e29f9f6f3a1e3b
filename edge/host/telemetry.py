"""Logs: JSON lines, plain text on a terminal, and an allow-list of their fields."""

from __future__ import annotations

import atexit
import contextlib
import logging
import sys
import traceback
from pathlib import Path
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from edge.host.library_log import LibraryLog
from edge.host.log_writer import LogWriter

LAST_LINES_S: Final = 1.0
"""How long the end of the process waits for the reader of its last lines."""
ALLOWED = frozenset(
    {
        "bounds", "broker", "cause", "certificate", "command", "connections_refused", "country",
        "decision", "decision_ms", "delivered", "device", "driver", "error", "event",
        "events_per_s", "events_stored", "events_waiting", "exception", "exit_status",
        "expires", "first_sequence", "gates", "gates_online", "journal", "last_sequence",
        "level", "library", "limit_bytes", "lines_dropped", "messages_refused", "model",
        "operation", "path", "reader", "reason", "reasons", "repeated", "requested", "role",
        "sent", "sequence", "session", "site", "stage", "state", "store", "timestamp",
        "transaction", "trigger", "trust_on_first_use", "type", "url", "version", "worker",
        "workers",
    }
)  # fmt: skip


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide each value whose key is not on the allow-list, and every value that is not plain."""
    return {
        key: value if key in ALLOWED and _is_plain(value) else "<redacted>"
        for key, value in event.items()
    }


def _is_plain(value: object) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str | int | float | bool | None) for item in items)


def trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Log the kind and the place of an exception, not its message: that may quote a document."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        where = " > ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames)
        event["exception"] = f"{type(error).__name__} at {where}"
    return event


class Output:
    """The standard output of this moment; a log that cannot be written must not end the gate."""

    def write(self, text: str) -> None:
        """Write what can be written."""
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(text)

    def flush(self) -> None:
        """Write it now."""
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()


def configure_daemon(level: str = "info") -> None:
    """Set logging up for a process that never waits for the reader of its log."""
    writer = LogWriter(sys.stdout.fileno())
    configure(level, writer)
    logging.getLogger().addHandler(LibraryLog())
    atexit.register(writer.drain, LAST_LINES_S)


def configure(level: str = "info", output: Output | LogWriter | None = None) -> None:
    """Set logging up once, for the whole process."""
    sink: Any = output or Output()  # structlog wants a TextIO, and calls these two methods of it
    terminal = sys.stdout.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=0)
        if terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            trace,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(sink),  # a line at once: threads share it
        cache_logger_on_first_use=False,
    )
