"""One document read on one reader as the gate reads it, with the time every step took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.emrtd.contents import Access
from edge.emrtd.files import ElementaryFile
from edge.emrtd.progress import AccessGranted, FileRead, Progress
from edge.errors import (
    AccessDenied,
    ChipLost,
    DeviceError,
    DocumentError,
    EdgeError,
    PaceFailed,
    WrongKey,
)
from edge.lane.document_inspection import (
    ABSENT,
    ChipOutcome,
    Connect,
    InspectionTerms,
    PrintedPage,
    inspect_document,
    on_this_thread,
)
from edge.ports import CardChannel

_AUTHENTICATIONS: Final = {
    0x22: "chip authentication",
    0x86: "chip authentication",
    0x2A: "terminal authentication",
    0x82: "terminal authentication",
    0x84: "terminal authentication",
    0x88: "active authentication",
}
"""What a command does once the chip is open, by its instruction, which is never encrypted."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of reading cost: time in milliseconds, command APDUs, bytes in and out."""

    name: str
    millis: float
    commands: int
    transferred: int


@dataclass(slots=True)
class _Cost:
    seconds: float = 0.0
    commands: int = 0
    transferred: int = 0

    def add(self, seconds: float, transferred: int) -> None:
        self.seconds += seconds
        self.commands += 1
        self.transferred += transferred


@dataclass(slots=True)
class Stopwatch:
    """Tells the steps of a reading apart, from the commands it sees and what it hears."""

    observe: Callable[[Progress], None]
    access: Access | None = None
    files: dict[ElementaryFile, bytes] = field(default_factory=dict)
    _steps: dict[str, _Cost] = field(default_factory=dict)
    _open: _Cost = field(default_factory=_Cost)
    _ended_s: float = 0.0

    def hear(self, progress: Progress) -> None:
        """Close the step that has just ended."""
        match progress:
            case AccessGranted(access):
                self.access = access
                self._close("access")
            case FileRead(file, content):
                self.files[file] = content
                self._close(file.name)
            case _:
                pass
        self.observe(progress)

    def timing(self, connect: Connect) -> Connect:
        """Measure every command on its way to the chip, and the computing before it."""

        def connected(timeout_s: float) -> CardChannel | None:
            channel = connect(timeout_s)
            self._lap_s()
            return None if channel is None else TimedChannel(channel, self)

        return connected

    def exchanged(self, command: bytes, answer: bytes) -> None:
        """Add a command that has just been answered to its step."""
        self._cost_of(command).add(self._lap_s(), len(command) + len(answer))

    def took(self, name: str) -> None:
        """Note a step that sent no command and has just ended."""
        self._steps.setdefault(name, _Cost()).seconds += self._lap_s()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in the order in which each ended first."""
        unfinished = {"unfinished": self._open} if self._open.commands else {}
        return tuple(
            Step(name, cost.seconds * 1000, cost.commands, cost.transferred)
            for name, cost in {**self._steps, **unfinished}.items()
        )

    def _lap_s(self) -> float:
        before_s, self._ended_s = self._ended_s, time.monotonic()
        return self._ended_s - before_s

    def _cost_of(self, command: bytes) -> _Cost:
        name = _AUTHENTICATIONS.get(command[1]) if self.access is not None else None
        return self._open if name is None else self._steps.setdefault(name, _Cost())

    def _close(self, name: str) -> None:
        known = self._steps.setdefault(name, _Cost())
        known.seconds += self._open.seconds
        known.commands += self._open.commands
        known.transferred += self._open.transferred
        self._open = _Cost()


@dataclass(frozen=True, slots=True)
class TimedChannel:
    """Implements `edge.ports.CardChannel`: a channel with a stopwatch beside it."""

    channel: CardChannel
    watch: Stopwatch

    @property
    def atr(self) -> bytes:
        """Its answer to reset."""
        return self.channel.atr

    def transmit(self, command: bytes) -> bytes:
        """Send a command, and measure until its answer has come."""
        answer = self.channel.transmit(command)
        self.watch.exchanged(command, answer)
        return answer

    def disconnect(self) -> None:
        """Power the chip down, a step of its own."""
        self.channel.disconnect()
        self.watch.took("disconnect")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a document was not read to its end: one word for scripts, and words for people."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """The outcome of one inspection, and what reading cost; `files` are those that arrived."""

    outcome: ChipOutcome
    steps: tuple[Step, ...]
    files: Mapping[ElementaryFile, bytes]

    @property
    def fault(self) -> Fault | None:
        """Why the document was not read to its end; None when it was."""
        if ABSENT in self.outcome.checks:
            return Fault("no_chip", "no chip answers: lay the document on the reader")
        error = self.outcome.error
        return None if error is None else Fault(kind_of(error), self.outcome.fault)


def read(
    connect: Connect,
    page: PrintedPage,
    terms: InspectionTerms,
    observe: Callable[[Progress], None],
) -> Reading:
    """Inspect the document on a reader, on the calling thread, by the gate's own function."""
    watch = Stopwatch(observe)
    reader = on_this_thread(watch.timing(connect))
    outcome = inspect_document(reader, page, terms, watch.hear)
    if outcome.last_byte_s is not None:
        watch.took("verification")
    return Reading(outcome, watch.steps, watch.files)


def kind_of(error: type[EdgeError]) -> str:
    """The subject of a fault, in one word for scripts."""
    kinds: tuple[tuple[type[EdgeError], str], ...] = (
        (WrongKey, "wrong_key"),
        (PaceFailed, "pace_failed"),
        (AccessDenied, "access_denied"),
        (ChipLost, "document_removed"),
        (DeviceError, "reader_fault"),
        (DocumentError, "damaged_chip"),
    )
    return next(word for kind, word in kinds if issubclass(error, kind))
