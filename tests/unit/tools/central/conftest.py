"""Every store the central side knows: a fresh SQLite file, a private PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.central_chains import Open
from tests.support.postgresql import Postgresql, missing
from tools.central.database import Database
from tools.central.sqlite import Sqlite
from tools.central.store import Store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A private PostgreSQL of this run."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store as often as a test likes: each a worker's connection."""
    connect: Callable[[], Database]
    if request.param == "sqlite":
        connect = lambda: Sqlite(tmp_path / "central.db")  # noqa: E731
    else:
        from tools.central.postgres import Postgres

        conninfo = request.getfixturevalue("postgresql").database()
        connect = lambda: Postgres(conninfo)  # noqa: E731
    opened: list[Store] = []

    def open_another() -> Store:
        opened.append(Store(connect()))
        return opened[-1]

    yield open_another
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()
