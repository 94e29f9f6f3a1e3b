"""The central side as a process of our own, for a fleet to publish to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from typing_extensions import override

from edge.ports import Closeable
from tools.central.settings import Settings, load

CONFIG = """
[broker]
host = "127.0.0.1"
port = {port}
[store]
kind = "sqlite"
path = "central.db"
[intake]
workers = {workers}
trust_on_first_use = true
"""
FAREWELL_S = 30.0


class CentralProcess(Closeable):
    """`egate-central run` on a database in a folder; `with` starts and ends it."""

    def __init__(self, folder: Path, port: int, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "central.toml"
        self._config.write_text(CONFIG.format(port=port, workers=workers))
        self._log = folder / "central.log"
        self._process: subprocess.Popen[bytes] | None = None

    @override
    def __enter__(self) -> Self:
        self.start()
        return self

    @override
    def close(self) -> None:
        self.stop()

    @property
    def settings(self) -> Settings:
        """Its settings: where its database is."""
        return load(self._config)

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is None:
            command = [sys.executable, "-m", "tools.central", "run", "--config", str(self._config)]
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603

    def stop(self) -> None:
        """End it in good order."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill(self) -> None:
        """End it without a word; its workers see that it is gone, and go."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        if self._process is None:
            return []
        pid = self._process.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except OSError:
            return []
        return [int(child) for child in text.split()]
