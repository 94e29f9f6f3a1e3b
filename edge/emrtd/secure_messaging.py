"""Secure messaging, the side of the terminal and the side of the chip (ICAO Doc 9303-11 §9.8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar

from cryptography.hazmat.primitives import constant_time
from typing_extensions import override

from edge.emrtd import key_derivation, tlv
from edge.emrtd.apdu import EXTENDED_LE, SHORT_LE, WRONG_LENGTH, Command, Response
from edge.emrtd.ciphers import Cipher, pad, unpad
from edge.emrtd.dialogue import Dialogue, around
from edge.emrtd.refusals import is_breakdown
from edge.errors import ChipError, MalformedFile

T = TypeVar("T")

LARGEST_SHORT_DATA: Final = 223
"""Bytes of data in a command of short length, under every cipher."""

_SECURE: Final = 0x0C
_CRYPTOGRAM, _ODD_CRYPTOGRAM = 0x87, 0x85
_LE, _STATUS, _CHECKSUM = 0x97, 0x99, 0x8E
_PADDED: Final = b"\x01"
_CHECKSUM_HEAD: Final = bytes((_CHECKSUM, 8))
_CHECKSUM_LENGTH: Final = 10
"""Bytes of DO'8E'."""
_TRAILER_LENGTH: Final = 4 + _CHECKSUM_LENGTH
"""Bytes of DO'99' and DO'8E'."""

_SHORT_HEADER, _LONG_HEADER = 3, 4
"""Bytes of tag and length of a cryptogram in a short reply, and in a longer one."""


class SessionEnded(ChipError):
    """The secure session is over: send nothing more in it, and trust no reply.

    `bare_status` is the status word outside the session that ended it: an attacker on the line may
    have written it.
    """

    def __init__(self, why: str, bare_status: int | None = None) -> None:
        super().__init__(why)
        self.bare_status = bare_status


@dataclass(frozen=True, slots=True, repr=False)
class SessionKeys:
    """Keys of a session and the initial value of its send sequence counter."""

    cipher: Cipher
    encryption: bytes
    mac: bytes
    counter: int = 0

    @classmethod
    def agreed(cls, cipher: Cipher, secret: bytes, counter: int = 0) -> SessionKeys:
        """Derive from a shared secret (§9.7.4)."""
        return cls(
            cipher,
            key_derivation.derive(cipher, secret, key_derivation.ENCRYPTION),
            key_derivation.derive(cipher, secret, key_derivation.MAC),
            counter,
        )

    @override
    def __repr__(self) -> str:
        """Hide the keys."""
        return f"SessionKeys({self.cipher.label}, <redacted>)"


class SecureSession:
    """One session; terminal and chip each hold one, with equal counters.

    A failure of integrity raises SessionEnded, then and for every later call.
    """

    def __init__(self, keys: SessionKeys) -> None:
        self._cipher = keys.cipher
        self._block_length = keys.cipher.block_length
        self._encryption = keys.cipher.keyed(keys.encryption)
        self._mac = keys.cipher.mac(keys.mac)
        self._counter = keys.counter
        self._ended = False

    def open_reply(self, protected: Command, reply: Response) -> Response:
        """Terminal: open the reply to a protected command, or take a refusal in clear for one."""
        if protected.extended and not reply.data and reply.sw == WRONG_LENGTH:
            # Some chips refuse extended length before they look at the message: in clear and
            # uncounted.  Only the refusal counts, so the session continues.
            self._counter -= 1
            return replace(reply, uncounted=True)
        return self.open_response(reply)

    def protect_command(self, command: Command) -> Command:
        """Terminal: encrypt and authenticate a command (§9.8.4, Figure 5)."""
        self._advance()
        cla, body = command.cla | _SECURE, b""
        header = bytes((cla, command.ins, command.p1, command.p2))
        if command.data:
            body = self._cryptogram(command.data, command.ins)
        if command.le is not None:
            width = 2 if command.le > SHORT_LE else 1
            body += bytes((_LE, width)) + (command.le % (1 << 8 * width)).to_bytes(width, "big")
        body += _CHECKSUM_HEAD + self._checksum(pad(header, self._block_length), body)
        le = EXTENDED_LE if command.extended else SHORT_LE
        return Command(cla, command.ins, command.p1, command.p2, body, le)

    def open_response(self, response: Response) -> Response:
        """Terminal: verify and decrypt a reply (§9.8.4, Figure 6)."""
        self._advance()
        if not response.data:
            why = ": damaged chip" if is_breakdown(response.sw) else ""
            said = f"the chip answered outside the session (SW {response.sw:04X}){why}"
            raise self._end(said, response.sw)
        fields = self._verified(response.data, b"")
        if fields.pop(_STATUS, None) != response.sw.to_bytes(2, "big"):
            raise self._end("the chip's status word is not the protected one")
        if fields.pop(_LE, None) is not None:
            raise self._end("the chip's answer holds a data object of a command")
        return Response(self._plain(fields), response.sw)

    def capacity(self, length: int) -> int:
        """Terminal: bytes of data in a protected reply of this length, 256 or more."""
        header = _SHORT_HEADER if length <= SHORT_LE else _LONG_HEADER
        room = length - _TRAILER_LENGTH - header - len(_PADDED)
        return room // self._block_length * self._block_length - 1

    def open_command(self, command: Command) -> Command:
        """Chip: verify and decrypt a command."""
        self._advance()
        fields = self._verified(command.data, pad(command.header, self._block_length))
        wanted = fields.pop(_LE, None)
        le = None if wanted is None else int.from_bytes(wanted, "big") or 1 << 8 * len(wanted)
        return replace(command, cla=command.cla & ~_SECURE, data=self._plain(fields), le=le)

    def protect_response(self, response: Response, ins: int) -> Response:
        """Chip: encrypt and authenticate the reply to a command with this INS."""
        self._advance()
        body = self._cryptogram(response.data, ins)
        body += tlv.encode(_STATUS, response.sw.to_bytes(2, "big"))
        return Response(body + tlv.encode(_CHECKSUM, self._checksum(b"", body)), response.sw)

    def protected_length(self, data_length: int) -> int:
        """Chip: bytes of a protected reply that carries this much data."""
        if not data_length:
            return _TRAILER_LENGTH
        block = self._block_length
        cryptogram = bytes(len(_PADDED) + (data_length // block + 1) * block)
        return len(tlv.encode(_CRYPTOGRAM, cryptogram)) + _TRAILER_LENGTH

    def _advance(self) -> None:
        if self._ended:
            raise SessionEnded("the secure session has ended")
        self._counter = (self._counter + 1) % (1 << 8 * self._block_length)

    def _end(self, why: str, bare_status: int | None = None) -> SessionEnded:
        self._ended = True
        return SessionEnded(why, bare_status)

    def _verified(self, body: bytes, header: bytes) -> dict[int, bytes]:
        """Check the MAC at the end of a body; return the data objects before it, by tag."""
        try:
            *objects, checksum = tlv.read_all(body)
        except (MalformedFile, ValueError) as error:
            raise self._end("a message without its checksum") from error
        if checksum.tag != _CHECKSUM:
            raise self._end("a message without its checksum")
        expected = self._checksum(header, body[:-_CHECKSUM_LENGTH])
        if not constant_time.bytes_eq(expected, checksum.value):
            raise self._end("a message whose checksum is wrong")
        fields = {each.tag: each.value for each in objects}
        if len(fields) != len(objects):
            raise self._end("a message with a data object twice")
        return fields

    def _plain(self, fields: dict[int, bytes]) -> bytes:
        """Decrypt the remaining data objects: none, or one cryptogram."""
        if not fields:
            return b""
        tag, blocks = fields.popitem()
        if tag == _CRYPTOGRAM and blocks[:1] == _PADDED:
            blocks = blocks[1:]
        elif tag != _ODD_CRYPTOGRAM:
            fields[tag] = blocks
        if fields:
            raise self._end("a message with unknown data objects")
        if not blocks or len(blocks) % self._block_length:
            raise self._end("a cryptogram of broken blocks")
        try:
            return unpad(self._encryption.decrypt(self._iv(), blocks))
        except ChipError as error:
            raise self._end("a cryptogram without its padding") from error

    def _cryptogram(self, data: bytes, ins: int) -> bytes:
        """Encrypt into DO'87', or DO'85' when INS is odd; empty for no data."""
        if not data:
            return b""
        padded = pad(data, self._block_length)
        blocks = self._encryption.encrypt(self._iv(), padded)
        if ins % 2:
            return tlv.encode(_ODD_CRYPTOGRAM, blocks)
        return tlv.encode(_CRYPTOGRAM, _PADDED, blocks)

    def _checksum(self, header: bytes, body: bytes) -> bytes:
        return self._mac(pad(self._counter_block() + header + body, self._block_length))

    def _iv(self) -> bytes:
        """Zeros for 3DES, the encrypted counter for AES (§9.8.6.1, §9.8.7.1)."""
        if self._cipher is Cipher.TDES:
            return self._cipher.zero_iv
        return self._encryption.block(self._counter_block())

    def _counter_block(self) -> bytes:
        return self._counter.to_bytes(self._block_length, "big")


def secured(dialogue: Dialogue[T], session: SecureSession) -> Dialogue[T]:
    """Run a dialogue inside a secure session."""
    return around(dialogue, session.protect_command, session.open_reply)
