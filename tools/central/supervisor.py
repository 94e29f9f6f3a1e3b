"""Runs the workers as processes, and the steward beside them; a worker that dies is replaced."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import structlog

from edge.errors import EdgeError, SettingsError
from tools.central.assembly import now, open_store
from tools.central.commands import EXIT_CONFIGURATION
from tools.central.records import Totals
from tools.central.settings import Settings, SqliteStore
from tools.central.steward import Steward

TELL_EVERY_S = 5.0
LOOK_EVERY_S = 0.5
AGAIN_S = 3.0
"""A worker is not started again sooner: what kills one at once would keep a core busy."""
PIPE_BYTES = 4096
FAREWELL_S = 20.0

log = structlog.get_logger()


class Supervisor:
    """Everything `egate-central run` runs.

    Raises:
        SettingsError: a certificate, key or password cannot be used.
    """

    def __init__(self, settings: Settings, config: Path, workers: int) -> None:
        shared = settings.broker.protocol == "5"
        if workers > 1 and not shared:
            raise SettingsError(
                f"{workers} workers cannot share a subscription with MQTT 3.1.1: it has none;"
                " take one worker, or MQTT 5"
            )
        self._settings = settings
        self._config = config
        self._count = workers
        self._stop = threading.Event()
        self._summary = Summary()
        self._steward = Steward(settings, lambda: open_store(settings), now, self._summary.look)
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._started_s: dict[int, float] = {}
        self._ready, self._tell_ready = os.pipe()
        self._anew = False

    def stop(self) -> None:
        """End `run` in good order; callable from a signal."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped.

        Raises:
            SettingsError: a worker found the settings, or what they name, to be wrong.
            EdgeError: the steward fell over.
        """
        open_store(self._settings).close()  # makes the tables, and tells at once what is wrong
        steward = threading.Thread(target=self._steward.run, name="steward")
        steward.start()
        _log_start(self._settings, self._count)
        try:
            for index in range(self._count):
                self._workers[index] = self._start(index)
            while not self._stop.is_set():
                self._hear()
                self._replace_the_dead()
                if not steward.is_alive():
                    raise EdgeError("the steward ended; see above")  # to be started again
        finally:
            self._steward.stop()
            self._end_workers()
            steward.join(FAREWELL_S)
            os.close(self._ready)
            os.close(self._tell_ready)
            self._summary.log_end()

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.pid for worker in self._workers.values()]

    def _start(self, index: int) -> subprocess.Popen[bytes]:
        # The worker ends when its standard input does: nobody is left behind, even by a kill -9.
        self._started_s[index] = time.monotonic()
        arguments = ["work", "--config", str(self._config), "--index", str(index)]
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tools.central", *arguments, "--ready", str(self._tell_ready)],
            stdin=subprocess.PIPE,
            pass_fds=[self._tell_ready],
        )

    def _hear(self) -> None:
        """Wait a moment for workers that say they are ready; act when no more do."""
        readable, _, _ = select.select([self._ready], [], [], LOOK_EVERY_S)
        if readable:
            os.read(self._ready, PIPE_BYTES)
        elif self._anew:
            self._steward.renew()
        self._anew = bool(readable)

    def _replace_the_dead(self) -> None:
        for index, worker in self._workers.items():
            status = worker.poll()
            if status is None or time.monotonic() - self._started_s[index] < AGAIN_S:
                continue
            if worker.stdin is not None:
                worker.stdin.close()
            if status == EXIT_CONFIGURATION:
                raise SettingsError("a worker refuses its settings; see above")
            log.warning("worker_replaced", worker=index, exit_status=status)
            self._workers[index] = self._start(index)

    def _end_workers(self) -> None:
        for worker in self._workers.values():
            if worker.stdin is not None:
                worker.stdin.close()
        deadline_s = time.monotonic() + FAREWELL_S
        for worker in self._workers.values():
            try:
                worker.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


class Summary:
    """Logs how things are, now and then when something has changed."""

    def __init__(self) -> None:
        self._totals = Totals(0, 0, 0, 0, 0)
        self._online = 0
        self._logged: tuple[Totals, int] | None = None
        self._stored: int | None = None
        """How many events there were when it was last logged; None before the first look."""
        self._logged_s = time.monotonic()

    def look(self, totals: Totals, online: int) -> None:
        """Note how things are; logged when it is time."""
        self._totals, self._online = totals, online
        if self._stored is None:
            self._stored = totals.stored  # by those who ran before us
        passed_s = time.monotonic() - self._logged_s
        if passed_s < TELL_EVERY_S:
            return
        rate = max(0, totals.stored - self._stored) / passed_s
        self._logged_s, self._stored = time.monotonic(), totals.stored
        if self._logged != (totals, online):
            self._logged = totals, online
            log.info(
                "totals_changed",
                gates=totals.devices,
                gates_online=online,
                events_stored=totals.stored,
                events_waiting=totals.waiting,
                messages_refused=totals.refused,
                events_per_s=round(rate, 1),
            )

    def log_end(self) -> None:
        """Log how things were in the end."""
        totals = self._totals
        log.info(
            "central_stopped",
            gates=totals.devices,
            gates_online=self._online,
            events_stored=totals.stored,
            events_waiting=totals.waiting,
            messages_refused=totals.refused,
        )


def _log_start(settings: Settings, workers: int) -> None:
    store = settings.store
    log.info(
        "central_started",
        workers=workers,
        broker=f"{settings.broker.host}:{settings.broker.port}",
        store=str(store.path) if isinstance(store, SqliteStore) else "PostgreSQL",
        trust_on_first_use=settings.intake.trust_on_first_use,
    )
