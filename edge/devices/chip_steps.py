"""Reads a chip in one long call in which each command to the chip is a step with a limit."""

from __future__ import annotations

from typing import Final

from edge.devices.supervisor import OVERRUN_S
from edge.host.device_thread import Limit
from edge.ports import CardChannel, ChipReader

TRANSMIT_S: Final = 8.0
"""The largest answer takes 5 s at 106 kbit/s; a chip that needs more time than this counts as a
reader that hangs."""


class ChipSteps:
    """Connects to chips by a reader."""

    def __init__(self, reader: ChipReader, limit: Limit) -> None:
        self._reader = reader
        self._limit = limit

    def connect(self, timeout_s: float) -> CardChannel | None:
        """Return a channel to the chip in the field, or None when none came in time."""
        self._limit.begin(timeout_s + OVERRUN_S)
        channel = self._reader.connect(timeout_s)
        return None if channel is None else _SteppedChannel(channel, self._limit)


class _SteppedChannel:
    """Implements `edge.ports.CardChannel` over another channel."""

    def __init__(self, channel: CardChannel, limit: Limit) -> None:
        self._channel = channel
        self._limit = limit

    @property
    def atr(self) -> bytes:
        return self._channel.atr

    def transmit(self, command: bytes) -> bytes:
        self._limit.begin(TRANSMIT_S)
        return self._channel.transmit(command)

    def disconnect(self) -> None:
        self._limit.begin()
        self._channel.disconnect()
