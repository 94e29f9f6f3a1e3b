"""The service manager of one lane: starts it, hears whether it lives, and starts it again.

It does what systemd does with systemd/egated.service, by the numbers that stand there.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from typing_extensions import override

from edge.errors import SettingsError
from edge.host.freed_memory import ENVIRONMENT
from edge.ports import Closeable
from tools import shipped
from tools.chaos.lane_process import START
from tools.chaos.log_pipe import LogPipe
from tools.chaos.presence import Presence

UNIT: Final = "systemd/egated.service"
START_S: Final = 90.0
"""TimeoutStartSec where the unit names none (systemd-system.conf(5))."""
CONFIGURATION: Final = 78
"""RestartPreventExitStatus."""
LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Unit:
    """The numbers of the unit file."""

    watchdog_s: float
    restart_s: float
    stop_s: float
    descriptors: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a unit file; SettingsError when a number is missing."""

        def number(key: str) -> int:
            found = re.search(rf"^{key}=(\d+)$", text, re.MULTILINE)
            if found is None:
                raise SettingsError(f"{path} has no number for `{key}`")
            return int(found[1])

        text = path.read_text(encoding="utf-8")
        return cls(
            watchdog_s=number("WatchdogSec"),
            restart_s=number("RestartSec"),
            stop_s=number("TimeoutStopSec"),
            descriptors=number("LimitNOFILE"),
        )


class _Life:
    """One process of the daemon, from its start to its end."""

    def __init__(self, config: Path, bell: Path, log: LogPipe, descriptors: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "tools.chaos", "lane", "--config", str(config),
                 "--wire", str(theirs.fileno())],
                stdin=subprocess.DEVNULL, stdout=log.writing, stderr=log.writing,
                pass_fds=[theirs.fileno()], start_new_session=True,
                env=os.environ | ENVIRONMENT | {"NOTIFY_SOCKET": str(bell)},
            )  # fmt: skip
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
        self.wire = ours
        self.began_s = self.heard_s = time.monotonic()
        self.ready = False
        self.asked_s: float | None = None
        """When it was asked to end."""

    def order(self, *lines: str) -> None:
        with suppress(OSError):
            self.wire.sendall("".join(f"{line}\n" for line in lines).encode("ascii"))

    def ask_to_end(self) -> None:
        self.asked_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class ServiceManager(Closeable):
    """Keeps a lane running while entered.  Thread-safe.

    `faults` holds, in words, whatever a unit of systemd would have told: an end that nobody asked
    for, a watchdog that was not fed, a start or an end that took too long.
    """

    def __init__(self, config: Path, folder: Path, log: LogPipe) -> None:
        self._config = config
        self._log = log
        self._unit = Unit.read(shipped.beside(UNIT))
        self._bell_path = folder / "notify"
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._lock = threading.RLock()
        self._world: dict[str, str] = {}
        """The orders that harm something now, by what it is: the next life finds it so too."""
        self._life: _Life | None = None
        self._wanted = True
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._over = threading.Event()
        self.presence = Presence()
        self.starts = 0
        self.may_fail = False
        """Whether an end with a fault is what must happen now, and no fault of the gate."""
        self.faults: list[str] = []

    @override
    def __enter__(self) -> Self:
        self._bell.bind(str(self._bell_path))
        self._bell.setblocking(False)
        self._thread.start()
        return self

    @override
    def close(self) -> None:
        """End the lane and look after it no more."""
        self.down()
        self._over.set()
        self._thread.join()
        self._bell.close()

    @property
    def is_ready(self) -> bool:
        """Whether the daemon has said that it serves its duties."""
        life = self._life
        return life is not None and life.ready

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._life is not None

    def harm(self, thing: str, order: str) -> None:
        """Harm something, now and for every next life, until it is mended."""
        with self._lock:
            self._world[thing] = order
            self._order(order)

    def mend(self, thing: str, order: str) -> None:
        """Mend it by another order."""
        with self._lock:
            self._world.pop(thing, None)
            self._order(order)

    def down(self) -> None:
        """End the lane in good order, and start it no more until `up`."""
        with self._lock:
            self._wanted = False
            if self._life is not None:
                self._life.ask_to_end()
        while self.runs:
            time.sleep(LOOK_S)

    def up(self) -> None:
        """Start it again."""
        with self._lock:
            self._wanted = True

    def cut_power(self) -> None:
        """End it without a word; it is started again as after any fault."""
        with self._lock:
            if self._life is not None:
                self._life.asked_s = time.monotonic()
                self._life.kill()

    def _order(self, order: str) -> None:
        if self._life is not None:
            self._life.order(order)

    def _work(self) -> None:
        next_s = 0.0
        while not self._over.is_set() or self.runs:
            with self._lock:
                if self._life is None and self._wanted and time.monotonic() >= next_s:
                    self._begin()
                if self._life is not None and not self._lives_on(self._life):
                    next_s = time.monotonic() + self._unit.restart_s
                    self._life = None
            time.sleep(LOOK_S)

    def _begin(self) -> None:
        with suppress(BlockingIOError):
            while self._bell.recv(4096):
                pass  # the last words of the life before
        self.starts += 1
        life = _Life(self._config, self._bell_path, self._log, self._unit.descriptors)
        life.order(*self._world.values(), START)
        threading.Thread(target=self.presence.hear, args=(life.wire,), daemon=True).start()
        self._life = life

    def _lives_on(self, life: _Life) -> bool:
        """Look after a life; whether it goes on."""
        self._hear(life)
        status = life.process.poll()
        if status is None:
            self._watch(life, time.monotonic())
            return True
        life.kill()  # its children
        life.wire.close()
        if not (status == 0 and life.asked_s) and not self._is_expected(life, status):
            self._fault(f"the daemon ended with {status}")
            self._wanted &= status != CONFIGURATION
        return False

    def _is_expected(self, life: _Life, status: int) -> bool:
        was_killed = status == -signal.SIGKILL and life.asked_s is not None
        return was_killed or (self.may_fail and status == 1)

    def _hear(self, life: _Life) -> None:
        with suppress(BlockingIOError):
            while True:
                message = self._bell.recv(4096)
                life.heard_s = time.monotonic()
                life.ready |= message == b"READY=1"

    def _watch(self, life: _Life, now_s: float) -> None:
        for is_over, what in (
            (not life.ready and now_s - life.began_s > START_S, "did not become ready"),
            (life.ready and now_s - life.heard_s > self._unit.watchdog_s, "fed no watchdog"),
            (bool(life.asked_s) and now_s - (life.asked_s or 0) > self._unit.stop_s,
             "did not end when it was asked to"),
        ):  # fmt: skip
            if is_over:
                self._fault(f"the daemon {what}")
                life.asked_s = now_s
                life.kill()

    def _fault(self, words: str) -> None:
        self.faults.append(words)
