"""RSA keys of chips and terminals: the weakest and the costliest that prove anything.

A signature of each is right, so that nothing but the key can be refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from edge.emrtd import active_auth, der, public_key, terminal_signature, tlv
from edge.emrtd.public_key import RsaKey
from tests.support.emrtd.mersenne_keys import (
    OF_1023_BITS,
    OF_1025_BITS_EVEN,
    OF_1128_BITS,
    OF_8192_BITS,
    OF_8193_BITS,
    MersenneKey,
)
from tests.support.emrtd.specimens import ec_key, rsa_key, spki
from tests.support.emrtd.unfit_keys import rsa_spki

CHALLENGE = bytes.fromhex("F173589974BF40C6")
OF_64_BITS, OF_65_BITS = 0x8000000000000005, 0x10000000000000001
OF_32_BITS, OF_33_BITS = 0x80000003, 0x100000001


def representative(octets: int, digest: str = "sha1", trailer: bytes = b"\xbc") -> bytes:
    """The message representative of ISO/IEC 9796-2 scheme 1 over CHALLENGE, with a first of 0."""
    size = hashlib.new(digest).digest_size
    nonce = bytes(octets - 2 - size - len(trailer))
    hashed = hashlib.new(digest, nonce + CHALLENGE).digest()
    return b"\x6a" + nonce + hashed + trailer


class TestActiveAuthentication:
    """Doc 9303-11 §6.1, ISO/IEC 9796-2."""

    @pytest.mark.parametrize(
        ("key", "proves"),
        [
            (OF_1023_BITS, False),
            (OF_1128_BITS, True),
            (OF_8192_BITS, True),
            (OF_8193_BITS, False),
            (OF_1025_BITS_EVEN, False),
            (MersenneKey((607, 521, 2)), True),
            (replace(OF_1128_BITS, exponent=OF_64_BITS), True),
            (replace(OF_1128_BITS, exponent=OF_65_BITS), False),
        ],
        ids=["1023", "1128", "8192", "8193", "even", "three in it", "e of 64 bits", "e of 65 bits"],
    )
    def test_keys(self, key: MersenneKey, proves: bool) -> None:
        """The representative is a byte shorter than the modulus, so it is smaller."""
        response = key.power(representative(key.octets))
        public = rsa_spki(key.modulus, key.exponent)
        assert active_auth.verify(public, None, CHALLENGE, response) is proves
        assert active_auth.verify(public, None, CHALLENGE, b"\x00" + response) is False

    def test_an_exponent_of_three(self) -> None:
        key = rsa.generate_private_key(3, 2048)
        numbers = key.private_numbers()
        message = int.from_bytes(representative(256), "big")
        response = pow(message, numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
        assert active_auth.verify(spki(key), None, CHALLENGE, response) is True

    def test_what_is_no_power_of_anything_signs_nothing(self) -> None:
        """A modulus made for it: 1 and n - 1 would be signatures, although no key is known."""
        message = representative(130)
        modulus = int.from_bytes(message, "big") + 1
        for number in (1, modulus - 1):
            response = number.to_bytes(129, "big")
            assert active_auth.verify(rsa_spki(modulus, 3), None, CHALLENGE, response) is False

    def test_every_other_number_may(self) -> None:
        """From 2 to n - 2: a modulus that divides 2^e - m makes them signatures of m."""
        exponent = 1027
        modulus = (2**exponent - int.from_bytes(representative(129), "big")) // 4
        for number in (2, modulus - 2):
            response = number.to_bytes(129, "big")
            assert (
                active_auth.verify(rsa_spki(modulus, exponent), None, CHALLENGE, response) is True
            )

    @pytest.mark.parametrize(
        ("digest", "trailer"),
        [
            ("sha1", "BC"),
            ("sha1", "33CC"),
            ("sha224", "38CC"),
            ("sha256", "34CC"),
            ("sha384", "36CC"),
            ("sha512", "35CC"),
        ],
    )
    def test_the_trailer_names_the_digest(self, digest: str, trailer: str) -> None:
        """ISO/IEC 10118-3 numbers them; the trailer BC means SHA-1 (§6.1.2.2)."""
        key = OF_1128_BITS
        public = rsa_spki(key.modulus, key.exponent)
        for other in ("sha1", "sha224", "sha256", "sha384", "sha512"):
            message = representative(key.octets, other, bytes.fromhex(trailer))
            found = active_auth.verify(public, None, CHALLENGE, key.power(message))
            assert found is (other == digest)

    def test_a_trailer_of_another_kind(self) -> None:
        key = OF_1128_BITS
        for trailer in ("37CC", "34AC", "CC34"):
            message = representative(key.octets, "sha256", bytes.fromhex(trailer))
            response, public = key.power(message), rsa_spki(key.modulus, key.exponent)
            assert active_auth.verify(public, None, CHALLENGE, response) is False

    @pytest.mark.parametrize(("octets", "is_long"), [(223, False), (224, True)])
    def test_signatures_that_fit_a_short_reply(self, octets: int, is_long: bool) -> None:
        """223 bytes are the most that AES leaves of 256 (§9.8.6)."""
        for modulus in (2 ** (8 * octets) - 1, 2 ** (8 * octets - 8) + 1):
            assert active_auth.is_long(rsa_spki(modulus, 3)) is is_long


DIGEST_INFOS = {
    "sha1": "3021300906052b0e03021a05000414",
    "sha256": "3031300d060960864801650304020105000420",
    "sha512": "3051300d060960864801650304020305000440",
}
"""RFC 8017 §9.2 note 1."""
MESSAGE = b"message"
RSA = f"{terminal_signature.TERMINAL_AUTHENTICATION}.1"


def pkcs1(octets: int, digest: str = "sha256") -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 §9.2)."""
    info = bytes.fromhex(DIGEST_INFOS[digest]) + hashlib.new(digest, MESSAGE).digest()
    return (b"\x00\x01".ljust(octets - 1 - len(info), b"\xff")) + b"\x00" + info


