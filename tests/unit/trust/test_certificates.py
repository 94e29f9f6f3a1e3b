"""Certificates, and the signatures under them, of every kind the field has."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import gmpy2
import pytest
from asn1crypto import algos, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ecdsa import util

from edge.emrtd import der, tlv
from edge.emrtd.curves import STANDARDISED
from edge.errors import MalformedFile
from edge.trust import signatures
from edge.trust.certificates import LARGEST_BYTES, Certificate, split
from edge.trust.signatures import Scheme, Unverified
from tests.support.shared_data import shared
from tests.support.trust.specimens import (
    CA,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    NOW,
    ROOT,
    SIGNER,
    UNHEARD_OF,
    Party,
    PrivateKey,
    altered,
    certify,
    key,
    name,
    parsed,
    pss_algorithm,
    public_key,
    root_certificate,
    signer_certificate,
    spki,
)
from tools.specimen.authority import Validity

MESSAGE = b"what was signed"
SHA256 = Scheme("sha256")
DSA = "1.2.840.10040.4.1"


def pem(*certificates: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(each) + b"-----END CERTIFICATE-----\n"
        for each in certificates
    )


def test_what_trust_needs_is_read() -> None:
    validity = Validity(NOW, NOW + timedelta(days=1))
    encoded = signer_certificate(
        validity=validity,
        extensions=[
            SIGNER.key_id,
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.key.public_key()),
        ],
    )
    found, root = parsed(encoded), parsed(root_certificate(extensions=[ROOT.key_id]))
    assert found.der == encoded
    assert (found.subject, found.issuer) == (
        SIGNER.name.public_bytes(),
        ROOT.name.public_bytes(),
    )
    assert found.serial == x509.load_der_x509_certificate(encoded).serial_number
    assert found.country == "UT"
    assert found.public_key == spki(SIGNER.key)
    assert found.key_id == SIGNER.key_id.digest
    assert found.authority_key_id == ROOT.key_id.digest == root.key_id
    assert (found.not_before, found.not_after) == (validity.begins, validity.ends)
    assert (found.is_ca, root.is_ca) == (False, True)
    assert found.key_usage == frozenset({"digital_signature"})
    assert (found.is_self_issued, root.is_self_issued) == (False, True)
    assert not found.unknown_critical


def test_the_country_is_upper_case_without_blanks() -> None:
    found = parsed(root_certificate(Party(name("ut"), ROOT.key)))
    assert found.country == "UT"


def test_a_subject_without_country_is_of_its_issuers() -> None:
    found = parsed(signer_certificate(Party(name(None), SIGNER.key)))
    assert found.country == "UT"


def test_names_without_any_country_are_of_none() -> None:
    assert parsed(root_certificate(Party(name(None), ROOT.key))).country == ""


def test_validity_includes_its_ends() -> None:
    validity = Validity(NOW, NOW + timedelta(days=1))
    found = parsed(root_certificate(validity=validity))
    assert found.is_valid_at(validity.begins)
    assert found.is_valid_at(validity.ends)
    assert not found.is_valid_at(validity.begins - timedelta(seconds=1))
    assert not found.is_valid_at(validity.ends + timedelta(seconds=1))


@pytest.mark.parametrize("year", ["2020", "0000"])
def test_a_validity_that_cannot_be_compared_with_a_moment_is_malformed(year: str) -> None:
    """Without Z it is of no time zone; the year 0000 is no year (RFC 5280 §4.1.2.5.2)."""
    zone = "Z" if year == "0000" else ""

    def without_zone(content: Any) -> None:
        moment = core.GeneralizedTime(contents=f"{year}0101000000{zone}".encode())
        content["validity"]["not_before"] = asn1_x509.Time("general_time", moment)

    with pytest.raises(MalformedFile, match="validity"):
        parsed(altered(root_certificate(), without_zone))


def test_a_certificate_without_key_usage_may_all() -> None:
    assert parsed(certify(SIGNER, ROOT)).key_usage is None
    assert parsed(certify(SIGNER, ROOT)).may("digital_signature")
    assert parsed(certify(SIGNER, ROOT, DIGITAL_SIGNATURE)).may("digital_signature")
    assert not parsed(certify(SIGNER, ROOT, CERT_SIGN)).may("digital_signature")


def test_a_critical_extension_that_is_not_known_is_noticed() -> None:
    assert parsed(certify(SIGNER, ROOT, UNHEARD_OF)).unknown_critical
    assert not parsed(certify(SIGNER, ROOT, extensions=[UNHEARD_OF])).unknown_critical


def test_the_icao_document_type_list_may_be_critical() -> None:
    types = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.23.136.1.1.6.2"), b"\x05\x00")
    assert not parsed(certify(SIGNER, ROOT, types)).unknown_critical


def test_a_certificate_without_extensions_is_read() -> None:
    def strip(content: Any) -> None:
        del content["extensions"]

    found = parsed(altered(root_certificate(), strip))
    assert (found.is_ca, found.key_usage, found.unknown_critical) == (False, None, False)
    assert (found.key_id, found.authority_key_id) == (None, None)


def test_an_extension_encoded_wrongly_is_as_if_absent() -> None:
    for oid, content in (
        ("2.5.29.14", b"\x30\x00"),
        # The authority's key identifier under a tag that asn1crypto itself stumbles over.
        ("2.5.29.35", tlv.encode(der.SEQUENCE, tlv.encode(0x88, bytes(20)))),
    ):
        broken = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), content)
        found = parsed(certify(SIGNER, ROOT, extensions=[broken]))
        assert (found.key_id, found.authority_key_id) == (None, None)


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"no certificate", bytes(40)])
def test_what_is_no_certificate(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        parsed(content)


def test_a_certificate_with_bytes_behind_it_is_malformed() -> None:
    with pytest.raises(MalformedFile):
        parsed(root_certificate() + b"\x00")


def test_a_certificate_of_unbearable_size_is_not_looked_into() -> None:
    with pytest.raises(MalformedFile, match="larger"):
        parsed(bytes(LARGEST_BYTES + 1))


def test_extensions_nested_without_end_are_malformed() -> None:
    """Deeper than the parser's own recursion goes."""
    nested = b"\x05\x00"
    for _ in range(3_000):
        nested = tlv.encode(der.SEQUENCE, nested)
    other_name = tlv.encode(0xA0, der.encode_oid("1.2.3"), tlv.encode(0xA0, nested))
    names = tlv.encode(der.SEQUENCE, other_name)
    deep = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), names)
    with pytest.raises(MalformedFile):
        parsed(certify(SIGNER, ROOT, extensions=[deep]))


