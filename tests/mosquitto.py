"""A Debian mosquitto of our own: a free port on 127.0.0.1, stopped by its pid."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
READY_S = 10.0


class Mosquitto:
    """Implements the surface of `drivers.virtual.broker.VirtualBroker` with the real thing."""

    def __init__(self, folder: Path, config: str | None = None) -> None:
        """Run with a configuration; it says `{port}` where it listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._config = folder / "mosquitto.conf"
        plain = "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        text = (config or plain).replace("{port}", str(self.port))
        self._config.write_text(f"{text}\nlog_type none\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        if self._process is not None:
            return
        assert PROGRAM is not None
        self._process = subprocess.Popen([PROGRAM, "-c", str(self._config)])  # noqa: S603
        deadline_s = time.monotonic() + READY_S
        while time.monotonic() < deadline_s:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                assert self._process.poll() is None, "mosquitto did not start"
                time.sleep(0.01)
            else:
                return
        raise AssertionError("mosquitto does not listen")

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
