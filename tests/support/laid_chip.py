"""A chip on a reader that answers at once, and the gate that inspects it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from typing_extensions import override

from drivers.virtual.chip.man_in_the_middle import Chip
from edge import mrz
from edge.devices.supervisor import Availability, Status, Supervised
from edge.lane.chip_session import ChipSession
from edge.lane.document_inspection import ChipOutcome, InspectionTerms
from edge.ports import ChipReader, Closeable

STUCK_S = 60.0


class LaidChip(Closeable):
    """Implements `edge.ports.ChipReader` and the channel to the one chip that lies on it.

    `befalls` is called before each command, and may raise what a driver raises.
    """

    def __init__(
        self, chip: Chip | None, atr: bytes = b"", befalls: Callable[[], None] = lambda: None
    ) -> None:
        self._chip = chip
        self._befalls = befalls
        self.atr = atr

    @override
    def close(self) -> None:
        """Nothing is open."""

    def probe(self) -> None:
        """It is always there."""

    def connect(self, timeout_s: float) -> Self | None:
        return None if self._chip is None else self

    def transmit(self, command: bytes) -> bytes:
        assert self._chip is not None
        self._befalls()
        return self._chip.transmit(command)

    def disconnect(self) -> None:
        if self._chip is not None:
            self._chip.reset()


@asynccontextmanager
async def supervised(reader: ChipReader) -> AsyncIterator[Supervised[ChipReader]]:
    """A reader as a lane has it: kept open, on a thread of its own."""
    opened = asyncio.Event()

    def hear(status: Status) -> None:
        if status.health is Availability.READY:
            opened.set()

    found: Supervised[ChipReader] = Supervised("chip-reader", "x", lambda: reader)
    found.changed.listen(hear)
    running = asyncio.create_task(found.run())
    async with asyncio.timeout(STUCK_S):
        await opened.wait()
        yield found
        running.cancel()
        await asyncio.wait({running})


def at_the_gate(
    reader: ChipReader,
    lines: tuple[str, ...],
    terms: InspectionTerms,
    report: Callable[[float], None] = lambda _: None,
) -> ChipOutcome:
    """Inspect the document on a reader as the gate does: supervised, on its threads."""

    async def story() -> ChipOutcome:
        async with supervised(reader) as opened:
            session = ChipSession(
                opened, terms.store, terms.settings, terms.random, report, terms.hints
            )
            return await session.inspect(mrz.parse(lines), terms.at)

    return asyncio.run(story())
