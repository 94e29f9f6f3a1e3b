"""Active Authentication: the command, and the verification of answers."""

from __future__ import annotations

import hashlib
import secrets

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from edge.emrtd import active_auth, der, tlv
from edge.emrtd.apdu import Command
from edge.emrtd.dialogue import run
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg15
from edge.emrtd.security_infos import ActiveAuthenticationInfo
from edge.errors import MalformedFile
from tests.support.emrtd.specimens import PRIVATE_KEY, ec_key, insert, read, rsa_key, specimen, spki

CHALLENGE = bytes.fromhex("F173589974BF40C6")
TRAILERS = {
    "sha1": b"\xbc",
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}
PLAIN_ECDSA_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"


def representative(key: rsa.RSAPrivateKey, digest: str = "sha256", head: bytes = b"\x6a") -> bytes:
    """The message representative of ISO/IEC 9796-2 scheme 1 over CHALLENGE."""
    width = key.key_size // 8
    size = hashlib.new(digest).digest_size
    nonce = secrets.token_bytes(width - 1 - size - len(TRAILERS[digest]))
    hashed = hashlib.new(digest, nonce + CHALLENGE).digest()
    return head + nonce + hashed + TRAILERS[digest]


def sign(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    numbers = key.private_numbers()
    signature = pow(int.from_bytes(message, "big"), numbers.d, numbers.public_numbers.n)
    return signature.to_bytes(key.key_size // 8, "big")


def rsa_spki(modulus: int, exponent: int) -> bytes:
    key = tlv.encode(der.SEQUENCE, der.encode_integer(modulus), der.encode_integer(exponent))
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.1"), b"\x05\x00")
    return tlv.encode(der.SEQUENCE, algorithm, tlv.encode(der.BIT_STRING, b"\x00", key))


@pytest.mark.parametrize(
    "key",
    [rsa_key(1024), rsa_key(2048), ec_key(), ec_key(ec.SECP384R1), ec_key(ec.SECP521R1)],
    ids=["rsa-1024", "rsa-2048", "brainpoolP256r1", "P-384", "P-521"],
)
def test_against_the_virtual_chip(key: PRIVATE_KEY) -> None:
    contents = read(insert(specimen(active_auth_key=key)).transmit)
    found = contents.active_authentication
    assert found is not None
    public_key = dg15.decode(contents.files[ElementaryFile.DG15])
    assert active_auth.verify(public_key, None, found.challenge, found.response)
    assert active_auth.verify(public_key, None, bytes(8), found.response) is False


@pytest.mark.parametrize("digest", TRAILERS)
@pytest.mark.parametrize("bits", [1024, 2048])
def test_rsa_with_every_digest(digest: str, bits: int) -> None:
    key = rsa_key(bits)
    response = sign(key, representative(key, digest))
    assert active_auth.verify(spki(key), None, CHALLENGE, response)


def test_rsa_signed_with_the_smaller_root() -> None:
    """ISO/IEC 9796-2 B.4 sends min(s, n - s); both must verify."""
    key = rsa_key(1024)
    signature = int.from_bytes(sign(key, representative(key)), "big")
    modulus = key.public_key().public_numbers().n
    for root in (signature, modulus - signature):
        assert active_auth.verify(spki(key), None, CHALLENGE, root.to_bytes(128, "big"))


def test_rsa_representatives_that_are_not() -> None:
    key = rsa_key(1024)
    good = representative(key)
    wrong_digest = bytes((*good[:-3], good[-3] ^ 1, *good[-2:]))
    for message in (
        representative(key, head=b"\x4a"),
        wrong_digest,
        good[:-2] + b"\x33\xcc",
        good[:-2] + b"\x34\xac",
    ):
        assert active_auth.verify(spki(key), None, CHALLENGE, sign(key, message)) is False


@pytest.mark.parametrize("response", [b"", b"\x00", b"\x01", bytes(127) + b"\x01", bytes(400)])
def test_rsa_answers_out_of_range(response: bytes) -> None:
    assert active_auth.verify(spki(rsa_key(1024)), None, CHALLENGE, response) is False


def test_challenges_are_eight_bytes() -> None:
    key = rsa_key(1024)
    response = sign(key, representative(key))
    assert active_auth.verify(spki(key), None, CHALLENGE + b"\x00", response) is False


@pytest.mark.parametrize(
    ("modulus", "exponent"),
    [
        ((1 << 1000) + 1, 65537),
        (1 << 1023, 65537),
        ((1 << 1023) + 1, 1),
        ((1 << 1023) + 1, 0),
        ((1 << 1023) + 1, 65536),
        ((1 << 1023) + 1, (1 << 1000) + 1),
        ((1 << 16000) + 1, 65537),
    ],
    ids=["short", "even", "e-1", "e-0", "e-even", "e-huge", "huge"],
)
def test_rsa_keys_too_weak_or_too_costly(modulus: int, exponent: int) -> None:
    weak = rsa_spki(modulus, exponent)
    assert active_auth.verify(weak, None, CHALLENGE, representative(rsa_key(1024))) is False


@pytest.mark.parametrize("digest", [hashes.SHA224(), hashes.SHA256(), hashes.SHA384()])
def test_ecdsa_answers_plain_and_der(digest: hashes.HashAlgorithm) -> None:
    key = ec_key(ec.SECP384R1)
    encoded = key.sign(CHALLENGE, ec.ECDSA(digest))
    r, s = decode_dss_signature(encoded)
    plain = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    for response in (plain, encoded):
        assert active_auth.verify(spki(key), None, CHALLENGE, response)


def test_ecdsa_digest_longer_than_the_key() -> None:
    key = ec_key(ec.SECP224R1)
    assert active_auth.verify(
        spki(key), None, CHALLENGE, key.sign(CHALLENGE, ec.ECDSA(hashes.SHA512()))
    )


def test_ecdsa_with_the_digest_that_dg14_names() -> None:
    key = ec_key(ec.SECP256R1)
    response = key.sign(CHALLENGE, ec.ECDSA(hashes.SHA256()))
    hint = ActiveAuthenticationInfo(PLAIN_ECDSA_SHA256).signature_algorithm
    assert active_auth.verify(spki(key), hint, CHALLENGE, response)
    for other in ("0.4.0.127.0.7.1.1.4.1.5", "0.4.0.127.0.7.1.1.4.1.1", "1.2.3"):
        assert active_auth.verify(spki(key), other, CHALLENGE, response) is False


NAMED = {
    "0.4.0.127.0.7.1.1.4.1.2": hashes.SHA224(),
    "0.4.0.127.0.7.1.1.4.1.3": hashes.SHA256(),
    "0.4.0.127.0.7.1.1.4.1.4": hashes.SHA384(),
    "0.4.0.127.0.7.1.1.4.1.5": hashes.SHA512(),
    "1.2.840.10045.4.3.1": hashes.SHA224(),
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
"""TR-03111 §5.2.1.1, RFC 5758 §3.2; SHA-1 is none of them (Doc 9303-11 §6.1.2.3)."""


@pytest.mark.parametrize("oid", NAMED)
def test_each_algorithm_of_dg14_names_its_digest(oid: str) -> None:
    key = ec_key(ec.SECP521R1)
    for digest in (hashes.SHA1(), *list(NAMED.values())[:4]):  # noqa: S303  # it must be refused
        response = key.sign(CHALLENGE, ec.ECDSA(digest))
        expected = digest.name == NAMED[oid].name
        assert active_auth.verify(spki(key), oid, CHALLENGE, response) is expected
        tried = active_auth.verify(spki(key), None, CHALLENGE, response)
        assert tried is (digest.name != "sha1")


def test_an_answer_in_der_is_two_integers() -> None:
    key = ec_key(ec.SECP256R1)
    genuine = key.sign(CHALLENGE, ec.ECDSA(hashes.SHA256()))
    r, s = tlv.read_one(genuine, 0x30).children()
    one, other = (tlv.encode(0x02, each.value) for each in (r, s))
    assert active_auth.verify(spki(key), None, CHALLENGE, tlv.encode(0x30, one, other)) is True
    for parts in ((other, one), (one,), (one, other, other), (one, tlv.encode(0x04, s.value))):
        assert active_auth.verify(spki(key), None, CHALLENGE, tlv.encode(0x30, *parts)) is False


@pytest.mark.parametrize("response", ["", "3000", "3006020101020101", "00" * 64, "FF" * 64])
def test_ecdsa_answers_that_are_none(response: str) -> None:
    key = spki(ec_key(ec.SECP256R1))
    assert active_auth.verify(key, None, CHALLENGE, bytes.fromhex(response)) is False


def test_ecdsa_answer_whose_sum_is_the_point_at_infinity() -> None:
    key = ec_key(ec.SECP256R1)
    order = key.curve.group_order
    digest = int.from_bytes(hashlib.sha256(CHALLENGE).digest(), "big")
    r = -digest * pow(key.private_numbers().private_value, -1, order) % order
    response = r.to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert active_auth.verify(spki(key), None, CHALLENGE, response) is False


def test_an_unreadable_key() -> None:
    with pytest.raises(MalformedFile):
        active_auth.verify(b"\x30\x00", None, CHALLENGE, b"")


def answers(*replies: bytes) -> tuple[list[int | None], bytes]:
    """What Le a terminal asks for, and what it takes as the answer, given these replies."""
    asked: list[int | None] = []
    script = iter(replies)

    def transmit(raw: bytes) -> bytes:
        asked.append(Command.parse(raw).le)
        return next(script)

    request = active_auth.request(CHALLENGE, spki(rsa_key()), extended_length=True)
    return asked, run(request, transmit)


def test_long_signatures_are_asked_for_with_extended_length() -> None:
    assert answers(b"\xaa\x90\x00") == ([65536], b"\xaa")


@pytest.mark.parametrize("reply", [b"\x67\x00", b"\x90\x00"])
def test_chips_that_do_not_bear_extended_length_are_asked_again(reply: bytes) -> None:
    assert answers(reply, b"\xaa\x90\x00") == ([65536, 256], b"\xaa")


def test_the_command_byte_by_byte() -> None:
    """INTERNAL AUTHENTICATE (Doc 9303-11 §6.1.3), short and extended."""
    sent: list[str] = []

    def transmit(raw: bytes) -> bytes:
        sent.append(raw.hex().upper())
        return b"\x67\x00"

    for key, extended in ((rsa_key(2048), True), (rsa_key(2048), False), (rsa_key(1024), True)):
        run(active_auth.request(CHALLENGE, spki(key), extended_length=extended), transmit)
    short = "0088000008F173589974BF40C600"
    assert sent == ["00880000000008F173589974BF40C60000", short, short, short]


def test_a_refusal_is_an_empty_answer() -> None:
    assert answers(b"\x69\x85", b"\x69\x85") == ([65536, 256], b"")


@pytest.mark.parametrize("key", [spki(ec_key()), b"\x30\x00"], ids=["p-256", "unreadable"])
def test_short_signatures_need_no_extended_length(key: bytes) -> None:
    asked: list[int | None] = []

    def transmit(raw: bytes) -> bytes:
        asked.append(Command.parse(raw).le)
        return b"\xaa\x90\x00"

    run(active_auth.request(CHALLENGE, key, extended_length=True), transmit)
    assert asked == [256]
