"""Active Authentication, the side of the chip (ICAO Doc 9303-11 §6.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.chip.static_key import StaticKey
from drivers.virtual.chip.status import Refusal, Status
from edge.emrtd import der, tlv
from edge.emrtd.active_auth import CHALLENGE_LENGTH
from edge.emrtd.apdu import Command, Response
from edge.emrtd.curves import Curve
from edge.errors import SettingsError


class ActiveAuthenticationSide:
    """The signing key of the chip; without one every challenge is refused.

    RSA signs with SHA-256 (ISO/IEC 9796-2 scheme 1), ECDSA with the digest of the curve's size.
    SettingsError when the key is neither.
    """

    def __init__(self, personalisation: Personalisation, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._encodes = _der if personalisation.quirks.active_auth_in_der else _plain
        self._key = _load(personalisation.active_auth_key)

    def authenticate(self, command: Command) -> Response:
        """INTERNAL AUTHENTICATE."""
        if len(command.data) != CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_DATA)
        match self._key:
            case RSAPrivateKey() as key:
                return Response(self._sign_rsa(key, command.data), Status.OK)
            case StaticKey() as key:
                return Response(self._sign_ecdsa(key, command.data), Status.OK)
            case None:
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

    def _sign_ecdsa(self, key: StaticKey, challenge: bytes) -> bytes:
        """Sign as in FIPS 186-5 §6.4.1; r and s are practically never zero."""
        curve = key.curve
        digest = hashlib.new(digest_for(curve), challenge).digest()
        excess = max(0, len(digest) * 8 - curve.order.bit_length())
        number = int.from_bytes(digest, "big") >> excess
        once = curve.scalar(self._random)
        r = curve.multiply(curve.base, once).x % curve.order
        s = pow(once, -1, curve.order) * (number + r * key.private) % curve.order
        return self._encodes(curve, r, s)


def digest_for(curve: Curve) -> str:
    """The digest for a curve: SHA-256 or longer, but no longer than the order of the curve."""
    bits = curve.order.bit_length()
    return "sha512" if bits >= 512 else "sha384" if bits >= 384 else "sha256"


def _load(encoded: bytes | None) -> RSAPrivateKey | StaticKey | None:
    if encoded is None:
        return None
    try:
        return StaticKey.decode(encoded)
    except SettingsError:
        pass  # then it is a key of the other kind
    key = load_der_private_key(encoded, None)
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError("virtual chip: active authentication needs an EC or RSA key")
    return key


def _plain(curve: Curve, r: int, s: int) -> bytes:
    """TR-03111 §5.2.1."""
    width = curve.order_length
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def _der(_: Curve, r: int, s: int) -> bytes:
    """TR-03111 §5.2.2."""
    return tlv.encode(der.SEQUENCE, der.encode_integer(r), der.encode_integer(s))
