"""The name of a chip in terminal authentication: ID_IC (ICAO Doc 9303-11 §7.1.2).

After BAC it is the document number; after PACE it is the ephemeral public key of the chip.  This
module reads the key from the commands of PACE, so that PACE does not depend on later protocols.
"""

from __future__ import annotations

from typing import Final

from edge.emrtd import agreement_key, der, tlv
from edge.emrtd.apdu import Command, Response
from edge.emrtd.dialogue import Dialogue
from edge.emrtd.key_derivation import AccessKey
from edge.emrtd.modp import STANDARDISED as MODP
from edge.emrtd.security_infos import PACE
from edge.errors import MalformedFile

_DATES_LENGTH: Final = 14
"""Birth and expiry date with their check digits, behind the document number."""

_PROTOCOL: Final = 0x80
_DYNAMIC_DATA: Final = 0x7C
_KEY_TERMINAL, _KEY_CHIP = 0x83, 0x84
_CAM_ARC: Final = der.oid_value(f"{PACE}.6")
_DH_ARCS: Final = tuple(der.oid_value(f"{PACE}.{mapping}") for mapping in (1, 3))


def after_bac(key: AccessKey) -> bytes:
    """The document number as the MRZ has it, with its check digit."""
    return key.secret[:-_DATES_LENGTH].encode("latin-1", "replace")


class Overheard:
    """The two ephemeral keys of a PACE run in short form; empty before they were seen.

    `terminal` stays empty where PACE does not authenticate the chip: then terminal authentication
    uses the key of chip authentication.
    """

    def __init__(self) -> None:
        self.chip = b""
        self.terminal = b""
        self._is_dh = self._is_cam = False

    def exchange(self, command: Command) -> Dialogue[Response]:
        """Pass one command and its reply, and remember the keys."""
        reply = yield command
        self.note(command, reply)
        return reply

    def note(self, command: Command, reply: Response) -> None:
        """Remember the keys in a command and its reply."""
        if command.ins == 0x22:
            protocol = _find(command.data, _PROTOCOL)
            self._is_dh = protocol[:-1] in _DH_ARCS
            self._is_cam = protocol[:-1] == _CAM_ARC
            self.chip = self.terminal = b""
        elif command.ins == 0x86:
            if self._is_cam:
                self.terminal = self._compressed(command.data, _KEY_TERMINAL) or self.terminal
            self.chip = self._compressed(reply.data, _KEY_CHIP) or self.chip

    def _compressed(self, data: bytes, tag: int) -> bytes:
        key = _find(_find(data, _DYNAMIC_DATA), tag)
        if not key:
            return b""
        if self._is_dh:
            return agreement_key.compress(MODP[0], key)
        return key[1 : 1 + len(key) // 2]


def _find(data: bytes, tag: int) -> bytes:
    """The value of a data object; empty without the object, or without data objects."""
    try:
        return tlv.only(tlv.read_all(data), tag)
    except MalformedFile:
        return b""
