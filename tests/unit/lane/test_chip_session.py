"""A chip nobody waits for any more is let go of: the next traveller, or the end, need not wait."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

import pytest
from typing_extensions import override

from drivers.virtual.chip.personalisation import Personalisation
from edge import mrz
from edge.checks import CheckId, Reason, Result
from edge.devices.supervisor import Availability, Status, Supervised
from edge.emrtd.contents import Access, AccessProtocol
from edge.emrtd.files import ElementaryFile
from edge.emrtd.progress import FileRead, Progress
from edge.lane.chip_session import ChipSession
from edge.lane.document_inspection import (
    ChipOutcome,
    InspectionTerms,
    PrintedPage,
    inspect_document,
)
from edge.ports import ChipReader, Closeable
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tests.support.emrtd.specimens import MRZ_LINES, PACE_AES_128, insert, specimen
from tests.support.laid_chip import at_the_gate

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STUCK_S = 60.0


class StalledReader(Closeable):
    """A reader with a specimen on it, whose first answer comes only when it is told."""

    def __init__(self) -> None:
        self._chip = insert(specimen())
        self.atr = b""
        self.commands = 0
        self.disconnected = False
        self.asked = threading.Event()
        self.answer = threading.Event()

    @override
    def close(self) -> None:
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
            if status.health is Availability.READY:
                opened.set()

        supervised: Supervised[ChipReader] = Supervised("chip-reader", "x", lambda: reader)
        supervised.changed.listen(heard)
        running = asyncio.create_task(supervised.run())
        async with asyncio.timeout(STUCK_S):
            await opened.wait()
            session = ChipSession(
                supervised, TrustStore(()), ChipSettings(), secrets.token_bytes, lambda _: None
            )
            reading = asyncio.create_task(session.inspect(mrz.parse(MRZ_LINES), NOON))
            assert await asyncio.to_thread(reader.asked.wait, STUCK_S)
            if is_abandoned:
                reading.cancel()
                await asyncio.wait({reading})
            reader.answer.set()
            await asyncio.wait({reading})
            # The thread of the reader is free once it answers this.
            await supervised.call(lambda device: device.probe(), 1)
            assert supervised.ready
            running.cancel()
            await asyncio.wait({running})

    asyncio.run(story())
    assert reader.disconnected
    if is_abandoned:
        assert reader.commands == 1
    else:
        assert reader.commands > 10


def test_an_abandoned_chip_is_not_waited_for_however_long_its_verification_takes() -> None:
    asked, answer = threading.Event(), threading.Event()
    answered: list[bool] = []

    class PonderingStore(TrustStore):
        @override
        def __getattribute__(self, name: str) -> Any:
            if name == "signer":
                asked.set()
                answered.append(answer.wait(STUCK_S))
            return super().__getattribute__(name)

    reader = StalledReader()
    reader.answer.set()

    async def story() -> None:
        opened = asyncio.Event()
        supervised: Supervised[ChipReader] = Supervised("chip-reader", "x", lambda: reader)
        supervised.changed.listen(lambda _: opened.set())
        running = asyncio.create_task(supervised.run())
        await opened.wait()
        session = ChipSession(
            supervised, PonderingStore(()), ChipSettings(), secrets.token_bytes, lambda _: None
        )
        reading = asyncio.create_task(session.inspect(mrz.parse(MRZ_LINES), NOON))
        assert await asyncio.to_thread(asked.wait, STUCK_S)
        reading.cancel()
        await asyncio.wait({reading})
        assert not answered
        answer.set()
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())


def test_the_signature_is_verified_while_the_chip_still_answers() -> None:
    verified = threading.Event()

    class AskedStore(TrustStore):
        @override
        def __getattribute__(self, name: str) -> Any:
            if name == "signer":
                verified.set()
            return super().__getattribute__(name)

    def stalls(_: bytes) -> None:
        """Give no answer after EF.SOD before somebody has begun to verify it."""
        if heard[-1:] == [ElementaryFile.SOD]:
            assert verified.wait(STUCK_S)

    heard: list[ElementaryFile] = []
    reader = SpecimenReader(specimen(), stalls)

    def observe(progress: Progress) -> None:
        if isinstance(progress, FileRead):
            heard.append(progress.file)

    terms = InspectionTerms(ChipSettings(), AskedStore(()), NOON, secrets.token_bytes)
    page = PrintedPage.of(mrz.parse(MRZ_LINES))
    with ThreadPoolExecutor(max_workers=1) as pool:
        outcome = inspect_document(
            lambda read: pool.submit(read, reader.connect), page, terms, observe
        )
    assert heard[-1] is ElementaryFile.DG2
    assert outcome.error is None


class SpecimenReader(StalledReader):
    """A reader with a chip on it whose answers somebody may have tampered with."""

    def __init__(self, chip: Personalisation, tamper: Callable[[bytes], bytes | None]) -> None:
        super().__init__()
        self._chip = insert(chip)
        self.tamper = tamper

    @override
    def transmit(self, command: bytes) -> bytes:
        return self.tamper(command) or self._chip.transmit(command)


def inspected(reader: SpecimenReader, settings: ChipSettings) -> ChipOutcome:
    terms = InspectionTerms(settings, TrustStore(()), NOON, secrets.token_bytes)
    return at_the_gate(reader, MRZ_LINES, terms)


def access_of(outcome: ChipOutcome) -> tuple[Result, str]:
    (check,) = (check for check in outcome.checks if check.id is CheckId.CHIP_ACCESS)
    return check.result, check.detail


class TestAccess:
    """How chip.access tells what happened, and which reason the traveller is referred with."""

    CHIP = specimen(pace=PACE_AES_128)

    @staticmethod
    def honest(_: bytes) -> None:
        return None

    @staticmethod
    def suppressing(command: bytes) -> bytes | None:
        """Attack 22: PACE is advertised, its first command fails, BAC would work."""
        return b"\x6f\xff" if command[1] in {0x22, 0x86} else None

    def test_pace(self) -> None:
        outcome = inspected(SpecimenReader(self.CHIP, self.honest), ChipSettings())
        assert access_of(outcome) == (Result.SUCCESSFUL, "pace-gm")
        assert outcome.faults == frozenset()

    def test_pace_suppressed_refers_as_a_downgrade(self) -> None:
        outcome = inspected(SpecimenReader(self.CHIP, self.suppressing), ChipSettings())
        assert access_of(outcome) == (Result.ABORTED, "PACE failed")
        assert outcome.faults == {Reason.CHIP_DOWNGRADE}
        assert outcome.access is None
        assert "refuses the protocol it offers" in outcome.fault

    def test_a_downgrade_by_policy_is_recorded(self) -> None:
        reader = SpecimenReader(self.CHIP, self.suppressing)
        outcome = inspected(reader, ChipSettings(bac_after_pace=True))
        assert access_of(outcome) == (Result.UNDETERMINED, "bac, PACE downgraded")
        assert outcome.access == Access(AccessProtocol.BAC, pace_offered=True)

    def test_the_wrong_key(self) -> None:
        chip = replace(self.CHIP, mrz_information="L898902C3674081221204150")
        outcome = inspected(SpecimenReader(chip, self.honest), ChipSettings())
        assert access_of(outcome) == (Result.FAILED, "")
        assert outcome.faults == frozenset()
        assert "the key does not fit" in outcome.fault
