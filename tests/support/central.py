"""A central side of our own: real processes, heard through what they say themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support import egated
from tests.support.egated import ROOT, STUCK_S, Table
from tools.central.database import Database
from tools.central.records import ChainKey
from tools.central.sqlite import Sqlite
from tools.central.store import Store


def settings(folder: Path, port: int, **intake: Any) -> Table:
    """What config/central.toml says, with a broker and a file of its own."""
    return {
        "broker": {"host": "127.0.0.1", "port": port},
        "store": {"kind": "sqlite", "path": str(folder / "central.db")},
        "intake": {"trust_on_first_use": True, "ask_after_s": 0.5, **intake},
    }


class Central:
    """One `egate-central run` and its workers."""

    def __init__(self, config: Path, folder: Path, name: str) -> None:
        self._errors = folder / f"{name}.stderr"
        self._said: list[Table] = []
        self._heard = threading.Condition()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "tools.central", "run", "--config", str(config)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def errors(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def until_said(self, event: str, **values: str) -> Table:
        """Wait until the log has a line with these values, and take it out."""
        with self._heard:
            assert self._heard.wait_for(lambda: self._find(event, values) is not None, STUCK_S), (
                f"{event} {values} was never said; it said {self._said}; {self.errors}"
            )
            found = self._find(event, values)
            assert found is not None
            return self._said.pop(found)

    def workers(self) -> list[int]:
        """The pids of its workers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def stop(self) -> int:
        """End it in good order; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        status = self._process.wait(STUCK_S)
        self._listener.join(STUCK_S)
        return status

    def kill(self) -> list[int]:
        """Kill it with SIGKILL; who its workers were."""
        workers = self.workers()
        self._process.kill()
        self.ended()
        return workers

    def put_away(self) -> None:
        if self._process.poll() is None:
            for pid in self.workers():
                os.kill(pid, signal.SIGKILL)
            self._process.kill()
        self.ended()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _find(self, event: str, values: Table) -> int | None:
        wanted = {"event": event, **values}.items()
        return next((n for n, line in enumerate(self._said) if wanted <= line.items()), None)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._heard:
                self._said.append(json.loads(line))
                self._heard.notify_all()


@contextmanager
def running(folder: Path, table: Table, name: str = "central") -> Iterator[Central]:
    """Run a central side while entered; whatever is left of it is ended."""
    found = Central(egated.write(folder / f"{name}.toml", table), folder, name)
    try:
        yield found
    finally:
        found.put_away()


def heads(table: Table) -> dict[ChainKey, int]:
    """How far each chain is stored."""
    path = Path(table["store"]["path"])
    if not path.exists():
        return {}
    with closing(Store(Sqlite(path))) as store:
        return {chain.key: chain.head for chain in store.chains()}


def until(met: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + STUCK_S
    while not met():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.05)


def bodies(table: Table) -> dict[str, list[bytes]]:
    """What is stored, by gate, in order of sequence."""
    return bodies_of(Sqlite(Path(table["store"]["path"])))


def bodies_of(database: Database) -> dict[str, list[bytes]]:
    """The same, of a database, which is closed."""
    found: dict[str, list[tuple[int, bytes]]] = {}
    rows = database.rows(
        "SELECT source, sequence, body FROM event JOIN chain ON chain.id = chain"
        " ORDER BY source, chain, sequence"
    )
    database.close()
    for source, sequence, body in rows:
        found.setdefault(source, []).append((sequence, body))
    for places in found.values():
        assert [sequence for sequence, _ in places] == list(range(1, len(places) + 1))
    return {source: [body for _, body in places] for source, places in found.items()}
