"""One document inspected: its chip is read on one thread and verified on another.

The gate and `gatectl read` inspect by this one function, so that both say the same of a document.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from typing import Final, Self, TypeAlias

from edge.checks import Check, CheckId, Reason, Result
from edge.emrtd.contents import Access, ChipContents
from edge.emrtd.dialogue import run
from edge.emrtd.document_model import DocumentModel, ReadHintCache
from edge.emrtd.files import ElementaryFile
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.progress import AccessGranted, FileRead, Progress
from edge.emrtd.read import ReadPlan, read_document
from edge.errors import (
    AccessDenied,
    ChipLost,
    DeviceError,
    DocumentError,
    LimitExceeded,
    PaceFailed,
)
from edge.mrz import MachineReadableZone
from edge.ports import CardChannel
from edge.settings.chip import ChipSettings
from edge.trust import (
    AuthenticDocument,
    SodVerdict,
    TrustStore,
    card_security_of,
    inspect,
    verify_sod,
)

PRESENT: Final = Check(CheckId.CHIP_PRESENCE, Result.SUCCESSFUL)
ABSENT: Final = Check(CheckId.CHIP_PRESENCE, Result.FAILED)

Connect: TypeAlias = Callable[[float], CardChannel | None]
"""Waits so many seconds for a chip, as `edge.ports.ChipReader.connect` does."""
ReadChip: TypeAlias = Callable[[Connect], ChipContents | None]
"""Blocks while a chip is read; None when no chip came."""
OnReader: TypeAlias = Callable[[ReadChip], "Future[ChipContents | None]"]
"""Calls a function on the thread of a reader, with that reader's `connect`."""


@dataclass(frozen=True, slots=True, repr=False)
class PrintedPage:
    """What is printed on a document: the key of its chip, and the MRZ where it is known."""

    key: AccessKey
    zone: MachineReadableZone | None

    @classmethod
    def of(cls, zone: MachineReadableZone) -> Self:
        """A page whose MRZ was read; the key stands in it."""
        return cls(AccessKey.of_mrz(zone.information), zone)


@dataclass(frozen=True, slots=True)
class InspectionTerms:
    """How one document is read, and by which trust store it is judged, at which moment."""

    settings: ChipSettings
    store: TrustStore
    at: datetime
    random: Callable[[int], bytes]
    """Returns so many bytes fit for keys."""
    hints: ReadHintCache = field(default_factory=ReadHintCache)
    """How documents of each model want to be read; only authentic documents add to it."""
    besides: tuple[ElementaryFile, ...] = ()
    """Files to read besides what every inspection reads, where the chip gives them."""


@dataclass(frozen=True, slots=True)
class ChipOutcome:
    """The result of one inspection."""

    checks: tuple[Check, ...]
    faults: frozenset[Reason] = frozenset()
    document: AuthenticDocument | None = None
    access: Access | None = None
    bytes_read: int = 0
    issuer: str = ""
    """Country of the document signer, alpha-2; empty when unknown."""
    error: type[DocumentError | DeviceError] | None = None
    """The kind of error that ended the reading; None when none did."""
    fault: str = ""
    """The same in words; no personal data, by the contract of errors."""
    last_byte_s: float | None = None
    """When the last byte of the chip arrived, on the monotonic clock; None when it did not."""


def inspect_document(
    on_reader: OnReader,
    page: PrintedPage,
    terms: InspectionTerms,
    observe: Callable[[Progress], None],
    abandoned: threading.Event | None = None,
) -> ChipOutcome:
    """Read the chip of a document and verify it; a fault is part of the outcome, never raised.

    The calling thread verifies EF.SOD as soon as it has arrived, while the reader's thread still
    reads the large files.  `observe` is called on the reader's thread and must return at once.
    Once `abandoned` is set, the chip gets no further command.
    """
    arrived: SimpleQueue[bytes | None] = SimpleQueue()
    reading = _ChipReading(page, terms, observe, arrived.put, abandoned or threading.Event())
    try:
        contents_to_come = on_reader(reading.read)
        contents_to_come.add_done_callback(lambda _: arrived.put(None))
        verdict = _verdict(arrived, terms)
        contents = contents_to_come.result()
        if contents is None:
            return ChipOutcome((ABSENT,))
        if verdict is None:
            raise LimitExceeded("the chip sent no document security object")
    except (DocumentError, DeviceError) as error:
        return reading.broken(error)
    signed = card_security_of(contents, terms.store, terms.at)
    found = inspect(contents, verdict, page.zone, card_security=signed)
    if found.document is not None and reading.model is not None:
        terms.hints.remember(reading.model, contents.learnt)
    return ChipOutcome(
        checks=(*_access_checks(contents.access), *found.checks),
        document=found.document,
        access=contents.access,
        bytes_read=reading.bytes_read,
        issuer=found.issuer,
        last_byte_s=reading.last_byte_s,
    )


