"""What the store needs of a database: a small port, with SQLite and PostgreSQL behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from edge.errors import EdgeError

Cell: TypeAlias = Any  # what a column holds: the statement says which of the database's types
Row: TypeAlias = tuple[Cell, ...]


class StoreError(EdgeError):
    """The database did not do it; nothing has changed: open it again and repeat."""


class Database(Protocol):
    """One connection, used from one thread.

    Statements are written with `?` for arguments and in words both databases know.  Every method
    raises StoreError when the database fails.
    """

    lock_rows: str
    """What a SELECT ends with so that the rows stay locked to the end of the transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is durable when it is left, or nothing of it."""
        ...

    def rows(self, statement: str, *arguments: object) -> list[Row]:
        """All rows of a query."""
        ...

    def stream(self, statement: str, *arguments: object) -> Iterator[Row]:
        """The rows of a query one by one, however many there are."""
        ...

    def run(self, statement: str, *arguments: object) -> int:
        """Run a statement; how many rows it touched."""
        ...

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each of the rows."""
        ...

    def insert_events(self, rows: Sequence[Row]) -> None:
        """Put many rows into `event`: the columns in the order of the schema."""
        ...

    def forget(self, before: datetime) -> int:
        """Erase events stored before a moment; how many, as far as that is known."""
        ...

    def moment(self, value: datetime) -> Cell:
        """A moment as this database stores it."""
        ...

    def when(self, value: Cell) -> datetime:
        """And back."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
