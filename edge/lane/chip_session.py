"""The chip's part of a transaction: read it, and prove it while it is still being read."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from edge.checks import Check, CheckId, Reason, Result
from edge.devices.supervisor import Supervised
from edge.emrtd.contents import Access, ChipContents
from edge.emrtd.dialogue import run
from edge.emrtd.document_model import DocumentModel, ReadHintCache
from edge.emrtd.files import ElementaryFile
from edge.emrtd.read import (
    AccessGranted,
    AccessKey,
    Advanced,
    FileRead,
    Progress,
    ReadPlan,
    read_document,
)
from edge.errors import (
    AccessDenied,
    ChipLost,
    DeviceError,
    DocumentError,
    LimitExceeded,
    PaceFailed,
)
from edge.mrz import MachineReadableZone
from edge.ports import CardChannel, ChipReader
from edge.settings.chip import ChipSettings
from edge.trust import (
    AuthenticDocument,
    ChipInspection,
    SodVerdict,
    TrustStore,
    card_security_of,
    inspect,
    verify_sod,
)

STEP = 0.05
"""Share of a chip read that is worth telling."""

PRESENT = Check(CheckId.CHIP_PRESENCE, Result.SUCCESSFUL)


@dataclass(frozen=True, slots=True)
class ChipOutcome:
    """What reading and verifying one chip came to."""

    checks: tuple[Check, ...]
    faults: frozenset[Reason] = frozenset()
    document: AuthenticDocument | None = None
    access: Access | None = None
    bytes_read: int = 0
    issuer: str = ""
    fault: str = ""
    """Why reading broke off, in the words of the error: no personal data by its contract."""
    last_byte_s: float | None = None
    """When the last byte of the chip arrived, on the monotonic clock."""


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
        self._model: DocumentModel | None = None
        self._access: Access | None = None
        self._bytes_read = 0
        self._told = 0.0
        self._abandoned = threading.Event()

    async def inspect(self, mrz: MachineReadableZone, at: datetime) -> ChipOutcome:
        """Read and verify; everything that goes wrong is part of the outcome, never raised.

        Cancelled, it lets go of the chip at the next command.
        """
        verifier = ThreadPoolExecutor(max_workers=1, thread_name_prefix="verify")
        verifier.submit(int)  # its thread starts now, not while the chip waits for the gate
        try:
            return await self._inspect(mrz, at, verifier)
        except PaceFailed as error:
            access = Check(CheckId.CHIP_ACCESS, Result.ABORTED, "PACE failed")
            return self._broken((PRESENT, access), error, Reason.CHIP_DOWNGRADE)
        except AccessDenied as error:
            return self._broken((PRESENT, Check(CheckId.CHIP_ACCESS, Result.FAILED)), error)
        except DocumentError as error:
            return self._broken(self._access_check(), error, Reason.CHIP_READ)
        except DeviceError as error:
            return self._broken(self._access_check(), error, Reason.DEVICE_FAULT)
        finally:
            self._abandoned.set()
            verifier.shutdown(wait=False, cancel_futures=True)  # the lane does not wait for it

    async def _inspect(
        self, mrz: MachineReadableZone, at: datetime, verifier: ThreadPoolExecutor
    ) -> ChipOutcome:
        loop = asyncio.get_running_loop()
        verdicts: list[Future[SodVerdict]] = []

        def observe(progress: Progress) -> None:
            match progress:
                case AccessGranted(access):
                    self._access = access
                case FileRead(file, content):
                    self._bytes_read += len(content)
                    if file is ElementaryFile.SOD:
                        verdicts.append(verifier.submit(self._verified, content, at))
                case Advanced(done, total):
                    self._tell(loop, done / max(total, 1))

        contents = await self._reader.call(
            lambda reader: self._read(reader, mrz, observe), passes=DocumentError
        )
        if contents is None:
            return ChipOutcome((Check(CheckId.CHIP_PRESENCE, Result.FAILED),))
        last_byte_s = time.monotonic()
        if not verdicts:
            raise LimitExceeded("the chip sent no document security object")
        verdict = await asyncio.wrap_future(verdicts[-1])  # a chip may have been opened twice
        found = await loop.run_in_executor(verifier, self._judged, contents, verdict, mrz, at)
        self._learn(contents, found.document)
        return ChipOutcome(
            checks=(*self._access_check(), *found.checks),
            document=found.document,
            access=contents.access,
            bytes_read=self._bytes_read,
            issuer=found.issuer,
            last_byte_s=last_byte_s,
        )

    def _verified(self, sod: bytes, at: datetime) -> SodVerdict:
        return verify_sod(sod, self._store, at, accept_sha1=self._settings.accept_sha1)

    def _judged(
        self,
        contents: ChipContents,
        verdict: SodVerdict,
        mrz: MachineReadableZone,
        at: datetime,
    ) -> ChipInspection:
        signed = card_security_of(contents, self._store, at)
        return inspect(contents, verdict, mrz, card_security=signed)

    def _read(
        self, reader: ChipReader, mrz: MachineReadableZone, observe: Callable[[Progress], None]
    ) -> ChipContents | None:
        channel = reader.connect(self._settings.wait_s)
        if channel is None:
            return None
        self._model = DocumentModel(mrz.issuing_state, mrz.document_code, channel.atr)
        plan = ReadPlan(
            extended_length=self._settings.extended_length,
            bac_after_pace=self._settings.bac_after_pace,
            learnt=self._memory.recall(self._model),
            atr=channel.atr,
        )
        try:
            key = AccessKey.of_mrz(mrz.information)
            dialogue = read_document(key, self._random, observe, plan)
            return run(dialogue, self._bounded(channel))
        finally:
            channel.disconnect()

    def _tell(self, loop: asyncio.AbstractEventLoop, share: float) -> None:
        """Report the share read, in steps that can be seen: each wakes the event loop."""
        if abs(share - self._told) >= STEP or share == 1:
            self._told = share
            loop.call_soon_threadsafe(self._report, share)

    def _learn(self, contents: ChipContents, document: AuthenticDocument | None) -> None:
        """Keep how this document wanted to be read, for the next of its model."""
        if document is not None and self._model is not None:
            self._memory.remember(self._model, contents.learnt)

    def _access_check(self) -> tuple[Check, ...]:
        if self._access is None:
            return (PRESENT, Check(CheckId.CHIP_ACCESS, Result.ABORTED))
        if self._access.is_downgraded:
            detail = f"{self._access.protocol}, PACE downgraded"
            return (PRESENT, Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED, detail))
        return (PRESENT, Check(CheckId.CHIP_ACCESS, Result.SUCCESSFUL, self._access.protocol))

    def _broken(self, checks: tuple[Check, ...], error: Exception, *faults: Reason) -> ChipOutcome:
        return ChipOutcome(
            checks=checks,
            faults=frozenset(faults),
            access=self._access,
            bytes_read=self._bytes_read,
            fault=str(error),
        )

    def _bounded(self, channel: CardChannel) -> Callable[[bytes], bytes]:
        """Transmit until the time for one document is over, or nobody waits for it any more."""
        patience_s = self._settings.patience_s
        deadline_s = time.monotonic() + patience_s

        def transmit(command: bytes) -> bytes:
            if self._abandoned.is_set():
                raise ChipLost("nobody waits for the document any more")
            if time.monotonic() > deadline_s:
                raise LimitExceeded(f"the chip was not read within {patience_s:g} s")
            return channel.transmit(command)

        return transmit
