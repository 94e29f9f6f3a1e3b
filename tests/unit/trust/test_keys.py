"""Keys and algorithms: which are accepted, each limit on both sides (Doc 9303-12 §4.1.6)."""

from __future__ import annotations

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from ecdsa import util

from edge.emrtd import der, tlv
from edge.emrtd.digests import HASHES
from edge.errors import MalformedFile
from edge.trust import signatures
from edge.trust.signatures import Scheme, Unverified
from tests.support.trust.specimens import key, pss_algorithm, public_key, spki

MESSAGE = b"what was signed"
RSA = "1.2.840.113549.1.1.1"
SHA1 = hashes.SHA1()  # noqa: S303  # documents of ten years ago have it


def algorithm(oid: str) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm.load(tlv.encode(der.SEQUENCE, der.encode_oid(oid)))


@pytest.mark.parametrize(
    "oid",
    [
        RSA,
        "1.2.840.10045.2.1",  # id-ecPublicKey
        "1.2.840.10045.4",
        "1.2.840.10045.4.2",
        "1.2.840.10045.4.3",
        "1.2.840.10040.4.1",  # id-dsa
    ],
)
def test_the_name_of_a_key_takes_the_digest_beside_it(oid: str) -> None:
    for digest in HASHES:
        assert Scheme.of(algorithm(oid), digest) == Scheme(digest)
    for refused in (None, "md5", "sha3_256"):
        with pytest.raises(MalformedFile, match="a digest that is not accepted"):
            Scheme.of(algorithm(oid), refused)


@pytest.mark.parametrize(
    ("last", "digest"), [(1, "sha1"), (2, "sha224"), (3, "sha256"), (4, "sha384"), (5, "sha512")]
)
def test_plain_signatures_say_their_digest(last: int, digest: str) -> None:
    """TR-03111 §5.2.1."""
    found = Scheme.of(algorithm(f"0.4.0.127.0.7.1.1.4.1.{last}"), "sha1")
    assert found == Scheme(digest, is_plain=True)


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.1.4", "1.2.3.4", "0.4.0.127.0.7.1.1.4.1.6"])
def test_no_other_algorithm_is_accepted(oid: str) -> None:
    """MD5 with RSA, one nobody knows, RIPEMD with plain ECDSA."""
    with pytest.raises(MalformedFile, match="a digest that is not accepted"):
        Scheme.of(algorithm(oid), "sha256")


@pytest.mark.parametrize(("salt", "fits"), [(-1, False), (0, True), (512, True), (513, False)])
def test_a_salt_has_up_to_512_octets(salt: int, fits: bool) -> None:
    if fits:
        assert Scheme.of(pss_algorithm({"salt_length": salt})).salt_length == salt
    else:
        with pytest.raises(MalformedFile, match="impossible salt"):
            Scheme.of(pss_algorithm({"salt_length": salt}))


def test_a_scheme_is_plain_rsa_or_ecdsa_in_der_unless_it_says_otherwise() -> None:
    assert Scheme("sha256") == Scheme("sha256", False, "", 0, False)


# RSA


def fault(info: bytes, signature: bytes, scheme: Scheme | None = None) -> str:
    """Why a signature does not verify; empty when it does."""
    try:
        signatures.verify(info, scheme or Scheme("sha256"), signature, MESSAGE)
    except Unverified as error:
        return str(error)
    return ""


def numbers(modulus: int, exponent: int) -> bytes:
    pair = tlv.encode(der.SEQUENCE, der.encode_integer(modulus), der.encode_integer(exponent))
    return public_key(RSA, b"\x05\x00", pair)


@pytest.mark.parametrize("bits", [1024, 1031, 2047, 2048])
@pytest.mark.parametrize("digest", [SHA1, hashes.SHA512()])
def test_rsa_keys_of_any_length_from_1024_bits_on(bits: int, digest: hashes.HashAlgorithm) -> None:
    private = rsa.generate_private_key(65_537, bits)
    signed = private.sign(MESSAGE, padding.PKCS1v15(), digest)
    assert fault(spki(private), signed, Scheme(digest.name)) == ""
    if bits > 1100:
        mask = padding.PSS(padding.MGF1(digest), 20)
        pss = Scheme(digest.name, is_pss=True, mask_digest=digest.name, salt_length=20)
        assert fault(spki(private), private.sign(MESSAGE, mask, digest), pss) == ""


