"""Brings what libraries log into the log of the daemon, without their words."""

from __future__ import annotations

import logging

import structlog
from typing_extensions import override

log = structlog.get_logger()


class LibraryLog(logging.Handler):
    """Logs that a library gave a warning, and where an exception came from.

    Without a handler Python writes such a warning to standard error, at once and in full: that may
    wait for a reader, and may quote a document.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        log.warning("library_warned", library=record.name, exc_info=error)
