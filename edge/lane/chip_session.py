"""The chip's part of a transaction: the event loop waits while two threads inspect the document."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from edge.devices.chip_steps import ChipSteps
from edge.devices.supervisor import Supervised
from edge.emrtd.contents import ChipContents
from edge.emrtd.document_model import ReadHintCache
from edge.emrtd.files import ElementaryFile
from edge.emrtd.progress import Advanced, Progress
from edge.errors import DocumentError
from edge.host.own_thread import OwnThread
from edge.lane.document_inspection import (
    ChipOutcome,
    InspectionTerms,
    PrintedPage,
    ReadChip,
    inspect_document,
)
from edge.mrz import MachineReadableZone
from edge.ports import ChipReader
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore

STEP = 0.05
"""Share of a chip read that is worth telling."""


class ChipSession:
    """Reads one chip on the reader's thread and verifies it on another.

    `report` is called in the event loop with the share of the chip read so far, 0..1.  `memory` is
    asked how the document's model wants to be read, and taught by every authentic document.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # its devices, its knowledge, its surroundings
        self,
        reader: Supervised[ChipReader],
        store: TrustStore,
        settings: ChipSettings,
        random: Callable[[int], bytes],
        report: Callable[[float], None],
        memory: ReadHintCache | None = None,
    ) -> None:
        self._reader = reader
        self._store = store
        self._settings = settings
        self._random = random
        self._report = report
        self._memory = ReadHintCache() if memory is None else memory
        self._told = 0.0

    async def inspect(
        self, mrz: MachineReadableZone, at: datetime, besides: tuple[ElementaryFile, ...] = ()
    ) -> ChipOutcome:
        """Read and verify; everything that goes wrong is part of the outcome, never raised.

        `besides` are files to read besides, where the chip gives them.  Cancelled, it lets go of
        the chip at the next command.
        """
        loop = asyncio.get_running_loop()
        abandoned = threading.Event()
        readings: list[Future[ChipContents | None]] = []

        def on_reader(read: ReadChip) -> Future[ChipContents | None]:
            call = self._reader.call_in_steps(
                lambda reader, limit: read(ChipSteps(reader, limit).connect), passes=DocumentError
            )
            readings.append(asyncio.run_coroutine_threadsafe(call, loop))
            return readings[-1]

        def observe(progress: Progress) -> None:
            if isinstance(progress, Advanced):
                self._tell(loop, progress.done_bytes / max(progress.total_bytes, 1))

        terms = InspectionTerms(
            self._settings, self._store, at, self._random, self._memory, besides
        )
        verifier = OwnThread("verify")
        try:
            return await loop.run_in_executor(
                verifier,
                inspect_document,
                on_reader,
                PrintedPage.of(mrz),
                terms,
                observe,
                abandoned,
            )
        finally:
            abandoned.set()
            for reading in readings:
                reading.cancel()
            verifier.shutdown(wait=False, cancel_futures=True)  # the lane does not wait for it

    def _tell(self, loop: asyncio.AbstractEventLoop, share: float) -> None:
        """Report the share read, in steps that can be seen: each wakes the event loop."""
        if abs(share - self._told) >= STEP or share == 1:
            self._told = share
            loop.call_soon_threadsafe(self._report, share)
