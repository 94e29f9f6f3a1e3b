"""The daemon benchmark: a daemon that nobody passes, started as systemd starts it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.host import freed_memory
from edge.inference.models import ModelStore
from edge.settings import tree as settings
from tools.bench.face import MODELS, ROOT
from tools.bench.floors import start as floor_program
from tools.bench.floors.spent import Beside, Pair, Spent
from tools.bench.rows import Row, beside_floor
from tools.simulation import lane
from tools.simulation.broker import free_port
from tools.specimen.issue import issue_if_needed

CONFIG: Final = ROOT / "config/gate.virtual.toml"
STARTS: Final = 3
IDLE_S: Final = 10.0
START_S: Final = 30.0
TICKS: Final = os.sysconf("SC_CLK_TCK")
QUIET: Final = ("--log-level", "error")
AS_DEPLOYED: Final = """
import sys
sys.modules["rich"] = None
from edge.__main__ import main
main()
"""
"""What only developers have, and structlog would load, is not the gate's."""
ENVIRONMENT: Final = {**os.environ, **freed_memory.ENVIRONMENT, "PYTHONPATH": str(ROOT)}
"""What systemd/egated.service sets."""


@dataclass(frozen=True, slots=True)
class Started:
    """A daemon that is ready."""

    pid: int
    spent: Spent
    """On its start: by itself and its picture decoder, not by the broker of the simulation."""


def rows(say: Callable[[str], None]) -> Iterator[Row]:
    """Start beside its floor; memory at rest and idle CPU."""
    issue_if_needed(lane.specimens_of(settings.load(CONFIG)), progress=say)
    models = _models()
    _floor(models)
    pairs = []
    with running():
        pass  # the first start fills the caches of the disk
    for number in range(STARTS):
        say(f"start {number + 1} of {STARTS} ...")
        with running() as started:
            spent = started.spent
        pairs.append(Pair(spent, _floor(models)))
    yield from beside_floor("daemon: start to ready", Beside.of(pairs), 1.8)
    say(f"watching it rest for {IDLE_S:g} s ...")
    with running() as started:
        yield from _at_rest(started.pid)


@contextmanager
def running() -> Iterator[Started]:
    """A daemon while entered, ready, on ports of its own."""
    port, broker = free_port(), free_port()
    text = CONFIG.read_text(encoding="utf-8").replace('"../', f'"{ROOT}/')
    text = text.replace('policy = "', f'policy = "{CONFIG.parent}/').replace(
        'repeat = "genuine"', 'repeat = ""'
    )
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as folder:
        text = text.replace(f"{ROOT}/var/lane-1", f"{folder}/state")
        config = Path(folder) / "gate.toml"
        config.write_text(
            text.replace("port = 8080", f"port = {port}").replace("18830", str(broker)),
            encoding="utf-8",
        )
        began_s = time.monotonic()
        command = [sys.executable, "-c", AS_DEPLOYED, "--config", str(config), *QUIET]
        with subprocess.Popen(command, env=ENVIRONMENT) as process:  # noqa: S603  # our own interpreter
            try:
                _wait_until_ready(port)
                wall_s = time.monotonic() - began_s
                everybody = [process.pid, *children(process.pid)]
                ours = [each for each in everybody if role(each) != "broker"]
                yield Started(process.pid, Spent(sum(map(cpu_s, ours)), wall_s))
            finally:
                process.send_signal(signal.SIGINT)


def _models() -> list[str]:
    """The networks that the daemon loads."""
    store = ModelStore(MODELS.manifest, MODELS.weights)
    names = [store.manifest.comparison.detector, *store.manifest.comparison.embedders]
    if store.manifest.pad is not None and store.has_texture:
        names.append(store.manifest.pad.texture)
    return [str(store.path(name)) for name in names]


def _floor(models: list[str]) -> Spent:
    command = [sys.executable, "-m", floor_program.__name__, *models]
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=ENVIRONMENT, check=True)  # noqa: S603  # our own interpreter
    wall_s, after = time.monotonic() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(used_s, wall_s)


def _at_rest(pid: int) -> Iterator[Row]:
    family = [pid, *children(pid)]
    before = {member: cpu_s(member) for member in family}
    time.sleep(IDLE_S)
    used = {member: cpu_s(member) - before[member] for member in family}
    yield Row("daemon: resident memory at rest", _resident_mb(pid), "MB", 190.0)
    for child in family[1:]:
        yield Row(f"  and its {role(child)}", _resident_mb(child), "MB")
    yield Row("daemon: idle CPU of one core", 100 * used[pid] / IDLE_S, "%", 3.0)
    everybody = 100 * sum(used.values()) / IDLE_S
    yield Row("  with broker and picture decoder", everybody, "%")


def _wait_until_ready(port: int) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError("the daemon did not become ready")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (thread / "children").read_text().split()]
    return sorted(found)


def role(pid: int) -> str:
    """What a process of the family is."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    if b"imaging" in command:
        return "picture decoder"
    return "daemon" if b"--config" in command else "broker"


def cpu_s(pid: int) -> float:
    """Processor seconds of a process, all its threads, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
