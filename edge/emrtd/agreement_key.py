"""Static keys of chip authentication, on curves and modulo primes (ICAO Doc 9303-11 §9.2.6, §9.5).

DH keys have the form of X9.42 (RFC 3279 §2.3.3) or of PKCS#3 (§9), which does not name the
subgroup; the field has both (Doc 9303-11 §8.5).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from edge.emrtd import der, modp, public_key, tlv
from edge.emrtd.curves import Curve
from edge.emrtd.domain_parameters import DomainParameters
from edge.emrtd.groups import Element, SmallOrderElement
from edge.emrtd.modp import ModpGroup, Residue
from edge.emrtd.public_key import EcKey
from edge.errors import MalformedFile

_X942: Final = "1.2.840.10046.2.1"
_PKCS3: Final = "1.2.840.113549.1.3.1"
_STANDARDISED: Final = "0.4.0.127.0.7.1.2"
_PRIME_BITS: Final = range(1024, 4097)
"""A smaller prime proves nothing, a larger one costs a gate seconds."""
_SMALLEST_ORDER_BITS: Final = 160


@dataclass(frozen=True, slots=True)
class AgreementKey:
    """A public key of key agreement: domain parameters, and a valid element of their group."""

    group: DomainParameters
    element: Element


def parse(subject_public_key_info: bytes) -> AgreementKey:
    """Read a public key; MalformedFile, UnfitElement when it is no valid one of its group.

    Explicit DH parameters are accepted within bounds.  A chip with weak parameters reveals only its
    own secret, and the key proves nothing without the signature of the issuer.
    """
    info = tlv.read_one(subject_public_key_info, der.SEQUENCE).children()
    group = modp_group(tlv.encode(der.SEQUENCE, tlv.only(info[:1], der.SEQUENCE)))
    if group is None:
        key = public_key.parse(subject_public_key_info)
        if not isinstance(key, EcKey):
            raise MalformedFile("a key that agrees on nothing")
        return AgreementKey(key.curve, key.point)
    bits = tlv.only(info, der.BIT_STRING)
    if bits[:1] != b"\x00":
        raise MalformedFile("a public key of broken bytes")
    value = tlv.read_one(bits[1:], der.INTEGER).value
    return AgreementKey(group, decode(group, value.lstrip(b"\x00") or b"\x00"))


def decode(group: DomainParameters, octets: bytes) -> Element:
    """Decode and validate an ephemeral public key; UnfitElement.

    Also refuses the element of order two, which a group of unknown order cannot find.
    """
    element = group.decode(octets)
    if isinstance(group, ModpGroup) and element == Residue(group.prime - 1):
        raise SmallOrderElement(f"a number of order two in {group.name}")
    return element


def compress(group: DomainParameters, octets: bytes) -> bytes:
    """Shorten an encoded public key as terminal authentication signs it: Comp() of the standard.

    The x-coordinate of a point (§7.1.4.2.3); of a DH value its SHA-1 (§7.1.4.1.3).
    """
    if isinstance(group, Curve):
        return octets[1 : 1 + group.field_length]
    return hashlib.sha1(octets, usedforsecurity=False).digest()


def modp_group(algorithm_identifier: bytes) -> ModpGroup | None:
    """Return the group modulo a prime that is named or described; None for all else.

    Raises MalformedFile when it is described badly.
    """
    algorithm = tlv.read_one(algorithm_identifier, der.SEQUENCE).children()
    oid, parameters = der.decode_oid(tlv.only(algorithm[:1], der.OID)), algorithm[1:]
    if oid == _STANDARDISED:
        number = der.decode_integer(tlv.only(parameters, der.INTEGER))
        return modp.STANDARDISED.get(number)
    if oid not in {_X942, _PKCS3}:
        return None
    fields = tlv.Tlv(der.SEQUENCE, tlv.only(parameters, der.SEQUENCE)).children()
    numbers = [der.decode_integer(tlv.only((each,), der.INTEGER)) for each in fields[:2]]
    if len(numbers) != 2:
        raise MalformedFile("DH parameters without prime or generator")
    prime, base = numbers
    order = None
    if oid == _X942:
        order = der.decode_integer(tlv.only(fields[2:3], der.INTEGER))
    return _known(prime, base, order) or _described(prime, base, order)


def _known(prime: int, base: int, order: int | None) -> ModpGroup | None:
    for group in modp.STANDARDISED.values():
        if (prime, base) == (group.prime, group.base.value) and order in (None, group.order):
            return group
    return None


def _described(prime: int, base: int, order: int | None) -> ModpGroup:
    """A group that the issuer made; without q its order is the largest possible one."""
    if prime.bit_length() not in _PRIME_BITS or prime % 2 == 0 or not 1 < base < prime - 1:
        raise MalformedFile("DH parameters that no chip has")
    if order is None:
        return ModpGroup("modp-pkcs3", prime, Residue(base), prime - 1)
    if order.bit_length() < _SMALLEST_ORDER_BITS or (prime - 1) % order:
        raise MalformedFile("a DH subgroup of impossible order")
    group = ModpGroup("modp-x942", prime, Residue(base), order)
    group.decode(group.encode(group.base))
    return group
