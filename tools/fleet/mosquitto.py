"""Debian's mosquitto as a process of our own on 127.0.0.1: started, killed, started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from typing_extensions import override

from edge.errors import DeviceLost, SettingsError
from edge.ports import Closeable
from tools.simulation.broker import free_port

READY_S = 10.0
PAUSE_S = 0.01
QUEUED = 100_000
"""Messages the broker keeps for a subscriber that is slow or away."""


def program() -> str:
    """Where it is installed; SettingsError when it is not."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        raise SettingsError("mosquitto is not installed: as root, apt-get install mosquitto")
    return found


PLAIN = f"""
listener {{port}} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages {QUEUED}
max_inflight_messages 1000
"""
"""Keeps nothing over a kill."""


class Mosquitto(Closeable):
    """One broker; `with` starts and ends it.  `config` says `{port}` where it listens."""

    def __init__(self, folder: Path, config: str = PLAIN) -> None:
        self.port = free_port()
        self._program = program()
        self._config = folder / "mosquitto.conf"
        text = config.replace("{port}", str(self.port))
        self._config.write_text(f"{text}\nlog_type none\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @override
    def __enter__(self) -> Self:
        self.start()
        return self

    @override
    def close(self) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            DeviceLost: it does not come up.
        """
        if self._process is not None:
            return
        self._process = subprocess.Popen([self._program, "-c", str(self._config)])  # noqa: S603
        end_s = time.monotonic() + READY_S
        while time.monotonic() < end_s and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(PAUSE_S)
            else:
                return
        self.kill()
        raise DeviceLost("broker", "mosquitto does not come up")

    def kill(self) -> None:
        """End it without a word."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
