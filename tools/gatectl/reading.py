"""One document read on one reader, from beginning to end, with the time every step took."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from edge.checks import Check, CheckId, Result
from edge.emrtd.contents import Access, ChipContents
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.progress import AccessGranted, FileRead, Progress
from edge.emrtd.read import ReadPlan, read_document
from edge.errors import (
    AccessDenied,
    ChipLost,
    DeviceError,
    DocumentError,
    EdgeError,
    LimitExceeded,
    PaceFailed,
    WrongKey,
)
from edge.mrz import MachineReadableZone
from edge.ports import CardChannel, ChipReader
from edge.trust import TrustStore, card_security_of, inspect, verify_sod

PATIENCE_S = 60.0
"""For one document once it lies there; the slowest in the field need a third of it."""

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

    observe: Callable[[Progress], None] = lambda _: None
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

    def timing(self, transmit: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        """Measure every command on its way, and what was computed before it."""
        self._lap_s()

        def measured(command: bytes) -> bytes:
            answer = transmit(command)
            self._cost_of(command).add(self._lap_s(), len(command) + len(answer))
            return answer

        return measured

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


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What became of one document; `fault` is why reading broke off, None when it did not."""

    checks: tuple[Check, ...]
    steps: tuple[Step, ...]
    files: Mapping[ElementaryFile, bytes]
    issuer: str = ""
    """Country of the document signer, alpha-2; empty when unknown."""
    contents: ChipContents | None = None
    fault: EdgeError | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the document was read to its end and no check failed."""
        failed = any(check.result is Result.FAILED for check in self.checks)
        return self.fault is None and not failed


def read(  # noqa: PLR0913  # what the gate injects from six places
    channel: CardChannel,
    key: AccessKey,
    mrz: MachineReadableZone | None,
    store: TrustStore,
    at: datetime,
    *,
    observe: Callable[[Progress], None],
) -> Reading:
    """Read and judge the document on a channel; what goes wrong is part of the reading."""
    watch = Stopwatch(observe)
    try:
        contents = run(
            read_document(key, secrets.token_bytes, watch.hear, ReadPlan(atr=channel.atr)),
            watch.timing(_bounded(channel)),
        )
    except (DocumentError, DeviceError) as error:
        return Reading(_access_checks(watch.access, error), watch.steps, watch.files, fault=error)
    verdict = verify_sod(contents.files[ElementaryFile.SOD], store, at)
    signed = card_security_of(contents, store, at)
    found = inspect(contents, verdict, mrz, card_security=signed)
    watch.took("verification")
    return Reading(
        checks=(*_access_checks(contents.access, None), *found.checks),
        steps=watch.steps,
        files=contents.files,
        issuer=found.issuer,
        contents=contents,
    )


def connect(reader: ChipReader, wait_s: float) -> CardChannel:
    """Wait for a document; ChipLost when none comes in time."""
    channel = reader.connect(wait_s)
    if channel is None:
        raise ChipLost(f"no chip answers within {wait_s:g} s: lay the document on the reader")
    return channel


def kind_of(fault: EdgeError) -> str:
    """What a fault is about, in one word for scripts."""
    kinds: tuple[tuple[type[EdgeError], str], ...] = (
        (WrongKey, "wrong_key"),
        (PaceFailed, "pace_failed"),
        (AccessDenied, "access_denied"),
        (ChipLost, "document_removed"),
        (DeviceError, "reader_fault"),
        (DocumentError, "damaged_chip"),
    )
    return next(word for kind, word in kinds if isinstance(fault, kind))


def _access_checks(access: Access | None, fault: EdgeError | None) -> tuple[Check, ...]:
    present = Check(CheckId.CHIP_PRESENCE, Result.SUCCESSFUL)
    if access is None:
        result = Result.FAILED if isinstance(fault, AccessDenied) else Result.ABORTED
        return present, Check(CheckId.CHIP_ACCESS, result)
    if access.is_downgraded:
        detail = f"{access.protocol}, PACE downgraded"
        return present, Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED, detail)
    return present, Check(CheckId.CHIP_ACCESS, Result.SUCCESSFUL, access.protocol)


def _bounded(channel: CardChannel) -> Callable[[bytes], bytes]:
    deadline_s = time.monotonic() + PATIENCE_S

    def transmit(command: bytes) -> bytes:
        if time.monotonic() > deadline_s:
            raise LimitExceeded(f"the chip was not read within {PATIENCE_S:g} s")
        return channel.transmit(command)

    return transmit
