"""The database of a country: PostgreSQL by psycopg, events in partitions by month."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from edge.errors import SettingsError
from tools.central.database import Cell, Row, StoreError

try:
    import psycopg
    from psycopg import sql
except ImportError as missing:  # pragma: no cover  # the extra `central` is not installed
    raise SettingsError(
        "PostgreSQL needs psycopg: pip install -r requirements/central.lock"
    ) from missing

SCHEMA_VERSION = 1
SCHEMA = files(__package__) / "postgres_schema.sql"
FORKED = files(__package__) / "postgres_forked.sql"
"""Added to tables of an earlier program as well: they are good without it."""
STARTING = 0x45474343
"""Advisory lock: of several workers that start at once, one makes tables and partitions."""
COPY_EVENTS = sql.SQL("COPY event FROM STDIN (FORMAT BINARY)")
EVENT_TYPES = (
    "int8", "int8", "bytea", "text", "timestamptz", "timestamptz", "text", "bool", "bytea",
)  # fmt: skip
STORED = 5
FEW = 16
"""Below this many rows a COPY costs more than inserts."""
INSERT_EVENT = "INSERT INTO event VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"


class Postgres:
    """A connection; tables and partitions are made when missing.

    Raises:
        SettingsError: the tables are of another version.
        StoreError: the server is not there, or refuses.
    """

    lock_rows = " FOR UPDATE"

    def __init__(self, conninfo: str) -> None:
        self._months: set[datetime] = set()
        try:
            self._connection = psycopg.connect(
                conninfo, autocommit=True, application_name="egate-central", connect_timeout=10
            )
        except (psycopg.Error, ValueError) as error:
            raise StoreError(f"PostgreSQL: {_first_line(error)}") from error
        try:
            self._prepare()
        except (StoreError, SettingsError):
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction, read committed: what must not change meanwhile is locked by row."""
        try:
            with self._told(), self._connection.transaction():
                yield
        except BaseException:
            self._months.clear()  # what was made is unmade
            raise

    def rows(self, statement: str, *arguments: object) -> list[Row]:
        """All rows of a query."""
        with self._told():
            return self._connection.execute(_translated(statement), arguments).fetchall()

    def stream(self, statement: str, *arguments: object) -> Iterator[Row]:
        """The rows of a query by a cursor of the server's."""
        with (
            self._told(),
            self._connection.transaction(),
            self._connection.cursor(name="egate") as cursor,
        ):
            cursor.itersize = 5000
            cursor.execute(_translated(statement), arguments)
            yield from cursor

    def run(self, statement: str, *arguments: object) -> int:
        """Run a statement."""
        with self._told():
            return self._connection.execute(_translated(statement), arguments).rowcount

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each of the rows, without waiting for each."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.executemany(_translated(statement), rows)

    def insert_events(self, rows: Sequence[Row]) -> None:
        """Put many rows into `event`."""
        if not rows:
            return
        self._ensure_partition(rows[0][STORED])
        with self._told(), self._connection.cursor() as cursor:
            if len(rows) < FEW:
                cursor.executemany(INSERT_EVENT, rows)
                return
            with cursor.copy(COPY_EVENTS) as copy:
                copy.set_types(EVENT_TYPES)
                for row in rows:
                    copy.write_row(row)

    def forget(self, before: datetime) -> int:
        """Drop the months that end before a moment, and erase the rest row by row."""
        for name, end in self._partitions():
            if end <= before:
                self.run(f'DROP TABLE "{name}"')
                self._months.clear()
        return self.run("DELETE FROM event WHERE stored < ?", before)

    def moment(self, value: datetime) -> datetime:
        """As it is."""
        return value

    def when(self, value: Cell) -> datetime:
        """As it is, in UTC."""
        found: datetime = value.astimezone(UTC)
        return found

    def _prepare(self) -> None:
        with self.transaction():
            self.rows("SELECT pg_advisory_xact_lock(?)", STARTING)
            if self.rows("SELECT to_regclass('egate_schema')")[0][0] is None:
                with self._told():
                    self._connection.execute(SCHEMA.read_text(encoding="utf-8"))
                self.run("CREATE TABLE egate_schema (version integer NOT NULL)")
                self.run("INSERT INTO egate_schema VALUES (?)", SCHEMA_VERSION)
            version = self.rows("SELECT version FROM egate_schema")[0][0]
            if version != SCHEMA_VERSION:
                raise SettingsError(
                    f"the tables have version {version}, this program knows {SCHEMA_VERSION}:"
                    " run the egate that made them"
                )
            with self._told():
                self._connection.execute(FORKED.read_text(encoding="utf-8"))

    def _ensure_partition(self, now: datetime) -> None:
        """Have the month's partition."""
        month = _month(now)
        if month in self._months:
            return
        name = f"event_{month:%Y_%m}"
        self.rows("SELECT pg_advisory_xact_lock(?)", STARTING)
        if self.rows("SELECT to_regclass(?)", name)[0][0] is None:
            self.run(
                f"CREATE TABLE {name} PARTITION OF event"
                f" FOR VALUES FROM ('{month.isoformat()}') TO ('{_next(month).isoformat()}')"
            )
        self._months.add(month)

    def _partitions(self) -> list[tuple[str, datetime]]:
        """The monthly partitions and where each ends."""
        found = self.rows(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'event'::regclass AND relname LIKE 'event\\_2%'"
        )
        months = [(name, datetime.strptime(f"{name}+0000", "event_%Y_%m%z")) for (name,) in found]
        return [(name, _next(month)) for name, month in months]

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.Error, OverflowError, UnicodeError) as error:
            raise StoreError(f"PostgreSQL: {_first_line(error)}") from error


def _translated(statement: str) -> Any:  # psycopg wants text that is in the program itself
    return statement.replace("%", "%%").replace("?", "%s")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    year, number = divmod(month.year * 12 + month.month, 12)
    return month.replace(year=year, month=number + 1)
