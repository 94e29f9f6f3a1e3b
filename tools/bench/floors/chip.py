"""The floor of the chip: the cryptography of one inspection, straight through OpenSSL.

Keys are set once, and nothing is parsed, checked or copied.  The operations stand between the same
waits for the radio as the gate's: a processor that has slept finds its caches cold, whoever it is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import cmac, hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from edge.emrtd import tlv
from edge.emrtd.apdu import Command
from edge.emrtd.ciphers import pad

Job: TypeAlias = Callable[[], object]
Wait: TypeAlias = Callable[[int], None]
"""Waits as long as the radio takes for so many bytes, command and answer together."""

_BLOCK: Final = 16
_SECURE: Final = 0x0C
_CRYPTOGRAMS: Final = frozenset({0x87, 0x85})
_CHECKSUM: Final = 0x8E
_SIGNATURES: Final = 3
"""Of EF.SOD, of its signer's certificate, and of active authentication."""
ASYMMETRIC: Final = 7 + _SIGNATURES
"""Operations on elliptic curves; one stands behind each of the first exchanges."""


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """A command and its answer, as they went over the radio."""

    command: bytes
    answer: bytes

    @property
    def length(self) -> int:
        """Bytes of both."""
        return len(self.command) + len(self.answer)


class ChipFloor:
    """One inspection of a chip with PACE, chip and active authentication, all with AES-128.

    `exchanges` are those of a whole inspection, ASYMMETRIC or more; `files` are what it hashed.
    PACE and chip authentication are on the curve `agreement`, everything signed on `signature`.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        files: Iterable[bytes],
        agreement: ec.EllipticCurve,
        signature: ec.EllipticCurve,
    ) -> None:
        keys, curves = _Keys(), iter(_asymmetric(agreement, signature))
        messaging = [list(_messaging(exchange, keys)) for exchange in exchanges]
        self.messaging = sum(map(len, messaging))
        """Operations of secure messaging."""
        self._steps = [
            (exchange.length, [*jobs, *islice(curves, 1)])
            for exchange, jobs in zip(exchanges, messaging, strict=True)
        ]
        self.operations = sum(len(jobs) for _, jobs in self._steps)
        """All of them, but for the hashes of files."""
        self._files = tuple(files)

    def run(self, wait: Wait) -> None:
        """Do all of it once."""
        for length, jobs in self._steps:
            wait(length)
            for job in jobs:
                job()
        for content in self._files:
            hashlib.sha256(content).digest()


class _Keys:
    """The contexts of one session: their keys are set."""

    def __init__(self) -> None:
        encryption = AES(os.urandom(_BLOCK))
        self.counter = Cipher(encryption, modes.ECB()).encryptor()  # noqa: S305  # one block only
        self.encryptor = Cipher(encryption, modes.CBC(bytes(_BLOCK))).encryptor()
        self.decryptor = Cipher(encryption, modes.CBC(bytes(_BLOCK))).decryptor()
        self.mac = cmac.CMAC(AES(os.urandom(_BLOCK)))


def _messaging(exchange: Exchange, keys: _Keys) -> Iterator[Job]:
    """Secure messaging of a command and its answer (ICAO Doc 9303-11 §9.8)."""
    command = Command.parse(exchange.command)
    if command.cla & _SECURE != _SECURE:
        return
    for header, body, use in (
        (pad(command.header, _BLOCK), command.data, keys.encryptor.update),
        (b"", exchange.answer[:-2], keys.decryptor.update),
    ):
        objects = [each for each in tlv.read_all(body) if each.tag != _CHECKSUM]
        for each in objects:
            if each.tag in _CRYPTOGRAMS:
                yield partial(keys.counter.update, bytes(_BLOCK))
                whole = len(each.value) // _BLOCK * _BLOCK
                yield partial(use, each.value[len(each.value) - whole :])
        message = b"".join(tlv.encode(each.tag, each.value) for each in objects)
        yield partial(_checksum, keys, pad(bytes(_BLOCK) + header + message, _BLOCK))


def _checksum(keys: _Keys, message: bytes) -> bytes:
    context = keys.mac.copy()
    context.update(message)
    return context.finalize()


def _asymmetric(agreement: ec.EllipticCurve, signature: ec.EllipticCurve) -> Iterator[Job]:
    """PACE with generic mapping, chip authentication, and the signatures."""
    ours, theirs = ec.generate_private_key(agreement), ec.generate_private_key(agreement)
    agree = partial(ours.exchange, ec.ECDH(), theirs.public_key())
    make = partial(ec.generate_private_key, agreement)
    yield make  # the key of the mapping,
    yield agree  # its secret,
    yield make  # and the nonce times the generator;
    yield agree  # the public key over the mapped generator,
    yield agree  # and the secret of the session.
    yield make  # Chip authentication.
    yield agree
    signer, digest = ec.generate_private_key(signature), ec.ECDSA(hashes.SHA256())
    signed = signer.sign(b"signed", digest)
    for _ in range(_SIGNATURES):
        yield partial(signer.public_key().verify, signed, b"signed", digest)
