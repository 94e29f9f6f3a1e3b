"""DH keys for tests, in every spelling the field has."""

from __future__ import annotations

from edge.emrtd import der, tlv
from edge.emrtd.modp import ModpGroup

X942, PKCS3, BY_ID = "1.2.840.10046.2.1", "1.2.840.113549.1.3.1", "0.4.0.127.0.7.1.2"


def x942(group: ModpGroup) -> bytes:
    return _algorithm(X942, _numbers(group.prime, group.base.value, group.order))


def pkcs3(group: ModpGroup) -> bytes:
    return _algorithm(PKCS3, _numbers(group.prime, group.base.value))


def by_id(number: int) -> bytes:
    return _algorithm(BY_ID, der.encode_integer(number))


def spki(algorithm: bytes, value: int) -> bytes:
    key = tlv.encode(der.BIT_STRING, b"\x00", der.encode_integer(value))
    return tlv.encode(der.SEQUENCE, algorithm, key)


def pkcs8(algorithm: bytes, private: int) -> bytes:
    key = tlv.encode(der.OCTET_STRING, der.encode_integer(private))
    return tlv.encode(der.SEQUENCE, der.encode_integer(0), algorithm, key)


def _algorithm(oid: str, parameters: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, der.encode_oid(oid), parameters)


def _numbers(*numbers: int) -> bytes:
    return tlv.encode(der.SEQUENCE, *map(der.encode_integer, numbers))
