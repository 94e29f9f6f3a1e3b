"""An egated of our own: a real process on a virtual lane, heard through what it says itself."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from typing_extensions import override

from edge.settings import loader
from tests.support.some import replaced
from tools.simulation import lane_file

ROOT = Path(__file__).parents[2]
STUCK_S = 60.0
"""Far longer than anything here takes: only what hangs is ended by it."""
FIRST_HASH = "0" * 64
Table = loader.Table
lane = lane_file.virtual_lane
write = lane_file.write


def policy_for_stills(folder: Path) -> str:
    """The example policy for a camera of still pictures, which it would rightly call attacks."""
    text = (ROOT / "config/policy.example.toml").read_text(encoding="utf-8")
    path = folder / "policy.toml"
    path.write_text(
        replaced(text, '"face.pad" = "required"', '"face.pad" = "ignored"'), encoding="utf-8"
    )
    return str(path)


@dataclass(frozen=True, slots=True)
class Given:
    """What a daemon is given beside its configuration."""

    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: int | None = None
    """How many it may have; None: as many as this process."""
    log: int = subprocess.PIPE
    """Where its standard output goes; without one, each line is read at once."""
    errors: int | None = None
    """Where its standard error goes; without one, into a file."""


class Egated:
    """One daemon in a session of its own, so that its children can be found."""

    def __init__(
        self,
        config: Path,
        folder: Path,
        name: str = "egated",
        given: Given | None = None,
    ) -> None:
        given = given or Given()
        self._errors = folder / f"{name}.stderr"
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._bell.settimeout(0.2)
        self._bell.bind(str(folder / f"{name}.notify"))
        self.told: list[str] = []
        """What the service manager was told so far."""
        self._said: list[Table] = []
        self._heard = threading.Condition()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "edge", "--config", str(config)],
                cwd=ROOT,
                stdout=given.log,
                stderr=errors if given.errors is None else given.errors,
                start_new_session=True,
                env=os.environ
                | {"NOTIFY_SOCKET": str(folder / f"{name}.notify")}
                | dict(given.environment),
            )
        if given.descriptors is not None:  # before it looks how many it may have
            limit = given.descriptors, given.descriptors
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, limit)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        if self._process.stdout is not None:
            self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    @property
    def errors(self) -> str:
        """What stands on its stderr."""
        return self._errors.read_text(encoding="utf-8")

    def until_told(self, message: str) -> None:
        """Wait until the service manager is told something."""
        deadline_s = time.monotonic() + STUCK_S
        while message not in self.told:
            runs = self.runs  # before its last words are taken
            self._take_messages()
            assert runs or message in self.told, f"egated ended: {self.errors}"
            assert time.monotonic() < deadline_s, f"{message} never came; it said {self._said}"

    def until_alive(self, pings: int = 1) -> None:
        """Wait for so many more pings of the watchdog."""
        before = self.told.count("WATCHDOG=1")
        deadline_s = time.monotonic() + STUCK_S
        while self.told.count("WATCHDOG=1") < before + pings:
            assert self.runs, f"egated ended: {self.errors}"
            assert time.monotonic() < deadline_s, "the watchdog is not fed"
            self._take_messages()

    def until_ready(self) -> None:
        self.until_told("READY=1")

    def until_said(self, event: str, **values: str) -> Table:
        """Wait until the log has a line with these values, and take it out."""
        with self._heard:
            assert self._heard.wait_for(lambda: self._find(event, values) is not None, STUCK_S), (
                f"{event} {values} was never said; it said {self._said}; {self.errors}"
            )
            found = self._find(event, values)
            assert found is not None
            return self._said.pop(found)

    def send(self, number: int, *, everybody: bool = False) -> None:
        """Send a signal to the daemon, or to its children as well, as a terminal does."""
        if everybody:
            os.killpg(self.pid, number)
        else:
            self._process.send_signal(number)

    def dies_of(self, number: int) -> bool:
        """End it by a signal; whether the kernel has dumped its core over it."""
        self.send(number)
        _, status = os.waitpid(self.pid, 0)
        assert os.WTERMSIG(status) == number
        return os.WCOREDUMP(status)

    def ended(self) -> int:
        """Wait for its end, return the exit status."""
        status = self._process.wait(STUCK_S)
        self._until_heard()
        self._take_messages()
        return status

    def children(self) -> list[int]:
        """Processes of its session that live, without itself."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue  # it has ended meanwhile
            if int(session) == self.pid and state != "Z" and int(path.parent.name) != self.pid:
                found.append(int(path.parent.name))
        return found

    def until_alone(self) -> None:
        """Wait until no child lives."""
        deadline_s = time.monotonic() + STUCK_S
        while self.children():
            assert time.monotonic() < deadline_s, f"children live on: {self.children()}"
            time.sleep(0.01)

    def put_away(self) -> None:
        """End whatever is left of it."""
        for pid in (self.pid, *self.children()) if self.runs else self.children():
            os.kill(pid, signal.SIGKILL)
        self._process.wait(STUCK_S)
        self._until_heard()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._bell.close()

    def _until_heard(self) -> None:
        """Wait until its last line was read."""
        if self._process.stdout is not None:
            self._listener.join(STUCK_S)

    def _find(self, event: str, values: Table) -> int | None:
        wanted = {"event": event, **values}.items()
        return next((n for n, line in enumerate(self._said) if wanted <= line.items()), None)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            said.pop("reasons", None)  # the one value that is a list
            with self._heard:
                self._said.append(said)
                self._heard.notify_all()

    def _take_messages(self) -> None:
        """Take every message that has come; wait a moment for the first."""
        try:
            while True:
                self.told.append(self._bell.recv(4096).decode())
                self._bell.setblocking(False)
        except (TimeoutError, BlockingIOError):
            self._bell.settimeout(0.2)