def on_this_thread(connect: Connect) -> OnReader:
    """Read on the calling thread: EF.SOD is then verified after the last file has arrived."""

    def on_reader(read: ReadChip) -> Future[ChipContents | None]:
        contents: Future[ChipContents | None] = Future()
        try:
            contents.set_result(read(connect))
        except (DocumentError, DeviceError) as error:
            contents.set_exception(error)
        return contents

    return on_reader


class _ChipReading:
    """The part of an inspection that happens on the reader's thread, and what is known of it."""

    def __init__(
        self,
        page: PrintedPage,
        terms: InspectionTerms,
        observe: Callable[[Progress], None],
        sod_arrived: Callable[[bytes], None],
        abandoned: threading.Event,
    ) -> None:
        self._page = page
        self._terms = terms
        self._observe = observe
        self._sod_arrived = sod_arrived
        self._abandoned = abandoned
        self._access: Access | None = None
        self.model: DocumentModel | None = None
        self.bytes_read = 0
        self.last_byte_s: float | None = None

    def read(self, connect: Connect) -> ChipContents | None:
        """Wait for a chip and read it; None when none came.  Raises what `read_document` does."""
        self._require_waiting()
        terms, zone = self._terms, self._page.zone
        channel = connect(terms.settings.wait_s)
        if channel is None:
            return None
        if zone is not None:
            self.model = DocumentModel(zone.issuing_state, zone.document_code, channel.atr)
        plan = ReadPlan(
            extended_length=terms.settings.extended_length,
            bac_after_pace=terms.settings.bac_after_pace,
            learnt=None if self.model is None else terms.hints.recall(self.model),
            atr=channel.atr,
            additional=terms.besides,
        )
        try:
            dialogue = read_document(self._page.key, terms.random, self._hear, plan)
            contents = run(dialogue, self._bounded(channel))
            self.last_byte_s = time.monotonic()
            return contents
        finally:
            channel.disconnect()

    def broken(self, error: DocumentError | DeviceError) -> ChipOutcome:
        """The outcome of a reading that an error ended.

        The error itself ends here: its frames know keys and files.
        """
        error.with_traceback(None)
        checks, faults = _access_checks(self._access), frozenset({Reason.CHIP_READ})
        match error:
            case PaceFailed():
                checks = (PRESENT, Check(CheckId.CHIP_ACCESS, Result.ABORTED, "PACE failed"))
                faults = frozenset({Reason.CHIP_DOWNGRADE})
            case AccessDenied():
                checks, faults = (PRESENT, Check(CheckId.CHIP_ACCESS, Result.FAILED)), frozenset()
            case DeviceError():
                faults = frozenset({Reason.DEVICE_FAULT})
            case _:
                pass
        return ChipOutcome(
            checks=checks,
            faults=faults,
            access=self._access,
            bytes_read=self.bytes_read,
            error=type(error),
            fault=str(error),
        )

    def _hear(self, progress: Progress) -> None:
        match progress:
            case AccessGranted(access):
                self._access = access
            case FileRead(file, content):
                self.bytes_read += len(content)
                if file is ElementaryFile.SOD:
                    self._sod_arrived(content)
            case _:
                pass
        self._observe(progress)

    def _bounded(self, channel: CardChannel) -> Callable[[bytes], bytes]:
        """Transmit until the time for one document is over, or nobody waits for it any more."""
        patience_s = self._terms.settings.patience_s
        deadline_s = time.monotonic() + patience_s

        def transmit(command: bytes) -> bytes:
            self._require_waiting()
            if time.monotonic() > deadline_s:
                raise LimitExceeded(f"the chip was not read within {patience_s:g} s")
            return channel.transmit(command)

        return transmit

    def _require_waiting(self) -> None:
        if self._abandoned.is_set():
            raise ChipLost("nobody waits for the document any more")


def _verdict(arrived: SimpleQueue[bytes | None], terms: InspectionTerms) -> SodVerdict | None:
    """Verify each EF.SOD that arrives; the last counts, for a chip may be opened more than once."""
    verdict = None
    while (sod := arrived.get()) is not None:
        verdict = verify_sod(sod, terms.store, terms.at, accept_sha1=terms.settings.accept_sha1)
    return verdict


def _access_checks(access: Access | None) -> tuple[Check, Check]:
    if access is None:
        return PRESENT, Check(CheckId.CHIP_ACCESS, Result.ABORTED)
    if access.is_downgraded:
        detail = f"{access.protocol}, PACE downgraded"
        return PRESENT, Check(CheckId.CHIP_ACCESS, Result.UNDETERMINED, detail)
    return PRESENT, Check(CheckId.CHIP_ACCESS, Result.SUCCESSFUL, access.protocol)
