"""Domain parameters spelt out, as issuers do and attackers try."""

from __future__ import annotations

from edge.emrtd import der, tlv
from edge.emrtd.curves import Curve, Point
from edge.emrtd.modp import ModpGroup

PRIME_FIELD = "1.2.840.10045.1.1"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
DH_PUBLIC_NUMBER = "1.2.840.10046.2.1"
BY_ID = "0.4.0.127.0.7.1.2"


def explicit_parameters(curve: Curve, *, base: Point | None = None) -> bytes:
    """An AlgorithmIdentifier with every parameter of a curve, or with another base point."""
    return tlv.encode(
        der.SEQUENCE,
        der.encode_oid(EC_PUBLIC_KEY),
        tlv.encode(
            der.SEQUENCE,
            der.encode_integer(1),
            tlv.encode(der.SEQUENCE, der.encode_oid(PRIME_FIELD), der.encode_integer(curve.prime)),
            tlv.encode(
                der.SEQUENCE,
                tlv.encode(der.OCTET_STRING, curve.coordinate(curve.a)),
                tlv.encode(der.OCTET_STRING, curve.coordinate(curve.b)),
            ),
            tlv.encode(der.OCTET_STRING, curve.encode(base or curve.base)),
            der.encode_integer(curve.order),
            der.encode_integer(1),
        ),
    )


def explicit_group(group: ModpGroup, *, base: int | None = None) -> bytes:
    """An AlgorithmIdentifier with p, g and q (RFC 3279 §2.3.3), or with another generator."""
    numbers = (group.prime, base or group.base.value, group.order)
    parameters = tlv.encode(der.SEQUENCE, *map(der.encode_integer, numbers))
    return tlv.encode(der.SEQUENCE, der.encode_oid(DH_PUBLIC_NUMBER), parameters)


def by_id(number: int) -> bytes:
    """An AlgorithmIdentifier that names a standardised set."""
    return tlv.encode(der.SEQUENCE, der.encode_oid(BY_ID), der.encode_integer(number))
