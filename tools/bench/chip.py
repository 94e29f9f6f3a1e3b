"""The chip benchmark: a whole inspection over a simulated radio, and what the gate adds to it.

PACE, chip and active authentication, EF.SOD, DG1, DG2 of 18 KB, DG14 and DG15, by the daemon's own
`edge.lane.chip_session`, verified to the end.  The radio takes its time for every APDU and every
byte; what the chip computes is the radio's time, what the gate computes is not.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip
from edge import mrz
from edge.checks import Check, Result
from edge.devices.supervisor import Availability, Status, Supervised
from edge.emrtd.ciphers import Cipher
from edge.emrtd.document_model import ReadHintCache
from edge.emrtd.files import ElementaryFile
from edge.emrtd.secure_messaging import SecureSession, SessionKeys
from edge.lane.chip_session import ChipSession
from edge.mrz import MachineReadableZone
from edge.ports import ChipReader, Closeable
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tools.bench.floors.chip import ChipFloor, Exchange
from tools.bench.floors.spent import Pair, Spent
from tools.specimen.authority import Authority
from tools.specimen.chip import SpecimenChip, adult

APDU_LATENCY_S: Final = 0.012
BIT_RATE: Final = 424_000
PORTRAIT_BYTES: Final = 18_000
SHORT, EXTENDED = 256, 65_536
CURVES: Final = (ec.BrainpoolP256R1(), ec.SECP256R1())
"""Of the specimen: those of PACE and chip authentication, those of everything signed."""
BULK: Final = (
    ElementaryFile.SOD,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
_BARELY_S: Final = 0.000_5
"""Slept the rest of a wait away would be too long by as much."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one inspection took; `commands` beyond the reads that its files cannot do without."""

    wall_s: float
    radio_s: float
    """From the first to the last byte of every exchange, as the thread that waits sees it."""
    late_s: float
    """Of it, what that thread woke late: other programs, or our own threads in its way."""
    commands: int
    pair: Pair
    """What the gate computed and how long it took, beside the same of the cryptography alone."""

    @property
    def overhead(self) -> float:
        """Wall time beyond the radio's, as a share of it."""
        return self.wall_s / self.radio_s - 1


class _Radio(Closeable):
    """A reader that is also its channel, with one chip on it; it remembers what went over it."""

    def __init__(self, chip: Personalisation) -> None:
        self._chip = VirtualChip(chip, os.urandom)
        self.exchanges: list[Exchange] = []
        self.busy_s = 0.0
        self.late_s = 0.0
        self.cpu_s = 0.0

    @property
    def atr(self) -> bytes:
        return self._chip.atr

    @override
    def close(self) -> None:
        """Release nothing: there is only memory."""

    def probe(self) -> None:
        """It is always there."""

    def connect(self, timeout_s: float) -> Self:  # noqa: ARG002  # the chip is there at once
        self._chip.reset()
        self.begin()
        return self

    def begin(self) -> None:
        """Forget what was, and count anew."""
        self.exchanges, self.busy_s, self.late_s, self.cpu_s = [], 0.0, 0.0, 0.0

    def disconnect(self) -> None:
        self._chip.reset()

    def transmit(self, command: bytes) -> bytes:
        began_s, cpu_s = time.perf_counter(), time.thread_time()
        answer = self._chip.transmit(command)
        self.exchanges.append(Exchange(command, answer))
        self._wait(began_s, cpu_s, len(command) + len(answer))
        return answer

    def wait(self, length: int) -> None:
        """Take the time of so many bytes without a chip."""
        self._wait(time.perf_counter(), time.thread_time(), length)

    def _wait(self, began_s: float, cpu_s: float, length: int) -> None:
        over_s = began_s + APDU_LATENCY_S + 8 * length / BIT_RATE
        over_s = max(over_s, time.perf_counter())
        while (left_s := over_s - time.perf_counter()) > 0:
            if left_s > _BARELY_S:
                time.sleep(left_s - _BARELY_S)
        now_s = time.perf_counter()
        self.busy_s += now_s - began_s
        self.late_s += now_s - over_s
        self.cpu_s += time.thread_time() - cpu_s


def measure(length: int, rounds: int) -> Iterator[Figures]:
    """Inspect a genuine specimen so many times; the first is the first of its model.

    `length` is SHORT or EXTENDED: the longest reply the chip bears.
    """
    now = datetime.now(UTC)  # noqa: TID251  # the shell's clock: this is no part of the gate
    authority = Authority.establish(now)
    portrait = b"\xff\xd8\xff" + os.urandom(PORTRAIT_BYTES - 3)
    specimen = SpecimenChip.issue(authority, adult(now), portrait)
    chip = replace(specimen.personalisation(), max_response=length)
    store = TrustStore.of([authority.csca_der])
    yield from asyncio.run(_inspect(chip, mrz.parse(specimen.lines), store, rounds))


async def _inspect(
    chip: Personalisation, zone: MachineReadableZone, store: TrustStore, rounds: int
) -> list[Figures]:
    radio = _Radio(chip)
    opened = asyncio.Event()

    def heard(status: Status) -> None:
        if status.health is Availability.READY:
            opened.set()

    reader: Supervised[ChipReader] = Supervised("chip-reader", "bench", lambda: radio)
    reader.changed.listen(heard)
    running = asyncio.create_task(reader.run())
    await opened.wait()
    memory = ReadHintCache()
    found = []
    for _ in range(rounds):
        session = ChipSession(reader, store, ChipSettings(), os.urandom, lambda _: None, memory)
        began_s, cpu_s = time.perf_counter(), time.process_time()
        outcome = await session.inspect(zone, datetime.now(UTC))  # noqa: TID251  # as above
        wall_s, used_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        _require_success(outcome.checks, genuine=outcome.document is not None)
        commands = len(radio.exchanges) - _unavoidable(chip)
        gate = Spent(used_s - radio.cpu_s, wall_s - radio.busy_s)
        busy_s, late_s = radio.busy_s, radio.late_s
        pair = Pair(gate, _floor(radio, chip))
        found.append(Figures(wall_s, busy_s, late_s, commands, pair))
    running.cancel()
    await asyncio.wait({running})
    return found


def _floor(radio: _Radio, chip: Personalisation) -> Spent:
    """The cryptography alone of what has just gone over the radio, between the same waits."""
    hashed = [content for file, content in chip.files.items() if file.data_group is not None]
    floor = ChipFloor(radio.exchanges, hashed, *CURVES)
    radio.begin()
    spent = Spent.on(lambda: floor.run(radio.wait))
    return Spent(spent.cpu_s - radio.cpu_s, spent.wall_s - radio.busy_s)


def _unavoidable(chip: Personalisation) -> int:
    """Reads that the files need when every reply is as full as it can be."""
    session = SecureSession(SessionKeys.agreed(Cipher.AES_128, b""))
    piece = session.capacity(chip.max_response)
    return sum(-(-len(chip.files[file]) // piece) for file in BULK)


def _require_success(checks: tuple[Check, ...], *, genuine: bool) -> None:
    """A benchmark of something else than a whole inspection is none."""
    wrong = [f"{check.id}: {check.result}" for check in checks if check.result is Result.FAILED]
    if wrong or not genuine:
        raise RuntimeError(f"the specimen was not found genuine: {', '.join(wrong)}")