class TestPem:
    def test_der_is_itself(self) -> None:
        encoded = root_certificate()
        assert split(encoded) == [encoded]

    def test_every_certificate_of_a_file(self) -> None:
        both = [root_certificate(), signer_certificate()]
        assert split(b"a comment\n" + pem(*both)) == both

    def test_a_file_without_a_certificate(self) -> None:
        with pytest.raises(MalformedFile, match="without a certificate"):
            split(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")

    def test_a_certificate_that_is_not_base64(self) -> None:
        with pytest.raises(MalformedFile, match="cannot be read"):
            split(b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")


class TestSignatures:
    @pytest.mark.parametrize(
        "curve",
        [
            ec.SECP224R1,
            ec.SECP256R1,
            ec.SECP384R1,
            ec.SECP521R1,
            ec.BrainpoolP256R1,
            ec.BrainpoolP384R1,
            ec.BrainpoolP512R1,
        ],
    )
    def test_elliptic_curves(self, curve: type[ec.EllipticCurve]) -> None:
        private = ec.generate_private_key(curve())
        signature = private.sign(MESSAGE, ec.ECDSA(hashes.SHA384()))
        signatures.verify(spki(private), Scheme("sha384"), signature, MESSAGE)
        with pytest.raises(Unverified):
            signatures.verify(spki(private), Scheme("sha384"), signature, MESSAGE + b"!")

    @pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"\x30\x06\x02\x01\x01\x02\x01\x01"])
    @pytest.mark.parametrize("curve", [ec.SECP224R1, ec.SECP256R1])
    def test_what_is_no_signature(self, curve: type[ec.EllipticCurve], signature: bytes) -> None:
        with pytest.raises(Unverified):
            signatures.verify(spki(ec.generate_private_key(curve())), SHA256, signature, MESSAGE)

    @pytest.mark.parametrize("curve", [ec.SECP224R1, ec.SECP256R1])
    def test_numbers_written_as_they_should_not_be(self, curve: type[ec.EllipticCurve]) -> None:
        """Zeros too many before r and s, or the one of the sign forgotten."""
        private = ec.generate_private_key(curve())
        r, s = decode_dss_signature(private.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
        for width in (40, 28 if curve is ec.SECP224R1 else 32):
            octets = (tlv.encode(der.INTEGER, each.to_bytes(width, "big")) for each in (r, s))
            signature = tlv.encode(der.SEQUENCE, *octets)
            signatures.verify(spki(private), SHA256, signature, MESSAGE)

    def test_r_and_s_side_by_side(self) -> None:
        private = key()
        r, s = decode_dss_signature(private.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
        encoded = tlv.encode(der.SEQUENCE, der.encode_oid("0.4.0.127.0.7.1.1.4.1.3"))
        plain = Scheme.of(algos.SignedDigestAlgorithm.load(encoded))
        assert plain == Scheme("sha256", is_plain=True)
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        signatures.verify(spki(private), plain, signature, MESSAGE)
        with pytest.raises(Unverified, match="two numbers"):
            signatures.verify(spki(private), plain, signature + b"!", MESSAGE)

    def test_numbers_of_another_curve(self) -> None:
        signature = ec.generate_private_key(ec.SECP521R1()).sign(MESSAGE, ec.ECDSA(hashes.SHA512()))
        with pytest.raises(Unverified, match="not of this curve"):
            signatures.verify(spki(key()), SHA256, signature, MESSAGE)

    def test_three_numbers(self) -> None:
        signature = tlv.encode(der.SEQUENCE, *[der.encode_integer(1)] * 3)
        with pytest.raises(Unverified, match="two numbers"):
            signatures.verify(spki(key()), SHA256, signature, MESSAGE)

    def test_an_rsa_signature_without_its_leading_zeros(self) -> None:
        private = rsa.generate_private_key(65_537, 2048)
        signature = private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        signatures.verify(spki(private), SHA256, b"\x00" + signature, MESSAGE)

    def test_explicit_parameters_of_a_known_curve(self) -> None:
        private = key()
        curve = STANDARDISED[12]
        parameters = tlv.encode(
            der.SEQUENCE,
            der.encode_integer(1),
            tlv.encode(
                der.SEQUENCE,
                der.encode_oid("1.2.840.10045.1.1"),
                der.encode_integer(curve.prime),
            ),
            tlv.encode(
                der.SEQUENCE,
                tlv.encode(der.OCTET_STRING, curve.coordinate(curve.a)),
                tlv.encode(der.OCTET_STRING, curve.coordinate(curve.b)),
            ),
            tlv.encode(der.OCTET_STRING, curve.encode(curve.base)),
            der.encode_integer(curve.order),
            der.encode_integer(1),
        )
        point = spki(private)[-65:]
        explicit = tlv.encode(
            der.SEQUENCE,
            tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.10045.2.1"), parameters),
            tlv.encode(der.BIT_STRING, b"\x00", point),
        )
        signature = private.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
        signatures.verify(explicit, SHA256, signature, MESSAGE)

    def test_dsa(self) -> None:
        private = dsa.generate_private_key(2048)
        signature = private.sign(MESSAGE, hashes.SHA256())
        signatures.verify(spki(private), SHA256, signature, MESSAGE)
        with pytest.raises(Unverified):
            signatures.verify(spki(private), SHA256, signature, MESSAGE + b"!")

    def test_a_dsa_key_too_weak_is_refused(self) -> None:
        """Of 512 bits, with a signature that fits it."""
        order = int(gmpy2.next_prime(1 << 159))
        factor = next(n for n in range(1 << 352, 1 << 360, 2) if gmpy2.is_prime(n * order + 1))
        prime = factor * order + 1
        generator = pow(2, factor, prime)
        secret, nonce = 12_345, 67_890
        digest = hashes.Hash(hashes.SHA1())  # noqa: S303  # as long as the order
        digest.update(MESSAGE)
        r = pow(generator, nonce, prime) % order
        s = pow(nonce, -1, order) * (int.from_bytes(digest.finalize(), "big") + secret * r) % order
        weak = dsa_key(prime, order, generator, pow(generator, secret, prime))
        with pytest.raises(Unverified, match="512 bits"):
            signatures.verify(weak, Scheme("sha1"), util.sigencode_der(r, s, order), MESSAGE)

    @pytest.mark.parametrize("exponent", [3, 65_537])
    def test_rsa(self, exponent: int) -> None:
        private = rsa.generate_private_key(exponent, 2048)
        signature = private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        signatures.verify(spki(private), SHA256, signature, MESSAGE)
        with pytest.raises(Unverified):
            signatures.verify(spki(private), SHA256, signature, MESSAGE + b"!")

    def test_rsa_pss_with_another_mask_digest_and_salt(self) -> None:
        private = rsa.generate_private_key(65_537, 2048)
        pss = padding.PSS(padding.MGF1(hashes.SHA384()), 20)
        signature = private.sign(MESSAGE, pss, hashes.SHA256())
        scheme = Scheme("sha256", is_pss=True, mask_digest="sha384", salt_length=20)
        signatures.verify(spki(private), scheme, signature, MESSAGE)
        for other in (
            Scheme("sha256", is_pss=True, mask_digest="sha256", salt_length=20),
            Scheme("sha256", is_pss=True, mask_digest="sha384", salt_length=32),
            SHA256,
        ):
            with pytest.raises(Unverified):
                signatures.verify(spki(private), other, signature, MESSAGE)

    @pytest.mark.parametrize(
        ("modulus", "exponent", "why"),
        [
            ((1 << 1022) + 1, 65_537, "1023 bits"),
            ((1 << 8192) + 1, 65_537, "8193 bits"),
            ((1 << 2047) + 1, 1, "exponent"),
            ((1 << 2047) + 1, (1 << 64) + 1, "exponent"),
            ((1 << 2047) + 1, 4, "cannot be used"),
        ],
    )
    def test_rsa_keys_too_weak_or_too_costly(self, modulus: int, exponent: int, why: str) -> None:
        numbers = tlv.encode(
            der.SEQUENCE, der.encode_integer(modulus), der.encode_integer(exponent)
        )
        encoded = public_key("1.2.840.113549.1.1.1", b"\x05\x00", numbers)
        with pytest.raises(Unverified, match=why):
            signatures.verify(encoded, SHA256, bytes(256), MESSAGE)

    @pytest.mark.parametrize(
        "encoded",
        [
            b"no key",
            # DSA by name, and nothing in it.
            tlv.encode(der.SEQUENCE, tlv.encode(der.SEQUENCE, der.encode_oid(DSA))),
            # Ed25519, which no state uses and no Doc 9303 allows.
            tlv.encode(
                der.SEQUENCE,
                tlv.encode(der.SEQUENCE, der.encode_oid("1.3.101.112")),
                tlv.encode(der.BIT_STRING, bytes(33)),
            ),
        ],
    )
    def test_a_key_that_cannot_be_read(self, encoded: bytes) -> None:
        with pytest.raises(MalformedFile):
            signatures.verify(encoded, SHA256, b"", MESSAGE)

    def test_a_signature_of_another_key(self) -> None:
        private: PrivateKey = key(1)
        signer, stranger = parsed(signer_certificate()), root_certificate(Party(ROOT.name, private))
        assert signer.is_signed_by(parsed(root_certificate()))
        assert signer.fault_under(parsed(root_certificate())) == ""
        assert not signer.is_signed_by(parsed(stranger))
        assert signer.fault_under(parsed(stranger))

    def test_an_issuer_whose_key_cannot_be_read_signed_nothing(self) -> None:
        unknown = altered(root_certificate(), of_unknown_curve)
        assert not parsed(signer_certificate()).is_signed_by(parsed(unknown))


class TestScheme:
    @pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_the_digest_is_in_the_name(self, digest: str) -> None:
        for family in ("rsa", "ecdsa"):
            named = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{family}"})
            assert Scheme.of(named) == Scheme(digest)

    def test_a_bare_key_algorithm_takes_the_signers_digest(self) -> None:
        bare = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
        assert Scheme.of(bare, "sha384") == Scheme("sha384")
        with pytest.raises(MalformedFile):
            Scheme.of(bare)

    def test_pss_says_all_of_it(self) -> None:
        found = Scheme.of(pss_algorithm({"salt_length": 20}))
        assert found == Scheme("sha256", is_pss=True, mask_digest="sha384", salt_length=20)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"salt_length": -1},
            {"salt_length": 513},
            {"hash_algorithm": {"algorithm": "md5"}},
            {"mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "md5"}}},
        ],
    )
    def test_pss_that_is_not_accepted(self, parameters: dict[str, object]) -> None:
        with pytest.raises(MalformedFile):
            Scheme.of(pss_algorithm(parameters))

    def test_pss_without_parameters(self) -> None:
        encoded = tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.10"))
        with pytest.raises(MalformedFile, match="without parameters"):
            Scheme.of(algos.SignedDigestAlgorithm.load(encoded))

    def test_an_algorithm_that_cannot_be_read(self) -> None:
        encoded = tlv.encode(der.SEQUENCE, der.encode_integer(1))
        with pytest.raises(MalformedFile):
            Scheme.of(algos.SignedDigestAlgorithm.load(encoded))


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384()])
def test_certificates_signed_with_rsa_pss(digest: hashes.SHA256 | hashes.SHA384) -> None:
    root = Party(name(), rsa.generate_private_key(65_537, 2048))
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
    encoded = certify(root, root, CA, CERT_SIGN, digest=digest, pss=pss)
    assert parsed(encoded).is_signed_by(parsed(encoded))


