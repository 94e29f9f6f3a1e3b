"""Attacks on the line between reader and chip, each with a name (test cases TC-AC-01 ...).

Attacks by altered files are in `tools.specimen`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from edge.emrtd import pace, tlv
from edge.emrtd.apdu import Command
from edge.errors import ChipError, MalformedFile

_SECURE: Final = 0x0C
_MSE, _GENERAL_AUTHENTICATE, _READ_BINARY, _GET_RESPONSE = 0x22, 0x86, 0xB0, 0xC0
_FIRST_CHANGED: Final = 3


class LineAttack(StrEnum):
    """The attack on the communication with the chip."""

    PACE_REFUSED = "pace-refused"
    """The first command of PACE is answered with 6FFF: a careless terminal goes on with BAC."""
    MAPPING_KEY_REFLECTED = "mapping-key-reflected"
    """PACE: the answer is the mapping key of the terminal."""
    SESSION_KEY_REFLECTED = "session-key-reflected"
    """PACE: the answer is the ephemeral key of the terminal."""
    ANSWER_TAMPERED = "answer-tampered"
    """From the third on, one bit of every protected answer is flipped."""
    ANSWER_REPLAYED = "answer-replayed"
    """Every protected answer repeats the first one."""
    ANSWER_UNPROTECTED = "answer-unprotected"
    """From the third on, protected commands are answered with a plain 9000."""
    ENDLESS_ANSWER = "endless-answer"
    """READ BINARY always announces more data (61xx)."""
    EMPTY_ANSWER = "empty-answer"
    """READ BINARY succeeds with no bytes."""


class Chip(Protocol):
    """The chip under attack."""

    def transmit(self, command: bytes) -> bytes:
        """Answer a command APDU."""

    def reset(self) -> None:
        """Lose every session."""


class ManInTheMiddle:
    """Stands before a chip, looks like a chip, and changes the commands or answers."""

    def __init__(self, chip: Chip, attack: LineAttack) -> None:
        self._chip = chip
        self._tamper = _TAMPERING[attack]
        self.protected = 0
        self.first_answer = b""

    def reset(self) -> None:
        """Lose every session."""
        self.protected = 0
        self.first_answer = b""
        self._chip.reset()

    def transmit(self, command: bytes) -> bytes:
        """Answer a command APDU."""
        answer = self._chip.transmit(command)
        try:
            parsed = Command.parse(command)
        except ChipError:
            return answer
        if parsed.cla & _SECURE:
            self.protected += 1
            self.first_answer = self.first_answer or answer
        return self._tamper(self, parsed, answer)


_Tamper = Callable[[ManInTheMiddle, Command, bytes], bytes]


def _pace_refused(_: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    return b"\x6f\xff" if (command.ins, command.p1) == (_MSE, 0xC1) else answer


def _reflected(sent: int, wanted: int) -> _Tamper:
    """Answer a step of PACE with the data of its command."""

    def tamper(_: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
        if command.ins != _GENERAL_AUTHENTICATE:
            return answer
        try:
            own = tlv.only(tlv.read_one(command.data, pace.DYNAMIC_DATA).children(), sent)
        except MalformedFile:
            return answer
        return tlv.encode(pace.DYNAMIC_DATA, tlv.encode(wanted, own)) + b"\x90\x00"

    return tamper


def _tampered(line: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    if not command.cla & _SECURE or line.protected < _FIRST_CHANGED or len(answer) < 3:
        return answer
    return answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:]


def _replayed(line: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    return line.first_answer if command.cla & _SECURE else answer


def _unprotected(line: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    return b"\x90\x00" if command.cla & _SECURE and line.protected >= _FIRST_CHANGED else answer


def _endless(_: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    return b"\x00\x61\x00" if command.ins in {_READ_BINARY, _GET_RESPONSE} else answer


def _empty(_: ManInTheMiddle, command: Command, answer: bytes) -> bytes:
    return b"\x90\x00" if command.ins == _READ_BINARY else answer


_TAMPERING: Final[Mapping[LineAttack, _Tamper]] = MappingProxyType(
    {
        LineAttack.PACE_REFUSED: _pace_refused,
        LineAttack.MAPPING_KEY_REFLECTED: _reflected(pace.MAP_TERMINAL, pace.MAP_CHIP),
        LineAttack.SESSION_KEY_REFLECTED: _reflected(pace.KEY_TERMINAL, pace.KEY_CHIP),
        LineAttack.ANSWER_TAMPERED: _tampered,
        LineAttack.ANSWER_REPLAYED: _replayed,
        LineAttack.ANSWER_UNPROTECTED: _unprotected,
        LineAttack.ENDLESS_ANSWER: _endless,
        LineAttack.EMPTY_ANSWER: _empty,
    }
)
