"""Static private keys of a virtual chip for key agreement, on curves and modulo primes.

PKCS#8 (RFC 5958): an ECPrivateKey (RFC 5915), or the private number of a DH key (PKCS#3, X9.42).
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from drivers.virtual.chip.static_key import StaticKey
from edge.emrtd import agreement_key, der, tlv
from edge.emrtd.domain_parameters import DomainParameters
from edge.emrtd.groups import Element
from edge.errors import MalformedFile, SettingsError


@dataclass(frozen=True, slots=True, repr=False)
class AgreementSecret:
    """A private key and the domain parameters it belongs to."""

    group: DomainParameters
    private: int

    def public(self) -> Element:
        """The public key, an element of the group."""
        return self.group.multiply(self.group.base, self.private)

    @classmethod
    def decode(cls, encoded: bytes) -> AgreementSecret:
        """Read PKCS#8; SettingsError when it holds no usable key."""
        try:
            fields = tlv.read_one(encoded, der.SEQUENCE).children()
            algorithm = tlv.encode(der.SEQUENCE, tlv.only(fields, der.SEQUENCE))
            group = agreement_key.modp_group(algorithm)
            if group is None:
                static = StaticKey.decode(encoded)
                return cls(static.curve, static.private)
            number = tlv.read_one(tlv.only(fields, der.OCTET_STRING), der.INTEGER).value
        except MalformedFile as error:
            raise SettingsError("virtual chip: not a key of key agreement in PKCS#8 DER") from error
        private = int.from_bytes(number, "big")
        if not 0 < private < group.prime - 1:
            raise SettingsError("virtual chip: a private key outside its group")
        return cls(group, private)

    @override
    def __repr__(self) -> str:
        """Hide the key."""
        return f"AgreementSecret({self.group!r}, <redacted>)"
