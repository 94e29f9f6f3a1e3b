"""Active Authentication, the side of the chip (ICAO Doc 9303-11 §6.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd.active_auth import CHALLENGE_LENGTH
from edge.emrtd.apdu import Command, Response


class ActiveAuthenticationSide:
    """The chip's signing key; without one every challenge is refused.

    RSA signs with SHA-256 (ISO/IEC 9796-2 scheme 1), ECDSA with the digest of the curve's size.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._random = random
        key = personalisation.active_auth_key
        self._key = None if key is None else load_der_private_key(key, None)

    def authenticate(self, command: Command) -> Response:
        """INTERNAL AUTHENTICATE."""
        if len(command.data) != CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_DATA)
        match self._key:
            case RSAPrivateKey() as key:
                return Response(self._sign_rsa(key, command.data), Status.OK)
            case EllipticCurvePrivateKey() as key:
                return Response(_sign_ecdsa(key, command.data), Status.OK)
            case _:
                raise Refusal(Status.UNKNOWN_INSTRUCTION)

    def _sign_rsa(self, key: RSAPrivateKey, challenge: bytes) -> bytes:
        numbers = key.private_numbers()
        modulus = numbers.public_numbers.n
        width = (modulus.bit_length() + 7) // 8
        recoverable = self._random(width - 1 - hashlib.sha256().digest_size - 2)
        digest = hashlib.sha256(recoverable + challenge).digest()
        message = b"\x6a" + recoverable + digest + b"\x34\xcc"
        signature = pow(int.from_bytes(message, "big"), numbers.d, modulus)
        return signature.to_bytes(width, "big")


def _sign_ecdsa(key: EllipticCurvePrivateKey, challenge: bytes) -> bytes:
    """Sign in the plain format of TR-03111 §5.2.1."""
    algorithm: hashes.HashAlgorithm = hashes.SHA512()
    if key.key_size < 512:
        algorithm = hashes.SHA384() if key.key_size >= 384 else hashes.SHA256()
    width = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(challenge, ECDSA(algorithm)))
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")
