"""The file of the journal: one process holds it, and its version is known; else it is refused."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from edge.errors import DamagedJournal, DeliveryError, SettingsError

APPLICATION_ID = 0x45474154  # "EGAT"
SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE chain (
    id TEXT NOT NULL
) STRICT;
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    type     TEXT NOT NULL,
    recorded TEXT NOT NULL,
    octets   INTEGER NOT NULL, -- of all bodies so far, this one included
    body     BLOB NOT NULL
) STRICT;
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY REFERENCES journal (sequence)
) STRICT;
"""
MEMORY = """
CREATE TABLE IF NOT EXISTS memory (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
"""
"""Added to journals of an earlier program too; they work without it."""
LARGEST_NUMBER = 2**62
"""No gate writes so many events or bytes: a larger number is damage."""
ODD_ROW = "a row that nobody wrote"
DISK_FULL_ERRORS = {
    "SQLITE_FULL",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_SHMSIZE",
}
_DAMAGE = (
    "SQLITE_CONSTRAINT",
    "SQLITE_CORRUPT",
    "SQLITE_ERROR",
    "SQLITE_MISMATCH",
    "SQLITE_NOTADB",
    "SQLITE_SCHEMA",
)
"""Errors with these names concern the content of the file, not the disk or the process."""
_PASSING = frozenset(
    {
        *(errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE),
        *(errno.ENOMEM, errno.ENOSPC, errno.EROFS),
    }
)
LOG_BYTES = 16 * 2**20
"""Size of the write-ahead log after it was written back."""


def take_lock(path: Path) -> IO[bytes]:
    """Lock the journal: a second daemon on it would fork the chain.

    Raises:
        SettingsError: another process holds it, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.with_suffix(".lock").open("ab")
    except OSError as error:
        raise _not_opened(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SettingsError(
            f"the journal {path} is in use by another egated; stop that one"
        ) from error
    return lock


def open_database(path: Path, new_id: Callable[[], str]) -> sqlite3.Connection:
    """Open a journal's database, or make one named `new_id()`.

    Raises:
        SettingsError: the file is damaged or of an unknown version; it stays as it is.
        DeliveryError: the disk has no room for it.
    """
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=0.5, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise fault_of(path, error) from error
    connection.text_factory = text
    try:
        _prepare(connection, path, new_id)
    except sqlite3.Error as error:
        connection.close()
        raise fault_of(path, error) from error
    except SettingsError:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read rows, and translate what comes of it.

    Raises:
        DamagedJournal: the file is damaged, or has a row that nobody wrote.
        DeliveryError: it cannot be read now.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise fault_of(path, error) from error
    except (TypeError, ValueError):  # not chained: it may quote the row
        raise DamagedJournal(ODD_ROW, path) from None


def text(octets: bytes) -> str:
    """Text of a row, for `sqlite3.Connection.text_factory`; UnicodeDecodeError when it is none."""
    return octets.decode()


def blob(value: object) -> bytes:
    """A BLOB of a row; TypeError when a damaged row holds something else."""
    if not isinstance(value, bytes):
        raise TypeError("no BLOB")
    return value


def fault_of(path: Path, error: sqlite3.Error) -> SettingsError | DeliveryError:
    """Translate an error of SQLite: damage needs a person, any other fault may end by itself."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_DAMAGE):
        return DamagedJournal(error, path)
    if name in DISK_FULL_ERRORS:
        return DeliveryError(f"the disk does not take the journal {path} ({error}): make room")
    return DeliveryError(
        f"the journal {path} cannot be opened or read now ({error}): are there inodes and"
        " descriptors left, and may its folder be written?"
    )


def _not_opened(path: Path, error: OSError) -> SettingsError | DeliveryError:
    if error.errno in _PASSING:
        return DeliveryError(
            f"the journal {path} cannot be opened now ({error.strerror}); it is tried again"
        )
    return SettingsError(f"the journal {path} cannot be opened: {error.strerror}")


def _prepare(connection: sqlite3.Connection, path: Path, new_id: Callable[[], str]) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables == 0:
        connection.executescript(
            f"BEGIN; {SCHEMA} INSERT INTO chain (id) VALUES ('{new_id()}');"  # noqa: S608
            f" PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
    elif application != APPLICATION_ID:
        raise SettingsError(f"{path} is a database, but not a journal of egate")
    elif version == 1:
        raise SettingsError(
            f"the journal {path} has version 1, whose events are not signed: let the"
            " egate that wrote it deliver them, then move the file away"
        )
    elif version != SCHEMA_VERSION:
        raise SettingsError(
            f"the journal {path} has version {version}, this program knows"
            f" {SCHEMA_VERSION}: run the egate that wrote it, or move the file away"
        )
    connection.execute(MEMORY)
