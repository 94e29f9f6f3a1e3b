"""The embedded database: one SQLite file in WAL mode, shared by the workers of one machine."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from edge.errors import SettingsError
from tools.central.database import Cell, Row, StoreError

APPLICATION_ID = 0x45474343  # "EGCC"
SCHEMA_VERSION = 1
SCHEMA = files(__package__) / "sqlite_schema.sql"
FORKED = files(__package__) / "sqlite_forked.sql"
"""Added to a file of an earlier program as well: it is good without it."""
PATIENCE_MS = 30_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
INSERT_EVENT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Sqlite:
    """A connection to the file, which is made when it is not there.

    Raises:
        SettingsError: it is no database of the central side, or of another version.
        StoreError: it cannot be opened now.
    """

    lock_rows = ""  # a writing transaction has the whole file to itself

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)  # before SQLite does, and so its log beside it too
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=PATIENCE_MS / 1000, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened: {error}") from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{path} cannot be opened: {error}") from error
            raise SettingsError(f"{path} is damaged, or no database: {error}") from error
        except SettingsError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Have the file alone, and commit."""
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *arguments: object) -> list[Row]:
        """All rows of a query."""
        with self._told():
            return self._connection.execute(statement, arguments).fetchall()

    def stream(self, statement: str, *arguments: object) -> Iterator[Row]:
        """The rows of a query one by one."""
        with self._told():
            yield from self._connection.execute(statement, arguments)

    def run(self, statement: str, *arguments: object) -> int:
        """Run a statement."""
        with self._told():
            return self._connection.execute(statement, arguments).rowcount

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each of the rows."""
        with self._told():
            self._connection.executemany(statement, rows)

    def insert_events(self, rows: Sequence[Row]) -> None:
        """Put many rows into `event`."""
        self.many(INSERT_EVENT, rows)

    def forget(self, before: datetime) -> int:
        """Erase old events; the file gives its pages to new ones."""
        return self.run("DELETE FROM event WHERE stored < ?", self.moment(before))

    def moment(self, value: datetime) -> int:
        """Microseconds since 1970."""
        return (value - EPOCH) // MICROSECOND

    def when(self, value: Cell) -> datetime:
        """And back."""
        return EPOCH + timedelta(microseconds=value)

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA cache_size = -65536")
        execute("BEGIN IMMEDIATE")  # of several workers that start at once, one makes the tables
        try:
            self._make_tables()
        finally:
            execute("COMMIT")

    def _make_tables(self) -> None:
        execute = self._connection.execute
        application = execute("PRAGMA application_id").fetchone()[0]
        version = execute("PRAGMA user_version").fetchone()[0]
        if execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in SCHEMA.read_text(encoding="utf-8").split(";\n"):
                execute(statement)
            execute(f"PRAGMA application_id = {APPLICATION_ID}")
            execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif application != APPLICATION_ID:
            raise SettingsError(f"{self._path} is a database, but not one of the central side")
        elif version != SCHEMA_VERSION:
            raise SettingsError(
                f"{self._path} has version {version}, this program knows {SCHEMA_VERSION}:"
                " run the egate that wrote it"
            )
        execute(FORKED.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise StoreError(f"{self._path}: {error}") from error
