"""Key pairs of specimen chips: on curves, modulo primes, RSA; and how chips spell them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typing_extensions import override

from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import curves, der, modp, tlv
from edge.emrtd.curves import Curve

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_STANDARDISED: Final = "0.4.0.127.0.7.1.2"


@dataclass(frozen=True, slots=True, repr=False)
class DhKey:
    """A private number modulo a standardised prime (Doc 9303-11 Table 12)."""

    parameter_id: int
    private: int

    def public(self) -> bytes:
        """The SubjectPublicKeyInfo, parameters by number (Doc 9303-11 §9.5.1)."""
        group = modp.STANDARDISED[self.parameter_id]
        value = der.encode_integer(group.multiply(group.base, self.private).value)
        return tlv.encode(
            der.SEQUENCE, self._algorithm(), tlv.encode(der.BIT_STRING, b"\x00", value)
        )

    def encode(self) -> bytes:
        """Write PKCS#8."""
        number = tlv.encode(der.OCTET_STRING, der.encode_integer(self.private))
        return tlv.encode(der.SEQUENCE, der.encode_integer(0), self._algorithm(), number)

    def _algorithm(self) -> bytes:
        number = der.encode_integer(self.parameter_id)
        return tlv.encode(der.SEQUENCE, der.encode_oid(_STANDARDISED), number)

    @override
    def __repr__(self) -> str:
        """Hide the key."""
        return f"DhKey({self.parameter_id}, <redacted>)"


KeyPair: TypeAlias = StaticKey | DhKey | rsa.RSAPrivateKey


def ec_key(parameter_id: int) -> StaticKey:
    """A fresh key on a standardised curve; KeyError when there is no such curve."""
    curve = curves.STANDARDISED[parameter_id]
    return StaticKey(curve, curve.scalar(secrets.token_bytes))


def agreement_key(parameter_id: int) -> StaticKey | DhKey:
    """A fresh key on standardised domain parameters; KeyError when there are no such."""
    group = modp.STANDARDISED.get(parameter_id)
    if group is None:
        return ec_key(parameter_id)
    return DhKey(parameter_id, group.scalar(secrets.token_bytes))


def public(key: KeyPair, *, explicit: bool = False) -> bytes:
    """SubjectPublicKeyInfo; `explicit` spells the curve out, as most issuers do."""
    if isinstance(key, StaticKey):
        return _explicit(key) if explicit else key.public()
    if isinstance(key, DhKey):
        return key.public()
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def private(key: KeyPair | None) -> bytes | None:
    """PKCS#8, None for no key."""
    if key is None:
        return None
    if isinstance(key, StaticKey | DhKey):
        return key.encode()
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _explicit(key: StaticKey) -> bytes:
    """RFC 3279 §2.3.5."""
    curve = key.curve
    point = curve.encode(curve.multiply(curve.base, key.private))
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(_EC_PUBLIC_KEY), _parameters(curve))
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", point))


def _parameters(curve: Curve) -> bytes:
    field = tlv.encode(der.SEQUENCE, der.encode_oid(_PRIME_FIELD), der.encode_integer(curve.prime))
    coefficients = (
        tlv.encode(der.OCTET_STRING, curve.coordinate(number)) for number in (curve.a, curve.b)
    )
    return tlv.encode(
        der.SEQUENCE,
        der.encode_integer(1),
        field,
        tlv.encode(der.SEQUENCE, *coefficients),
        tlv.encode(der.OCTET_STRING, curve.encode(curve.base)),
        der.encode_integer(curve.order),
        der.encode_integer(1),
    )