class TestTerminals:
    """BSI TR-03110-3 §A.6.3, Doc 9303-11 §7.1.4.1."""

    @pytest.mark.parametrize(
        ("key", "counts"),
        [
            (OF_1023_BITS, False),
            (OF_1128_BITS, True),
            (OF_8192_BITS, True),
            (OF_8193_BITS, False),
            (replace(OF_1128_BITS, exponent=OF_32_BITS), True),
            (replace(OF_1128_BITS, exponent=OF_33_BITS), False),
        ],
        ids=["1023", "1128", "8192", "8193", "e of 32 bits", "e of 33 bits"],
    )
    def test_keys(self, key: MersenneKey, counts: bool) -> None:
        public = RsaKey(key.modulus, key.exponent)
        signature = key.power(pkcs1(key.octets))
        assert terminal_signature.verify(f"{RSA}.2", public, MESSAGE, signature) is counts
        assert terminal_signature.verify(f"{RSA}.2", public, b"other", signature) is False

    def test_exponents_of_one_and_of_three(self) -> None:
        """With one, the message is its own signature."""
        public = RsaKey(OF_1128_BITS.modulus, 1)
        own = pkcs1(OF_1128_BITS.octets)
        assert terminal_signature.verify(f"{RSA}.2", public, MESSAGE, own) is False
        key = rsa.generate_private_key(3, 2048)
        numbers = key.private_numbers()
        signed = pow(int.from_bytes(pkcs1(256), "big"), numbers.d, numbers.public_numbers.n)
        public = RsaKey(numbers.public_numbers.n, 3)
        found = terminal_signature.verify(f"{RSA}.2", public, MESSAGE, signed.to_bytes(256, "big"))
        assert found is True

    @pytest.mark.parametrize(
        ("last", "digest", "is_pss"),
        [
            (1, "sha1", False),
            (2, "sha256", False),
            (3, "sha1", True),
            (4, "sha256", True),
            (5, "sha512", False),
            (6, "sha512", True),
        ],
    )
    def test_algorithms(self, last: int, digest: str, is_pss: bool) -> None:
        """TR-03110-3 Table 26: no algorithm takes the signatures of another."""
        private = rsa_key(2048)
        numbers = private.public_key().public_numbers()
        algorithm = terminal_signature.Algorithm(digest, is_rsa=True, is_pss=is_pss)
        signature = private.sign(
            MESSAGE,
            terminal_signature.padding_of(algorithm),
            terminal_signature.hash_of(algorithm),
        )
        public = RsaKey(numbers.n, numbers.e)
        taken = [
            number
            for number in range(1, 8)
            if terminal_signature.verify(f"{RSA}.{number}", public, MESSAGE, signature)
        ]
        assert taken == [last]
        if not is_pss:
            padded = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n)
            assert padded.to_bytes(256, "big") == pkcs1(256, digest)


@pytest.mark.parametrize("last", range(1, 6))
def test_ecdsa_algorithms_of_terminals(last: int) -> None:
    """TR-03110-3 Table 27: SHA-1, then SHA-224 to SHA-512; plain signatures of two numbers."""
    digests = (hashes.SHA1(), hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303  # chips are used for ten years
    private = ec_key(ec.SECP521R1)
    pair = decode_dss_signature(private.sign(MESSAGE, ec.ECDSA(digests[last - 1])))
    signature = b"".join(number.to_bytes(66, "big") for number in pair)
    key = public_key.parse(spki(private))
    arc = f"{terminal_signature.TERMINAL_AUTHENTICATION}.2"
    taken = [
        number
        for number in range(7)
        if terminal_signature.verify(f"{arc}.{number}", key, MESSAGE, signature)
    ]
    assert taken == [last]
    assert terminal_signature.verify(f"{arc}.{last}", key, MESSAGE, signature[:-1]) is False
    algorithm = terminal_signature.ALGORITHMS[f"{arc}.{last}"]
    assert terminal_signature.hash_of(algorithm).name == digests[last - 1].name


def test_a_key_is_two_integers_without_sign() -> None:
    """RFC 8017 A.1.1; some issuers leave out the zero before a high bit."""
    algorithm = tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.10"))
    for numbers in (b"\x02\x02\x00\x81\x02\x01\x03", b"\x02\x01\x81\x02\x01\x03"):
        key = tlv.encode(der.BIT_STRING, b"\x00", tlv.encode(der.SEQUENCE, numbers))
        assert public_key.parse(tlv.encode(der.SEQUENCE, algorithm, key)) == RsaKey(0x81, 3)
