"""A chip nobody waits for any more is let go of: the next traveller, or the end, need not wait."""

from __future__ import annotations

import asyncio
import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import pytest

from drivers.virtual.chip.personalisation import Personalisation
from edge import mrz
from edge.chip_session import ChipOutcome, ChipSession
from edge.emrtd.document_model import DocumentModel, ModelMemory
from edge.ports import ChipReader
from edge.settings import Chip
from edge.supervisor import Health, Status, Supervised
from edge.trust import TrustStore
from tests.unit.emrtd.specimens import MRZ_LINES, insert, specimen
from tools.specimen.authority import Authority
from tools.specimen.chip import SpecimenChip, adult

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STUCK_S = 60.0


class LaidReader:
    """A reader with a chip on it that answers at once."""

    atr = b"specimen"

    def __init__(self, chip: Personalisation) -> None:
        self._chip = insert(chip)
        self.transmit = self._chip.transmit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def probe(self) -> None:
        """It is always there."""

    def connect(self, timeout_s: float) -> Self:
        return self

    def disconnect(self) -> None:
        self._chip.reset()


class StalledReader:
    """A reader with a specimen on it, whose first answer comes only when it is told."""

    def __init__(self) -> None:
        self._chip = insert(specimen())
        self.atr = b""
        self.commands = 0
        self.disconnected = False
        self.asked = threading.Event()
        self.answer = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()

    def probe(self) -> None:
        """It is always there."""

    def connect(self, timeout_s: float) -> Self:
        return self

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        self.asked.set()
        assert self.answer.wait(STUCK_S)
        return self._chip.transmit(command)

    def disconnect(self) -> None:
        self.disconnected = True


@pytest.mark.parametrize("is_abandoned", [True, False], ids=["abandoned", "awaited"])
def test_an_abandoned_chip_is_asked_nothing_more_and_an_awaited_one_is_read(
    is_abandoned: bool,
) -> None:
    reader = StalledReader()

    async def story() -> None:
        opened = asyncio.Event()

        def heard(status: Status) -> None:
            if status.health is Health.READY:
                opened.set()

        supervised: Supervised[ChipReader] = Supervised("chip-reader", "x", lambda: reader, heard)
        running = asyncio.create_task(supervised.run())
        async with asyncio.timeout(STUCK_S):
            await opened.wait()
            session = ChipSession(
                supervised, TrustStore(()), Chip(), secrets.token_bytes, lambda _: None
            )
            reading = asyncio.create_task(session.inspect(mrz.parse(MRZ_LINES), NOON))
            assert await asyncio.to_thread(reader.asked.wait, STUCK_S)
            if is_abandoned:
                reading.cancel()
                await asyncio.wait({reading})
            reader.answer.set()
            await asyncio.wait({reading})
            # The thread of the reader is free once it answers this.
            await supervised.call(lambda device: device.probe())
            assert supervised.ready
            running.cancel()
            await asyncio.wait({running})

    asyncio.run(story())
    assert reader.disconnected
    if is_abandoned:
        assert reader.commands == 1
    else:
        assert reader.commands > 10


AUTHORITY = Authority.establish(NOON)
PORTRAIT = b"\xff\xd8\xff" + bytes(4_000)


def inspect(chip: SpecimenChip, memory: ModelMemory, reports: list[float]) -> ChipOutcome:
    """Inspect a chip that bears 256 bytes at most."""
    reader = LaidReader(replace(chip.personalisation(), max_response=256))

    async def story() -> ChipOutcome:
        opened = asyncio.Event()
        supervised: Supervised[ChipReader] = Supervised(
            "chip-reader", "x", lambda: reader, lambda _: opened.set()
        )
        running = asyncio.create_task(supervised.run())
        async with asyncio.timeout(STUCK_S):
            await opened.wait()
            store = TrustStore.of([AUTHORITY.csca_der])
            session = ChipSession(
                supervised, store, Chip(), secrets.token_bytes, reports.append, memory
            )
            outcome = await session.inspect(mrz.parse(chip.lines), NOON)
        running.cancel()
        await asyncio.wait({running})
        return outcome

    return asyncio.run(story())


def test_an_authentic_document_teaches_how_its_model_is_read() -> None:
    chip = SpecimenChip.issue(AUTHORITY, adult(NOON), PORTRAIT)
    memory = ModelMemory()
    reports: list[float] = []
    assert inspect(chip, memory, reports).document is not None
    learnt = memory.recall(DocumentModel("UTO", "P", b"specimen"))
    assert learnt is not None
    assert not learnt.extended_length
    assert inspect(chip, memory, reports).document is not None


def test_a_forged_document_teaches_nothing() -> None:
    """It may be slow on purpose, and make all genuine ones of its model so."""
    forged = SpecimenChip.issue(Authority.establish(NOON), adult(NOON), PORTRAIT)
    memory = ModelMemory()
    assert inspect(forged, memory, []).document is None
    assert memory.recall(DocumentModel("UTO", "P", b"specimen")) is None


def test_progress_is_told_in_steps_that_can_be_seen() -> None:
    reports: list[float] = []
    inspect(SpecimenChip.issue(AUTHORITY, adult(NOON), PORTRAIT * 5), ModelMemory(), reports)
    assert reports == sorted(reports)
    assert reports[-1] == 1
    assert 10 < len(reports) < 30