@pytest.mark.parametrize(
    ("modulus", "exponent", "why"),
    [
        ((1 << 1022) + 1, 65_537, "an RSA key of 1023 bits is not accepted"),
        ((1 << 1023) + 1, 65_537, "the signature does not verify"),
        ((1 << 8191) + 1, 65_537, "the signature does not verify"),
        ((1 << 8192) + 1, 65_537, "an RSA key of 8193 bits is not accepted"),
        ((1 << 2047) + 1, 2, "an RSA exponent that is not accepted"),
        ((1 << 2047) + 1, 3, "the signature does not verify"),
        ((1 << 2047) + 1, (1 << 64) - 1, "the signature does not verify"),
        ((1 << 2047) + 1, (1 << 64) + 1, "an RSA exponent that is not accepted"),
        ((1 << 2047) + 1, 4, "the key cannot be used"),
        (1 << 2047, 3, "the key cannot be used"),
        ((1 << 2047) + 1, 5, "the signature does not verify"),
    ],
)
def test_a_key_too_weak_or_too_costly_is_named_before_it_is_used(
    modulus: int, exponent: int, why: str
) -> None:
    for signature in (b"", bytes(256), b"\x01"):
        assert fault(numbers(modulus, exponent), signature) == why


def test_a_signature_is_less_than_the_modulus() -> None:
    modulus = (1 << 2047) + 1
    for number, why in (
        (modulus - 1, "the signature does not verify"),
        (modulus, "a signature that is larger than the modulus"),
    ):
        assert fault(numbers(modulus, 3), number.to_bytes(256, "big")) == why


@pytest.mark.parametrize(("bits", "why"), [(1024, ""), (2048, "")])
def test_dsa_keys_from_1024_bits_on(bits: int, why: str) -> None:
    private = dsa.generate_private_key(bits)
    assert fault(spki(private), private.sign(MESSAGE, hashes.SHA256())) == why
    wrong = private.sign(MESSAGE + b"!", hashes.SHA256())
    assert fault(spki(private), wrong) == "the signature does not verify"


# Elliptic curves

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P224 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D


@pytest.mark.parametrize(("curve", "order"), [(ec.SECP256R1(), P256), (ec.SECP224R1(), P224)])
@pytest.mark.parametrize("plain", [True, False])
def test_both_numbers_lie_between_nothing_and_the_order(
    curve: ec.EllipticCurve, order: int, plain: bool
) -> None:
    """Whichever library looks at them afterwards."""
    info = spki(ec.generate_private_key(curve))
    width = (order.bit_length() + 7) // 8
    for r, s, of_the_curve in (
        (0, 1, False),
        (1, 0, False),
        (order, 1, False),
        (1, order, False),
        (order - 1, 1, True),
        (1, order - 1, True),
        (1, 1, True),
    ):
        signature = (
            r.to_bytes(width, "big") + s.to_bytes(width, "big")
            if plain
            else tlv.encode(der.SEQUENCE, der.encode_integer(r), der.encode_integer(s))
        )
        found = fault(info, signature, Scheme("sha256", is_plain=plain))
        assert found == (
            "the signature does not verify"
            if of_the_curve
            else "a signature that is not of this curve"
        )


@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP256R1(), ec.BrainpoolP384R1()])
@pytest.mark.parametrize("digest", [SHA1, hashes.SHA256(), hashes.SHA512()])
def test_a_digest_may_be_longer_or_shorter_than_the_order(
    curve: ec.EllipticCurve, digest: hashes.HashAlgorithm
) -> None:
    private = ec.generate_private_key(curve)
    signed = private.sign(MESSAGE, ec.ECDSA(digest))
    assert fault(spki(private), signed, Scheme(digest.name)) == ""
    other = "sha384" if digest.name != "sha384" else "sha256"
    assert fault(spki(private), signed, Scheme(other)) == "the signature does not verify"


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30\x00",
        tlv.encode(der.SEQUENCE, der.encode_integer(1)),
        tlv.encode(der.SEQUENCE, *[der.encode_integer(1)] * 3),
        tlv.encode(der.SEQUENCE, der.encode_integer(1), tlv.encode(der.OCTET_STRING, b"\x01")),
        tlv.encode(der.SET, *[der.encode_integer(1)] * 2),
        util.sigencode_der(1, 1, P256) + b"\x00",
    ],
)
def test_what_is_not_two_numbers_in_der(signature: bytes) -> None:
    assert fault(spki(key()), signature) == "a signature that is not two numbers"


@pytest.mark.parametrize("length", [0, 32, 63, 65, 128])
def test_what_is_not_two_numbers_side_by_side(length: int) -> None:
    found = fault(spki(key()), bytes(length), Scheme("sha256", is_plain=True))
    assert found == "a signature that is not two numbers"
