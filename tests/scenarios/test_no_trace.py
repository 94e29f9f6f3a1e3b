"""Nothing of a traveller is left: not in memory, not in a file, a log or a topic."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from typing_extensions import override

from drivers.virtual.traveller import Traveller
from edge.ports import Closeable
from tests.support import egated as daemon
from tests.support import memory, trace
from tests.support.egated import STUCK_S, Egated, Table, egated
from tests.support.memory import Needles
from tests.support.real_lane import order, real_lane
from tools.central.leaving import leave
from tools.simulation.card_service import Pcscd
from tools.simulation.script import load, read_script

FEW = ("genuine", "impostor", "tampered-portrait")
MANY = 1000
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the process")


class Listener(Closeable):
    """Everything the broker of a lane passes on: topics and payloads."""

    def __init__(self, port: int) -> None:
        self._heard = bytearray()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_message = self._hear
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)

    @override
    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(STUCK_S)
        return self

    @override
    def close(self) -> None:
        leave(self._client)

    @property
    def heard(self) -> bytes:
        return bytes(self._heard)

    def _subscribe(self, *_: object) -> None:
        self._client.subscribe("#", 1)

    def _hear(self, _: Client, __: object, message: MQTTMessage) -> None:
        self._heard += message.topic.encode() + b"\n" + message.payload + b"\n"


@contextmanager
def lane(folder: Path, specimens: Path) -> Iterator[tuple[Egated, Table]]:
    table = daemon.lane(folder, specimens)
    with egated(daemon.write(folder / "gate.toml", table), folder) as gate:
        gate.until_ready()
        yield gate, table


def written_by(gate: Egated, since_s: float) -> dict[str, bytes]:
    """Every file the daemon or a child of it has open or mapped and may have written."""
    found = {}
    seen: set[tuple[int, int]] = set()
    for pid in (gate.pid, *gate.children()):
        links = [*Path(f"/proc/{pid}/fd").iterdir(), *Path(f"/proc/{pid}/map_files").iterdir()]
        for link in links:
            try:
                status = link.stat()
                place = status.st_dev, status.st_ino
                if place in seen or not stat.S_ISREG(status.st_mode):
                    continue  # of a network's weights each tensor is mapped by itself
                seen.add(place)
                if status.st_mtime >= since_s:
                    found[f"{link} {link.readlink()}"] = link.read_bytes()
            except OSError:
                continue  # closed meanwhile
    return found


def files_under(*folders: Path) -> dict[str, bytes]:
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}


def assert_no_trace(places: dict[str, bytes], travellers: list[Traveller]) -> None:
    for traveller in travellers:
        wanted = Needles(trace.needles(traveller))
        words = trace.in_words(traveller)
        for name, content in places.items():
            assert wanted.found_in(content) == {}, name
            assert words.search(content) is None, name


def search_passages(
    folder: Path, specimens: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let travellers pass one after the other, then look into whatever could hold them."""
    temporary = folder / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    began_s = time.time()  # noqa: TID251  # files are told apart by it
    shared = set(Path("/dev/shm").iterdir())  # noqa: S108
    travellers = [load(specimens / name) for name in dict.fromkeys(names)]
    said: list[str] = []
    with lane(folder, specimens) as (gate, table), Listener(table["broker"]["port"]) as listener:
        for name in names:
            order(table, "/simulator/run", {"scenario": name})
            said.append(str(gate.until_said("transaction_closed")))
        places = written_by(gate, began_s)
        assert any("journal.db-wal" in place for place in places), "the WAL was looked into"
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        places |= {"topics": listener.heard, "stderr": gate.errors.encode()}
        places["stdout"] = b"\n".join(map(str.encode, [*said, *map(str, gate._said)]))
    state = Path(table["state_dir"])
    new = [path for path in Path("/dev/shm").iterdir() if path not in shared]  # noqa: S108
    places |= files_under(state, temporary)
    places |= {str(path): path.read_bytes() for path in new if path.is_file()}
    assert b"decision.made" in places[str(state / "journal.db")], "what was searched is the journal"
    # The broker of the virtual lane leaves out what a slow listener does not take in time.
    assert places["topics"].count(b"/event/decision/made") >= 0.9 * len(names)
    assert_no_trace(places, travellers)


def test_nothing_of_a_traveller_is_in_any_file_log_or_topic(
    tmp_path: Path, specimens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_passages(tmp_path, specimens, FEW, monkeypatch)


@pytest.mark.whole
def test_nor_after_a_thousand_passages(
    tmp_path: Path, specimens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = sorted(path.parent.name for path in specimens.glob("*/traveller.toml"))
    calm = [name for name in every if not read_script(specimens / name).fault]
    names = tuple(calm[number % len(calm)] for number in range(MANY))
    search_passages(tmp_path, specimens, names, monkeypatch)


@root_only
@pytest.mark.pcscd
@pytest.mark.parametrize(
    "names",
    [
        ("genuine", "tampered-portrait"),
        pytest.param(("impostor", "cloned-chip", "unknown-issuer"), marks=pytest.mark.whole),
    ],
)
def test_nothing_of_a_traveller_is_left_in_memory(
    tmp_path: Path, specimens: Path, pcscd: Pcscd, names: tuple[str, ...]
) -> None:
    wanted: dict[str, tuple[bytes, ...]] = {}
    with real_lane(tmp_path, specimens, pcscd) as running:
        for name in names:
            traveller = load(specimens / name)
            pieces = trace.in_bytes(traveller).items()
            wanted |= {f"{kind} of {name}": found for kind, found in pieces}
            found = running.passes(traveller)
            assert (found["decision"] == "open") is (name == "genuine")
        needles = Needles(wanted)
        deadline_s = time.monotonic() + STUCK_S
        while True:  # the last of it is overwritten just after the passage is told
            left = memory.search(running.gate.pid, needles)
            if not left.found or time.monotonic() > deadline_s:
                break
    assert left.found == {}, left.places
    assert left.searched_bytes > 50_000_000, "its memory was looked into"
    # Found nowhere could also mean looked for wrongly; this process has it all in its memory.
    assert memory.search(os.getpid(), needles).found == needles.counts


@root_only
def test_a_daemon_that_crashes_leaves_no_core(tmp_path: Path, specimens: Path) -> None:
    with lane(tmp_path, specimens) as (gate, _):
        limits = Path(f"/proc/{gate.pid}/limits").read_text()
        line = next(each for each in limits.splitlines() if each.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"]
        assert not gate.dies_of(signal.SIGABRT)
