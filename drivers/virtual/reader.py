"""A virtual contactless reader: the chip of the traveller on the stage, at radio speed."""

from __future__ import annotations

import time

from pydantic import Field

from drivers.virtual.chip.virtual_chip import VirtualChip
from drivers.virtual.stage import Stage
from drivers.virtual.stage_device import StageDevice, StageSettings
from edge.errors import ChipLost
from edge.ports import CardChannel

PUBLIC_KEY_COMMANDS = frozenset({0x86, 0x88, 0x2A})
"""GENERAL AUTHENTICATE, INTERNAL AUTHENTICATE, PSO (ISO/IEC 7816-4, 7816-8) take time."""


class VirtualReader(StageDevice):
    """Implements `edge.ports.ChipReader` on a stage."""

    ROLE = "chip-reader"

    class Settings(StageSettings):
        """`driver = "virtual-reader"`; by default neither radio nor chip takes time."""

        apdu_latency_s: float = Field(default=0.0, ge=0, le=1)
        computing_s: float = Field(default=0.0, ge=0, le=2)
        """Extra time of a command with public key cryptography."""
        bit_rate: int = Field(default=0, ge=0)
        """Bits per second in either direction, 0: no limit; chips speak 106,000 to 848,000."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def connect(self, timeout_s: float) -> CardChannel | None:
        chip = self._stage.wait_for_chip(timeout_s)
        return None if chip is None else VirtualChannel(chip, self._stage, self._settings)


class VirtualChannel:
    """Implements `edge.ports.CardChannel` on a virtual chip."""

    def __init__(self, chip: VirtualChip, where: Stage, settings: VirtualReader.Settings) -> None:
        self._chip = chip
        self._stage = where
        self._settings = settings
        chip.reset()

    @property
    def atr(self) -> bytes:
        return self._chip.atr

    def transmit(self, command: bytes) -> bytes:
        self._require_contact()
        answer = self._chip.transmit(command)
        computing_s = self._settings.computing_s if command[1] in PUBLIC_KEY_COMMANDS else 0.0
        self._take_time(len(command) + len(answer), computing_s)
        return answer

    def disconnect(self) -> None:
        self._chip.reset()

    def _require_contact(self) -> None:
        self._stage.require_plugged(VirtualReader.ROLE)
        if not self._stage.is_in_field(self._chip):
            raise ChipLost("the document left the reader")

    def _take_time(self, count: int, computing_s: float) -> None:
        """Wait as long as radio and chip take, or until the document is gone."""
        radio_s = 8 * count / self._settings.bit_rate if self._settings.bit_rate else 0.0
        deadline_s = time.monotonic() + self._settings.apdu_latency_s + radio_s + computing_s
        seen = -1
        while (remaining_s := deadline_s - time.monotonic()) > 0:
            seen = self._stage.wait_for_change(seen, remaining_s)
            if not self._stage.is_in_field(self._chip):
                raise ChipLost("the document left the reader")