@contextmanager
def egated(
    config: Path,
    folder: Path,
    name: str = "egated",
    given: Given | None = None,
) -> Iterator[Egated]:
    """Run an egated while entered; whatever is left of it is ended."""
    found = Egated(config, folder, name, given)
    try:
        yield found
    finally:
        found.put_away()


def refused(config: Path, folder: Path) -> tuple[int, str]:
    """Start an egated that must not start: its exit status, and the one line it says."""
    with egated(config, folder, "refused") as found:
        status = found.ended()
        assert found.children() == []
        assert "READY=1" not in found.told
        errors = found.errors
    assert "Traceback" not in errors
    assert errors.count("\n") == 1, errors
    assert errors.startswith("egated: ")
    return status, errors.strip()


def page(table: Table, path: str) -> tuple[int, str]:
    """Fetch a page of a lane: status and body; of a stream the first view."""
    address = f"http://127.0.0.1:{table['screen']['port']}{path}"
    opener = urllib.request.build_opener(_Plain())
    with opener.open(address, timeout=STUCK_S) as answer:
        if answer.headers["Content-Type"].startswith("text/event-stream"):
            next(line for line in answer if line == b"event: view\n")
            return answer.status, next(answer).decode().removeprefix("data:")
        return answer.status, answer.read().decode()


def until_page(table: Table, path: str, suits: Callable[[Table], bool]) -> Table:
    """Ask for a JSON page until it suits."""
    deadline_s = time.monotonic() + STUCK_S
    while True:
        found: Table = json.loads(page(table, path)[1])
        if suits(found):
            return found
        assert time.monotonic() < deadline_s, f"{path} stays {found}"
        time.sleep(0.05)


class _Plain(urllib.request.HTTPErrorProcessor):
    """Leaves every status to the caller."""

    @override
    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def journal(table: Table) -> list[str]:
    """The types of the events in a lane's journal, once every link of its chain is proven.

    Reads a copy: opening the file itself would mend what a killed egated has left.
    """
    with TemporaryDirectory() as folder:
        state = copytree(table["state_dir"], Path(folder) / "state")
        connection = sqlite3.connect(state / "journal.db")
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = connection.execute(
                "SELECT sequence, body FROM journal ORDER BY sequence"
            ).fetchall()
        finally:
            connection.close()
    previous, types = FIRST_HASH, []
    for number, (sequence, body) in enumerate(rows, 1):
        event = json.loads(body)
        assert sequence == number == int(event["sequence"])
        assert event["prevhash"] == previous
        previous = hashlib.sha256(body).hexdigest()
        types.append(event["type"].removeprefix("int.egate."))
    return types