@pytest.mark.shared
def test_every_mock_certificate_is_signed_by_its_csca() -> None:
    """RSA, RSA-PSS and ECDSA, SHA-1 to SHA-512, wherever both halves of a pair are there."""
    both = {"mock_csca.pem", "mock_dsc.pem"}
    folders = shared("pki/mock").iterdir()
    pairs = [each for each in folders if both <= {path.name for path in each.glob("*.pem")}]
    assert len(pairs) == 22
    for pair in pairs:
        csca, signer = (
            Certificate.parse(split((pair / f"mock_{role}.pem").read_bytes())[0])
            for role in ("csca", "dsc")
        )
        assert csca.is_signed_by(csca), pair.name
        assert signer.is_signed_by(csca), pair.name
        assert not csca.is_signed_by(signer), pair.name


def dsa_key(prime: int, order: int, generator: int, public: int) -> bytes:
    numbers = map(der.encode_integer, (prime, order, generator))
    return public_key(DSA, tlv.encode(der.SEQUENCE, *numbers), der.encode_integer(public))


def of_unknown_curve(content: Any) -> None:
    secp256k1 = asn1_x509.PublicKeyInfo.load(spki(ec.generate_private_key(ec.SECP256K1())))
    content["subject_public_key_info"] = secp256k1
