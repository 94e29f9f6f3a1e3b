"""Static private keys of a virtual chip, also on curves that no library here knows.

PKCS#8 with an ECPrivateKey inside (RFC 5958, RFC 5915); other fields are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from edge.emrtd import der, public_key, tlv
from edge.emrtd.curves import Curve
from edge.errors import MalformedFile, SettingsError

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"


@dataclass(frozen=True, slots=True, repr=False)
class StaticKey:
    """A private key on a curve."""

    curve: Curve
    private: int

    def public(self) -> bytes:
        """The SubjectPublicKeyInfo, curve by name."""
        point = self.curve.encode(self.curve.multiply(self.curve.base, self.private))
        return tlv.encode(
            der.SEQUENCE, self._algorithm(), tlv.encode(der.BIT_STRING, b"\x00", point)
        )

    def encode(self) -> bytes:
        """Write PKCS#8, curve by name."""
        private = self.private.to_bytes(self.curve.order_length, "big")
        inner = tlv.encode(
            der.SEQUENCE, der.encode_integer(1), tlv.encode(der.OCTET_STRING, private)
        )
        return tlv.encode(
            der.SEQUENCE,
            der.encode_integer(0),
            self._algorithm(),
            tlv.encode(der.OCTET_STRING, inner),
        )

    @classmethod
    def decode(cls, encoded: bytes) -> StaticKey:
        """Read PKCS#8; SettingsError when it holds no usable key."""
        try:
            fields = tlv.read_one(encoded, der.SEQUENCE).children()
            algorithm = tlv.Tlv(der.SEQUENCE, tlv.only(fields, der.SEQUENCE)).children()
            inner = tlv.read_one(tlv.only(fields, der.OCTET_STRING), der.SEQUENCE).children()
            curve = public_key.curve_of(algorithm[1:])
            private = int.from_bytes(tlv.only(inner, der.OCTET_STRING), "big")
        except MalformedFile as error:
            raise SettingsError("virtual chip: not an EC private key in PKCS#8 DER") from error
        if not 0 < private < curve.order:
            raise SettingsError("virtual chip: a private key outside the order of its curve")
        return cls(curve, private)

    def _algorithm(self) -> bytes:
        return tlv.encode(
            der.SEQUENCE, der.encode_oid(_EC_PUBLIC_KEY), der.encode_oid(self.curve.oid)
        )

    @override
    def __repr__(self) -> str:
        """Hide the key."""
        return f"StaticKey({self.curve.name}, <redacted>)"
