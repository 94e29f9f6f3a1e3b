"""Standardised domain parameters, by id or recognised from their numbers (Doc 9303-11 §9.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from edge.emrtd import curves, der, modp, public_key, tlv
from edge.emrtd.curves import Curve
from edge.emrtd.modp import ModpGroup
from edge.errors import MalformedFile

DomainParameters: TypeAlias = Curve | ModpGroup
"""Each is the `Group` that its numbers describe."""

STANDARDISED: Final[Mapping[int, DomainParameters]] = {**modp.STANDARDISED, **curves.STANDARDISED}
"""By id (Table 12)."""

_BY_ID: Final = "0.4.0.127.0.7.1.2"
_DH_PUBLIC_NUMBER: Final = "1.2.840.10046.2.1"
_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"


def recognise(algorithm_identifier: bytes) -> DomainParameters | None:
    """Return the standardised parameters that an AlgorithmIdentifier names or spells out.

    None unless every one of them is that of a standardised set: parameters of an attacker reveal
    the password (§9.2.2).
    """
    try:
        oid, parameters = _split(algorithm_identifier)
        if oid == _BY_ID:
            return STANDARDISED.get(der.decode_integer(tlv.only(parameters, der.INTEGER)))
        if oid == _DH_PUBLIC_NUMBER:
            return _explicit_group(tlv.only(parameters, der.SEQUENCE))
        return public_key.curve_of(parameters) if oid == _EC_PUBLIC_KEY else None
    except MalformedFile:
        return None


def _split(algorithm_identifier: bytes) -> tuple[str, tuple[tlv.Tlv, ...]]:
    fields = tlv.read_one(algorithm_identifier, der.SEQUENCE).children()
    return der.decode_oid(tlv.only(fields[:1], der.OID)), fields[1:]


def _explicit_group(parameters: bytes) -> ModpGroup | None:
    """Find the group with exactly this p, g and q (RFC 3279 §2.3.3)."""
    numbers = tlv.read_all(parameters)[:3]
    if [number.tag for number in numbers] != [der.INTEGER] * 3:
        return None
    described = tuple(der.decode_integer(number.value) for number in numbers)
    for group in modp.STANDARDISED.values():
        if described == (group.prime, group.base.value, group.order):
            return group
    return None
