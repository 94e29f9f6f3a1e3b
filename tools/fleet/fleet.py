"""A fleet: its parts as processes, watched from here."""

from __future__ import annotations

import json
import os
import queue
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from typing_extensions import override

from edge.errors import EdgeError, SettingsError
from edge.ports import Closeable
from tools.fleet.part import PLAN, Plan, Progress

FILES_A_GATE = 12
"""Journal, its log and index twice, lock, connection and what wakes its thread; with room."""


class FleetFailed(EdgeError):
    """A part ended before its time; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """How a plan is cut into processes."""

    plan: Plan
    processes: int

    def plans(self) -> list[Plan]:
        """The plan of each process; the first ones take what does not divide."""
        share, rest = divmod(self.plan.gates, self.processes)
        plans, first = [], self.plan.first
        for number in range(self.processes):
            gates = share + (number < rest)
            if gates:
                plans.append(replace(self.plan, first=first, gates=gates))
            first += gates
        return plans


def allow_files(gates: int) -> None:
    """Raise the limit of open files for so many gates in one process.

    Raises:
        SettingsError: the system does not allow as many.
    """
    wanted = 256 + gates * FILES_A_GATE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise SettingsError(
            f"{gates} gates in one process open {wanted} files, {hard} are allowed: take more"
            " processes, or raise the limit (ulimit -n)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


class PartProcess:
    """A part in a process of its own; it ends with ours, however ours ends."""

    def __init__(self, plan: Plan, heard: Callable[[Progress], None]) -> None:
        self._heard = heard
        self.plan = plan
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.fleet", "part"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self._process.stdin is not None:
            self._process.stdin.write(PLAN.dump_json(plan) + b"\n")
            self._process.stdin.flush()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for its end."""
        status = self._process.wait()
        self._listener.join()
        self.close()
        return status

    def close(self) -> None:
        """Let no more travellers come; it ends once everything is acknowledged."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _listen(self) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as told:
                for line in told:
                    self._heard(Progress(**json.loads(line)))


class Running(Closeable):
    """The parts of a fleet at work; leaving kills what is left of them."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._plans = plans
        self._parts: list[PartProcess] = []
        self._news: queue.Queue[None] = queue.Queue()
        self._progress: dict[int, Progress] = {}

    @override
    def __enter__(self) -> Self:
        for index, plan in enumerate(self._plans):
            self._parts.append(PartProcess(plan, self._ear(index)))
        return self

    @override
    def close(self) -> None:
        for part in self._parts:
            part.kill()

    @property
    def progress(self) -> Progress:
        """All parts together."""
        known = list(self._progress.values())
        phases = {each.phase for each in known}
        return Progress(
            sum(each.written for each in known),
            sum(each.waiting for each in known),
            max((each.lag_s for each in known), default=0.0),
            phases.pop() if len(phases) == 1 else "running",
        )

    def wait(self, look: Callable[[Progress], None]) -> None:
        """Wait for the end of every part; `look` hears how far they are.

        Raises:
            FleetFailed: a part did not end well: events are not acknowledged, or it broke.
        """
        while any(part.poll() is None for part in self._parts):
            try:
                self._news.get(timeout=1.0)
            except queue.Empty:
                continue
            look(self.progress)
        failed = [part.plan for part in self._parts if part.wait() != 0]
        if failed:
            raise FleetFailed(
                f"{len(failed)} of {len(self._parts)} processes ended before everything was"
                f" acknowledged; the first has {failed[0].names()[0]}"
            )

    def stop(self) -> None:
        """Let no more travellers come."""
        for part in self._parts:
            part.close()

    def _ear(self, index: int) -> Callable[[Progress], None]:
        def hear(progress: Progress) -> None:
            self._progress[index] = progress
            self._news.put(None)

        return hear


def shared_memory() -> Path:
    """Where a fleet keeps its journals: a thousand gates have a thousand disks, this machine one.

    Raises:
        SettingsError: there is no such place.
    """
    found = Path("/dev/shm")  # noqa: S108  # made for it
    if not os.access(found, os.W_OK):
        raise SettingsError("there is no /dev/shm to write to; name a folder with --state")
    return found
