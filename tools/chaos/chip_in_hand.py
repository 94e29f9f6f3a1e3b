"""A chip on the reader of a real card service, which may fall silent in the middle of a command."""

from __future__ import annotations

import os
import threading

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.virtual_chip import VirtualChip


class Silence:
    """Whether chips answer; thread-safe."""

    def __init__(self) -> None:
        self._answers = threading.Event()
        self._answers.set()

    def begin(self) -> None:
        """Let no command be answered from now on."""
        self._answers.clear()

    def end(self) -> None:
        """Let the commands be answered again, those that wait as well."""
        self._answers.set()

    def wait(self) -> None:
        """Wait until chips answer."""
        self._answers.wait()


class ChipInHand:
    """Implements `drivers.virtual.vpcd.Chip`."""

    def __init__(self, chip: Personalisation, silence: Silence) -> None:
        self._chip = VirtualChip(chip, os.urandom)
        self._silence = silence

    def transmit(self, command: bytes) -> bytes:
        """Answer a command APDU, if chips answer."""
        self._silence.wait()
        return self._chip.transmit(command)

    def reset(self) -> None:
        """Lose every session."""
        self._chip.reset()
