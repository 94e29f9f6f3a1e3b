"""Chip authentication data of PACE-CAM, both sides (ICAO Doc 9303-11 §4.4.3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edge.emrtd import public_key
from edge.emrtd.ciphers import pad, unpad
from edge.emrtd.contents import ChipAuthenticationMapping
from edge.emrtd.curves import Curve
from edge.emrtd.public_key import EcKey
from edge.emrtd.secure_messaging import SessionKeys
from edge.emrtd.security_infos import ChipAuthenticationPublicKeyInfo, SecurityInfo
from edge.errors import ChipError, MalformedFile

_BLOCK: Final = 16
_MOST_BLOCKS: Final = 8


def authentication_data(curve: Curve, static: int, mapping: int) -> bytes:
    """Chip: relate the private key of the mapping to the static one (§4.4.3.5.1)."""
    data = pow(static, -1, curve.order) * mapping % curve.order
    return data.to_bytes(curve.order_length, "big")


def seal(keys: SessionKeys, data: bytes) -> bytes:
    """Chip: encrypt authentication data (§4.4.3.5.3, §4.4.3.5.4)."""
    return keys.cipher.encrypt(keys.encryption, initial_vector(keys), pad(data, _BLOCK))


def unseal(keys: SessionKeys, sealed: bytes) -> bytes:
    """Terminal: decrypt authentication data; empty when they cannot be read."""
    if not 0 < len(sealed) <= _MOST_BLOCKS * _BLOCK or len(sealed) % _BLOCK:
        return b""
    try:
        return unpad(keys.cipher.decrypt(keys.encryption, initial_vector(keys), sealed))
    except ChipError:
        return b""


def initial_vector(keys: SessionKeys) -> bytes:
    """Encrypt a block of ones (§4.4.3.5.4)."""
    return keys.cipher.encrypt(keys.encryption, keys.cipher.zero_iv, b"\xff" * _BLOCK)


def static_keys(infos: Iterable[SecurityInfo], parameter_id: int) -> tuple[EcKey, ...]:
    """Return the keys that a PACE-CAM may prove: those with the id of its parameters.

    Entries that break the specification and keys on unknown curves do not count: some genuine files
    have such entries.
    """
    held = [
        _ec_key(info)
        for info in infos
        if isinstance(info, ChipAuthenticationPublicKeyInfo) and info.key_id == parameter_id
    ]
    return tuple(key for key in held if key is not None)


def proves(claim: ChipAuthenticationMapping, infos: Iterable[SecurityInfo]) -> bool:
    """Terminal: whether the chip knows the private key of a key that its issuer signed.

    `infos` are the SecurityInfos of EF.CardSecurity, *after* passive authentication of that file.
    Before it, True proves nothing (§4.4.3.5.2).
    """
    return any(_is_related(claim, key) for key in static_keys(infos, claim.parameter_id))


def _is_related(claim: ChipAuthenticationMapping, key: EcKey) -> bool:
    scalar = int.from_bytes(claim.data, "big")
    if len(claim.data) > key.curve.order_length or not 0 < scalar < key.curve.order:
        return False
    try:
        return key.curve.multiply(key.point, scalar) == key.curve.decode(claim.mapping_key)
    except MalformedFile:
        return False


def _ec_key(info: ChipAuthenticationPublicKeyInfo) -> EcKey | None:
    try:
        key = public_key.parse(info.public_key)
    except MalformedFile:
        return None
    return key if isinstance(key, EcKey) else None
