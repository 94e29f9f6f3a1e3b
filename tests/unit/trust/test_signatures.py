"""RSASSA-PKCS1-v1_5: DigestInfo with NULL or without parameters, and nothing else gets in."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.emrtd import der, tlv
from edge.trust.signatures import Scheme, Unverified, verify

MESSAGE = b"what was signed"
OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
NULL = bytes.fromhex("0500")


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


def accepts(encoded: bytes, digest: str = "sha256") -> bool:
    """Whether an encoded message (RFC 8017 §9.2), signed as it is, verifies."""
    numbers = key().private_numbers()
    modulus = numbers.public_numbers.n
    signature = pow(int.from_bytes(encoded, "big"), numbers.d, modulus).to_bytes(256, "big")
    public = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        verify(public, Scheme(digest), signature, MESSAGE)
    except Unverified:
        return False
    return True


def info(
    parameters: bytes = NULL, digest: str = "sha256", oid: str = "", tail: bytes = b""
) -> bytes:
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid(oid or OIDS[digest]), parameters)
    value = tlv.encode(der.OCTET_STRING, hashlib.new(digest, MESSAGE).digest())
    return tlv.encode(der.SEQUENCE, algorithm, value + tail)


def encoded(info: bytes, filling: bytes | None = None, head: bytes = b"\x00\x01") -> bytes:
    space = 256 - len(head) - 1 - len(info)
    return head + (b"\xff" * space if filling is None else filling) + b"\x00" + info


@pytest.mark.parametrize("digest", OIDS)
@pytest.mark.parametrize("parameters", [NULL, b""], ids=["NULL", "absent"])
def test_both_forms_of_digest_info(digest: str, parameters: bytes) -> None:
    assert accepts(encoded(info(parameters, digest)), digest)


GOOD = encoded(info(b""))
FORGERIES = {
    "garbage behind a short filling": (b"\x00\x01" + b"\xff" * 8 + b"\x00" + info(b"")).ljust(
        256, b"\0"
    ),
    "garbage inside the digest info": encoded(info(b"", tail=b"\x04\x08garbage!")),
    "garbage as parameters": encoded(info(tlv.encode(der.OCTET_STRING, b"garbage"))),
    "two times NULL": encoded(info(NULL + NULL)),
    "another digest": encoded(info(b"", oid=OIDS["sha384"])),
    "no digest info": encoded(hashlib.sha256(MESSAGE).digest()),
    "block type 2": encoded(info(), head=b"\x00\x02"),
    "a filling that is not all ones": encoded(info(), b"\xff" * 100 + b"\xfe" + b"\xff" * 101),
    "a first octet": b"\x01" + encoded(info())[1:-1] + b"\x00",
    "a length with a leading zero": encoded(
        b"\x30\x81" + bytes([len(info()) - 2]) + info()[2:], b"\xff" * 201
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_nothing_else_gets_in(name: str) -> None:
    assert len(FORGERIES[name]) in {255, 256}
    assert not accepts(FORGERIES[name].rjust(256, b"\0"))


@given(st.integers(1, 255), st.integers(1, 255))
def test_no_octet_of_an_encoded_message_may_be_another(place: int, change: int) -> None:
    """But the first, which would make it larger than a modulus may be."""
    changed = bytearray(GOOD)
    changed[place] ^= change
    assert not accepts(bytes(changed))


def test_a_number_as_large_as_the_modulus_is_no_signature() -> None:
    public = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    modulus = key().public_key().public_numbers().n
    signature = pow(int.from_bytes(GOOD, "big"), key().private_numbers().d, modulus) + modulus
    with pytest.raises(Unverified, match="larger than the modulus"):
        verify(public, Scheme("sha256"), signature.to_bytes(257, "big"), MESSAGE)
