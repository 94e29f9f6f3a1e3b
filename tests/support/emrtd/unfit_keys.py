"""Public keys and signatures of chips that prove nothing."""

from __future__ import annotations

import hashlib

from edge.emrtd import der, modp, security_infos, tlv
from edge.emrtd.curves import STANDARDISED
from tests.support.emrtd import dh_keys
from tests.support.emrtd.specimens import CA_AES_128

CURVE = STANDARDISED[13]


GROUP = modp.STANDARDISED[2]


EC_KEY = f"{security_infos.PUBLIC_KEY}.2"


DH_KEY = f"{security_infos.PUBLIC_KEY}.1"


DH_AES = f"{security_infos.CHIP_AUTHENTICATION}.1.2"


def point_key(octets: bytes) -> bytes:
    """A SubjectPublicKeyInfo on brainpoolP256r1 with whatever for a point."""
    algorithm = tlv.encode(
        der.SEQUENCE, der.encode_oid("1.2.840.10045.2.1"), der.encode_oid(CURVE.oid)
    )
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", octets))


UNFIT = {
    "off-curve": (EC_KEY, CA_AES_128, point_key(b"\x04" + b"\x01" * 64)),
    "infinity": (EC_KEY, CA_AES_128, point_key(b"\x00")),
    "origin": (EC_KEY, CA_AES_128, point_key(b"\x04" + bytes(64))),
    "dh-0": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.x942(GROUP), 0)),
    "dh-1": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.x942(GROUP), 1)),
    "dh-p-1": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.x942(GROUP), GROUP.prime - 1)),
    "dh-p": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.x942(GROUP), GROUP.prime)),
    "dh-small-order": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.x942(GROUP), 2)),
    "dh-1-pkcs3": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.pkcs3(GROUP), 1)),
    "dh-p-1-pkcs3": (DH_KEY, DH_AES, dh_keys.spki(dh_keys.pkcs3(GROUP), GROUP.prime - 1)),
}


def representative(bits: int) -> bytes:
    """The message representative of ISO/IEC 9796-2 over a challenge of zeros."""
    width = (bits + 7) // 8
    nonce = bytes(width - 1 - 20 - 1)
    digest = hashlib.sha1(nonce + bytes(8), usedforsecurity=False).digest()
    return b"\x6a" + nonce + digest + b"\xbc"


def rsa_spki(modulus: int, exponent: int) -> bytes:
    key = tlv.encode(der.SEQUENCE, der.encode_integer(modulus), der.encode_integer(exponent))
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.1"), b"\x05\x00")
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", key))
