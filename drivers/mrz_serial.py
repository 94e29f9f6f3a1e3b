"""Document scanners that send the MRZ over a serial line without a request."""

from __future__ import annotations

import errno
import select
import termios
import time
from collections import deque
from collections.abc import Iterable
from typing import Literal, Self

import serial
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.mrz_framing import Framing, Lines, framer_for
from edge.errors import DeviceBusy, DeviceError, DeviceLost
from edge.ports import Closeable, Scan

DEVICE = "scanner"
MOST_WAITING = 8
"""Documents kept while the gate is busy; older ones are dropped."""
CHUNK_BYTES = 4096
SEVEN_BITS = bytes(range(128)) * 2
HELD = frozenset({errno.EBUSY, errno.EAGAIN})
HUNG_UP = select.POLLHUP | select.POLLERR | select.POLLNVAL


class SerialScanner(Closeable):
    """Implements `edge.ports.DocumentScanner` on a serial port."""

    class Settings(BaseModel):
        """`driver = "mrz-serial"`."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        port: str = Field(min_length=1, description="best a path in /dev/serial/by-id")
        baud: int = Field(default=9600, ge=1200, le=921600)
        characters: Literal["8N1", "7E1"] = "8N1"
        framing: Framing = Framing.PLAIN
        inter_char_timeout_s: float = Field(default=0.2, gt=0, le=5)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._framer = framer_for(settings.framing)
        self._scans: deque[Scan] = deque(maxlen=MOST_WAITING)
        self._port: serial.Serial | None = None
        self._heard_s = 0.0

    @override
    def __enter__(self) -> Self:
        self._framer = framer_for(self._settings.framing)
        self._scans.clear()
        self._port = self._open()
        return self

    @override
    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()

    @property
    def frames_dropped(self) -> int:
        """Frames dropped since the scanner was opened: unfinished, oversized or empty."""
        return self._framer.dropped

    def probe(self) -> None:
        self._await_bytes(0)

    def wait_for_document(self, timeout_s: float) -> Scan | None:
        deadline_s = time.monotonic() + timeout_s
        while not self._scans and self._listen(deadline_s):
            pass
        return self._scans.popleft() if self._scans else None

    def _listen(self, deadline_s: float) -> bool:
        """Take the next bytes, silence, or end of the time; False at the end of the time."""
        silent_at_s = self._heard_s + self._settings.inter_char_timeout_s
        silence_first = self._framer.unfinished and silent_at_s < deadline_s
        until_s = silent_at_s if silence_first else deadline_s
        documents: Iterable[Lines] = ()
        if self._await_bytes(max(0.0, until_s - time.monotonic())):
            documents = self._framer.feed(self._read())
            self._heard_s = time.monotonic()
        elif silence_first:
            documents = self._framer.silence()
        self._scans.extend(Scan(lines) for lines in documents)
        return time.monotonic() < deadline_s

    def _open(self) -> serial.Serial:
        try:
            try:
                return self._open_as(self._settings.characters)
            except termios.error:
                # A pseudo terminal and some USB bridges only send eight bits without parity.
                return self._open_as("8N1")
        except OSError as error:
            raise self._refusal(error) from error
        except (termios.error, ValueError) as error:
            raise DeviceError(DEVICE, f"{self._settings.port} refuses this baud rate") from error

    def _open_as(self, characters: Literal["8N1", "7E1"]) -> serial.Serial:
        seven = characters == "7E1"
        return serial.Serial(
            self._settings.port,
            baudrate=self._settings.baud,
            bytesize=serial.SEVENBITS if seven else serial.EIGHTBITS,
            parity=serial.PARITY_EVEN if seven else serial.PARITY_NONE,
            timeout=0,
            exclusive=True,
        )

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise DeviceLost(DEVICE, "is not open")
        return self._port

    def _refusal(self, error: OSError) -> DeviceError:
        port = self._settings.port
        if error.errno in HELD:
            return DeviceBusy(DEVICE, f"{port} is in use: stop the program that holds it")
        if error.errno == errno.EACCES:
            return DeviceError(DEVICE, f"{port} may not be opened: add this user to its group")
        if error.errno == errno.ENOENT:
            return DeviceLost(DEVICE, f"{port} is not there: plug the scanner in or set its port")
        return DeviceLost(DEVICE, f"{port} does not open as a serial port: check the setting")

    def _await_bytes(self, timeout_s: float) -> bool:
        """Wait for bytes; False when none came, DeviceLost when the scanner was unplugged."""
        poll = select.poll()
        poll.register(self._opened().fileno(), select.POLLIN)
        events = sum(event for _, event in poll.poll(timeout_s * 1000))
        if events & HUNG_UP:
            raise DeviceLost(DEVICE, f"{self._settings.port} was unplugged: check its cable")
        return bool(events)

    def _read(self) -> bytes:
        try:
            data: bytes = self._opened().read(CHUNK_BYTES)
        except OSError as error:
            raise DeviceLost(
                DEVICE, f"{self._settings.port} was unplugged: check its cable"
            ) from error
        # Without seven-bit mode, each byte still has its parity bit.
        return data.translate(SEVEN_BITS) if self._settings.characters == "7E1" else data
