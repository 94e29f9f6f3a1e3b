"""Contactless readers reached through PC/SC (pcscd on Linux), by pyscard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import structlog
from pydantic import BaseModel, ConfigDict
from smartcard import scard
from typing_extensions import override

from edge.errors import ChipLost, DeviceBusy, DeviceError, DeviceLost
from edge.ports import CardChannel, Closeable

Context: TypeAlias = Any  # a handle of the PC/SC service: pyscard carries no types
ROLE = "chip-reader"
CONTACTLESS = ("PICC", "CONTACTLESS", " CL", "NFC", "RFID")
RETRY_MS = 50
NOTICED_MS = 1_000
"""Milliseconds within which a reader notices that the document is gone."""
HELD = "another program holds the reader: stop it"
STATUS_WORD_LENGTH = 2
_SHORT_HEADER = 5
NOT_FOR_DOCUMENTS = ("SAM",)

_SERVICE_GONE = frozenset({scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED})
_READER_GONE = frozenset(
    {
        scard.SCARD_E_NO_READERS_AVAILABLE,
        scard.SCARD_E_UNKNOWN_READER,
        scard.SCARD_E_READER_UNAVAILABLE,
        scard.SCARD_E_INVALID_HANDLE,
    }
)
_NOT_ALLOWED = frozenset({0x8010006A, 0x80100027})
"""SCARD_W_SECURITY_VIOLATION and SCARD_E_NO_ACCESS: polkit does not let this user."""
_REFUSES_LENGTH = frozenset(
    {
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_INVALID_PARAMETER,
        scard.SCARD_E_INSUFFICIENT_BUFFER,
        0x8010001F,  # SCARD_E_UNEXPECTED
        0x8010002F,  # SCARD_E_COMM_DATA_LOST
    }
)
"""Answers of readers that accept no command of extended length, while the card is present."""
_WRONG_LENGTH = b"\x67\x00"
_CHIP_GONE = frozenset(
    {
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_E_COMM_DATA_LOST if hasattr(scard, "SCARD_E_COMM_DATA_LOST") else 0x8010002F,
        scard.SCARD_E_PROTO_MISMATCH,
    }
)

log = structlog.get_logger()


class PcscReader(Closeable):
    """Implements `edge.ports.ChipReader`; holds one PC/SC context while it is open."""

    class Settings(BaseModel):
        """`driver = "pcsc"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        reader: str = ""
        """Part of the reader's name; empty takes the first contactless one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: Context = None
        self._name = ""
        self._lengths = _Lengths()

    @override
    def __enter__(self) -> Self:
        result, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _require(result)
        try:
            self._name = self._choose(self._readers())
            self._require_unheld()
        except DeviceError:
            self._release()
            raise
        return self

    @override
    def close(self) -> None:
        self._release()

    def probe(self) -> None:
        """Raise DeviceLost when pcscd or the reader is gone, DeviceBusy when others hold it."""
        if self._name not in self._readers():
            raise DeviceLost(ROLE, f"{self._name} is not connected: check its cable")
        self._require_unheld()

    def connect(self, timeout_s: float) -> CardChannel | None:
        deadline_s = time.monotonic() + timeout_s
        state = scard.SCARD_STATE_UNAWARE
        longest_ms = 0
        while True:
            left_ms = max(0, round((deadline_s - time.monotonic()) * 1000))
            state = self._next_state(state, min(left_ms, longest_ms or left_ms))
            if state & scard.SCARD_STATE_PRESENT and not state & scard.SCARD_STATE_MUTE:
                try:
                    return PcscChannel(self._context, self._name, self._lengths)
                except ChipLost:
                    longest_ms = RETRY_MS  # a card that was just laid down may have no power yet
            if not left_ms:
                return None

    def _require_unheld(self) -> None:
        """Between two documents nobody holds the reader: no other program, no call that hangs."""
        if self._next_state(scard.SCARD_STATE_UNAWARE, 0) & scard.SCARD_STATE_EXCLUSIVE:
            raise DeviceBusy(ROLE, HELD)

    def _next_state(self, state: int, timeout_ms: int) -> int:
        """Wait for another state of the reader; return the old one when the time is over."""
        result, states = scard.SCardGetStatusChange(
            self._context, timeout_ms, [(self._name, state)]
        )
        if result == scard.SCARD_E_TIMEOUT:
            return state
        _require(result)
        found: int = states[0][1] & ~scard.SCARD_STATE_CHANGED
        if found & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise DeviceLost(ROLE, f"{self._name} is not connected: check its cable")
        return found

    def _readers(self) -> Sequence[str]:
        result, names = scard.SCardListReaders(self._context, [])
        _require(result)
        return [str(name) for name in names]

    def _choose(self, names: Sequence[str]) -> str:
        """Choose a reader by the abilities in its name, never by its position."""
        wanted = self._settings.reader.upper()
        usable = [name for name in names if wanted in name.upper()]
        if not wanted:
            usable = [n for n in usable if not any(word in n.upper() for word in NOT_FOR_DOCUMENTS)]
        if not usable:
            known = ", ".join(names) or "none"
            raise DeviceLost(ROLE, f"no such reader is connected; there is: {known}")
        return min(usable, key=lambda name: not any(word in name.upper() for word in CONTACTLESS))

    def _release(self) -> None:
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
            self._context = None


@dataclass(slots=True)
class _Lengths:
    """The command lengths that a reader accepts, as known since it was opened."""

    extended: bool = True


class PcscChannel:
    """Implements `edge.ports.CardChannel`; no other program can use the reader until `disconnect`.

    When a reader refuses extended length, the answer is 6700 (wrong length), as from a chip without
    it.  From then on no command of extended length is sent to the reader.
    """

    def __init__(self, context: Context, name: str, lengths: _Lengths | None = None) -> None:
        self._lengths = lengths or _Lengths()
        result, self._card, self._protocol = scard.SCardConnect(
            context,
            name,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        _require(result)
        self._context = context
        self._name = name
        result, *status = scard.SCardStatus(self._card)
        self._atr = bytes(status[3]) if result == scard.SCARD_S_SUCCESS else b""

    @property
    def atr(self) -> bytes:
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        pci = (
            scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        )
        extended = _is_extended(command)
        if extended and not self._lengths.extended:
            return _WRONG_LENGTH
        result, answer = scard.SCardTransmit(self._card, pci, list(command))
        if extended and result in _REFUSES_LENGTH and not self._is_deserted():
            self._lengths.extended = False
            log.warning(
                "reader_refused_extended_length",
                reader=self._name,
                error=f"{result & 0xFFFFFFFF:08X}",
            )
            return _WRONG_LENGTH
        if result in _CHIP_GONE:
            self._require_reader()
        _require(result)
        if len(answer) < STATUS_WORD_LENGTH and self._is_deserted():
            raise ChipLost("the document left the reader")
        return bytes(answer)

    def _require_reader(self) -> None:
        """Raise DeviceLost when the chip is gone because its reader is."""
        result, names = scard.SCardListReaders(self._context, [])
        _require(result)
        if self._name not in names:
            raise DeviceLost(ROLE, f"{self._name} is not connected: check its cable")

    def _is_deserted(self) -> bool:
        """Whether the document is gone; some readers answer nothing before they notice that."""
        state, longest_ms = scard.SCARD_STATE_UNAWARE, 0
        for _ in range(2):
            result, states = scard.SCardGetStatusChange(
                self._context, longest_ms, [(self._name, state)]
            )
            if result != scard.SCARD_S_SUCCESS or not states[0][1] & scard.SCARD_STATE_PRESENT:
                return bool(result != scard.SCARD_E_TIMEOUT)
            state, longest_ms = states[0][1] & ~scard.SCARD_STATE_CHANGED, NOTICED_MS
        return False

    def disconnect(self) -> None:
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)


def _is_extended(command: bytes) -> bool:
    """Whether an APDU has the long form of Lc or Le (ISO/IEC 7816-4 §5.1)."""
    return len(command) > _SHORT_HEADER and command[_SHORT_HEADER - 1] == 0


def _require(result: int) -> None:
    """Raise the error for a PC/SC result: its class says what the gate does."""
    if result == scard.SCARD_S_SUCCESS:
        return
    if result & 0xFFFFFFFF in _NOT_ALLOWED:
        raise DeviceLost(
            ROLE,
            "pcscd does not let this user reach the reader: install "
            "systemd/polkit/50-egate-pcscd.rules into /etc/polkit-1/rules.d",
        )
    if result in _SERVICE_GONE:
        raise DeviceLost(ROLE, "pcscd is not running: systemctl start pcscd")
    if result in _READER_GONE:
        raise DeviceLost(ROLE, "no reader is connected: check its cable")
    if result == scard.SCARD_E_SHARING_VIOLATION:
        raise DeviceBusy(ROLE, HELD)
    if result in _CHIP_GONE:
        raise ChipLost("the document left the reader")
    raise DeviceLost(ROLE, scard.SCardGetErrorMessage(result))
