"""ECDSA signatures of chips, terminals and issuers (BSI TR-03111 §4.2.1, §5.2.1)."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from ecdsa import ecdsa, ellipticcurve

from edge.emrtd.digests import HASHES
from edge.emrtd.public_key import EcKey


def holds(key: EcKey, digest: str, message: bytes, pair: tuple[int, int]) -> bool:
    """Whether the pair (r, s), any two numbers, is the signature of this key over the message."""
    if not all(0 < number < key.curve.order for number in pair):
        return False
    public = key.curve.openssl_key(key.point)
    if public is None:
        return _holds_elsewhere(key, digest, message, pair)
    try:
        public.verify(encode_dss_signature(*pair), message, ec.ECDSA(HASHES[digest]()))
    except InvalidSignature:
        return False
    return True


def split(key: EcKey, signature: bytes) -> tuple[int, int] | None:
    """Read a plain signature, two numbers of the order's length; None when it is none."""
    width = key.curve.order_length
    if len(signature) != 2 * width:
        return None
    return int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")


def _holds_elsewhere(key: EcKey, digest: str, message: bytes, pair: tuple[int, int]) -> bool:
    """The same by python-ecdsa, on curves that OpenSSL does not have."""
    hashed = hashlib.new(digest, message, usedforsecurity=False).digest()
    number = int.from_bytes(hashed, "big")
    excess = len(hashed) * 8 - key.curve.order.bit_length()
    if excess > 0:
        number >>= excess
    try:
        return bool(_verifier(key).verifies(number, ecdsa.Signature(*pair)))
    except TypeError:  # the sum is the point at infinity, which python-ecdsa gives no coordinate
        return False


def _verifier(key: EcKey) -> ecdsa.Public_key:
    domain = key.curve.domain
    point = ellipticcurve.PointJacobi(domain.curve, key.point.x, key.point.y, 1, key.curve.order)
    return ecdsa.Public_key(domain.generator, point)
