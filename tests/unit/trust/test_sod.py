"""EF.SOD: what is read, what is verified, in which order, and what the verdict says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec

from edge.checks import CheckId, Result
from edge.emrtd import der, tlv
from edge.errors import MalformedFile
from edge.trust import TrustStore, security_object, verify_sod
from edge.trust.security_object import LARGEST_BYTES
from tests.support.shared_data import shared
from tests.support.some import replaced
from tests.support.trust.specimens import (
    GROUPS,
    NOW,
    ROOT,
    SIGNER,
    STORE,
    Party,
    authority,
    edited,
    failed,
    good_sod,
    key,
    name,
    resigned,
    root_certificate,
    signer_certificate,
    signing_with,
    the,
    trusting,
)
from tools.specimen.authority import (
    LDS_SECURITY_OBJECT,
    Algorithm,
    Validity,
    lds_security_object,
)

SIGNATURE, CHAIN, VALIDITY, REVOCATION = (
    CheckId.CHIP_SOD_SIGNATURE,
    CheckId.CHIP_DS_CHAIN,
    CheckId.CHIP_DS_VALIDITY,
    CheckId.CHIP_DS_REVOCATION,
)
YEAR = timedelta(days=365)
CONTENT = lds_security_object(GROUPS, "sha256")
SHA256_ALGORITHM = tlv.encode(der.SEQUENCE, der.encode_oid("2.16.840.1.101.3.4.2.1"))


def digest(content: bytes, algorithm: str = "sha256") -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()


def entry(number: int, value: bytes = bytes(32)) -> bytes:
    return tlv.encode(der.SEQUENCE, der.encode_integer(number), tlv.encode(der.OCTET_STRING, value))


def lds(*entries: bytes, version: int = 0, algorithm: bytes = SHA256_ALGORITHM) -> bytes:
    return tlv.encode(
        der.SEQUENCE,
        der.encode_integer(version),
        algorithm,
        tlv.encode(der.SEQUENCE, *entries),
    )


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_good_one_verifies_with_every_kind_of_key(algorithm: Algorithm) -> None:
    by = authority(algorithm)
    verdict = verify_sod(by.sign(GROUPS), trusting(by), NOW)
    assert [(check.id, check.result) for check in verdict.checks] == [
        (SIGNATURE, Result.SUCCESSFUL),
        (CHAIN, Result.SUCCESSFUL),
        (VALIDITY, Result.SUCCESSFUL),
        (REVOCATION, Result.UNDETERMINED),
    ]
    assert verdict.is_authentic
    assert verdict.digest == "sha256"
    assert verdict.hashes == {number: digest(content) for number, content in GROUPS.items()}
    assert verdict.country == "UT"


@pytest.mark.parametrize("name_of_digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_a_good_one_verifies_with_every_digest_and_says_which(name_of_digest: str) -> None:
    by = authority(Algorithm.P384, name_of_digest)
    verdict = verify_sod(by.sign(GROUPS), trusting(by), NOW)
    assert verdict.is_authentic
    assert verdict.hashes[1] == digest(GROUPS[1], name_of_digest)
    assert the(SIGNATURE, verdict).detail == verdict.digest == name_of_digest


@pytest.mark.parametrize(
    "content_type",
    [LDS_SECURITY_OBJECT, "1.2.840.113549.1.7.1", "1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"],
)
def test_content_types_the_field_has(content_type: str) -> None:
    sod = authority().sign_content(CONTENT, content_type=content_type)
    assert verify_sod(sod, STORE, NOW).is_authentic


def test_version_one_with_versions_of_lds_and_unicode_behind() -> None:
    versions = tlv.encode(der.SEQUENCE, tlv.encode(0x13, b"0108"), tlv.encode(0x13, b"040000"))
    inner = tlv.read_one(lds(entry(1), version=1), der.SEQUENCE).value
    sod = authority().sign_content(tlv.encode(der.SEQUENCE, inner, versions))
    verdict = verify_sod(sod, STORE, NOW)
    assert verdict.is_authentic
    assert verdict.hashes == {1: bytes(32)}


class TestMalformed:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            lds(entry(0)),
            lds(entry(17)),
            lds(entry(1), entry(1)),
            lds(entry(1, bytes(20))),
            lds(entry(1, b"")),
            lds(entry(1), version=2),
            lds(entry(1), algorithm=b""),
            lds(
                entry(1, bytes(16)),
                algorithm=tlv.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.2.5")),
            ),
        ],
        ids=[
            "empty",
            "data group 0",
            "data group 17",
            "data group 1 twice",
            "hash of another length",
            "no hash",
            "unknown version",
            "no digest",
            "md5",
        ],
    )
    def test_lds_security_objects(self, content: bytes) -> None:
        sod = authority().sign_content(content)
        with pytest.raises(MalformedFile):
            security_object.parse(sod)
        verdict = verify_sod(sod, STORE, NOW)
        assert [check.result for check in verdict.checks] == [
            Result.FAILED,
            *[Result.NOT_PERFORMED] * 3,
        ]
        assert (verdict.is_authentic, verdict.hashes, verdict.country) == (False, {}, "")

    @pytest.mark.parametrize(
        ("sod", "why"),
        [
            (b"", "77"),
            (b"\x77\x00", "cannot be read"),
            (tlv.encode(0x77, b"nothing of the kind"), "cannot be read"),
            (good_sod() + b"\x00", "."),
            (bytes(LARGEST_BYTES + 1), "larger"),
            (tlv.encode(0x77, cms.ContentInfo({"content_type": "data"}).dump()), "signed data"),
        ],
    )
    def test_files(self, sod: bytes, why: str) -> None:
        with pytest.raises(MalformedFile, match=why):
            security_object.parse(sod)

    def test_nested_deeper_than_the_parser_bears(self) -> None:
        with pytest.raises(MalformedFile):
            security_object.parse(tlv.encode(0x77, b"\x30\x80" * 20_000))

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda s: s["encap_content_info"].__setitem__("content", None), "without content"),
            (
                lambda s: s["encap_content_info"].__setitem__("content_type", "1.2.3"),
                "something else",
            ),
            (lambda s: s.__setitem__("signer_infos", []), "without a signer"),
            (
                lambda s: s.__setitem__("signer_infos", [twin(s) for _ in range(5)]),
                "too many",
            ),
            (lambda s: s.__delitem__("certificates"), "without the signer's certificate"),
            (lambda s: s.__setitem__("certificates", []), "without the signer's certificate"),
            (lambda s: s.__setitem__("certificates", others(9)), "too many"),
            (lambda s: s.__setitem__("certificates", others(2)), "signer's certificate"),
            (lambda s: s["signer_infos"][0].__delitem__("signed_attrs"), "signed attributes"),
            (
                lambda s: s["signer_infos"][0].__setitem__("signed_attrs", []),
                "signed attributes",
            ),
            (
                lambda s: s["signer_infos"][0].__setitem__(
                    "digest_algorithm", {"algorithm": "md5"}
                ),
                "digest",
            ),
        ],
    )
    def test_signed_data(self, change: Callable[[Any], None], why: str) -> None:
        with pytest.raises(MalformedFile, match=why):
            security_object.parse(edited(good_sod(), change))


@pytest.mark.parametrize(
    ("field", "most", "made"),
    [
        ("signer_infos", 4, lambda signed, count: [twin(signed) for _ in range(count)]),
        (
            "certificates",
            8,
            lambda signed, count: [signed["certificates"][0].copy(), *others(count - 1)],
        ),
    ],
)
def test_four_signers_and_eight_certificates_are_the_most(
    field: str, most: int, made: Callable[[Any, int], list[Any]]
) -> None:
    def with_so_many(count: int) -> bytes:
        return edited(good_sod(), lambda signed: signed.__setitem__(field, made(signed, count)))

    found = security_object.parse(with_so_many(most))
    assert len(found.signers) == (most if field == "signer_infos" else 1)
    with pytest.raises(MalformedFile, match="too many"):
        security_object.parse(with_so_many(most + 1))


class TestSignature:
    def test_over_attributes_that_are_not_in_der_order(self) -> None:
        """Signed as sent; RFC 5652 §5.4 wants DER, some states do not know."""
        sod = disordered(good_sod(), sign_as_sent=True)
        found = security_object.parse(sod)
        assert len(found.signers[0].signed_attributes) == 2
        assert verify_sod(sod, STORE, NOW).is_authentic

    def test_over_the_der_of_attributes_sent_otherwise(self) -> None:
        sod = disordered(good_sod(), sign_as_sent=False)
        assert len(security_object.parse(sod).signers[0].signed_attributes) == 2
        assert verify_sod(sod, STORE, NOW).is_authentic

    def test_over_the_der_of_attributes_sent_in_ber(self) -> None:
        """Lengths in the long form; what is signed is the DER all the same (RFC 5652 §5.4)."""
        sod = resent(good_sod(), in_ber, sign_as_sent=False)
        assert verify_sod(sod, STORE, NOW).is_authentic

    def test_by_a_key_that_cannot_be_read(self) -> None:
        private = ec.generate_private_key(ec.SECP256K1())
        signer = signer_certificate(Party(SIGNER.name, private))
        verdict = verify_sod(
            signing_with(signer, private).sign(GROUPS), TrustStore.of([root_certificate()]), NOW
        )
        assert failed(verdict) == {SIGNATURE}
        assert "curve that is not known" in the(SIGNATURE, verdict).detail

    def test_of_two_signers_both_count(self) -> None:
        def spoil_second(signed: Any) -> None:
            second = twin(signed)
            second["signature"] = b"\x30\x06\x02\x01\x01\x02\x01\x01"
            signed["signer_infos"] = [signed["signer_infos"][0], second]

        def repeat(signed: Any) -> None:
            signed["signer_infos"] = [twin(signed), twin(signed)]

        assert not verify_sod(edited(good_sod(), spoil_second), STORE, NOW).is_authentic
        assert verify_sod(edited(good_sod(), repeat), STORE, NOW).is_authentic

    def test_of_a_bare_key_algorithm(self) -> None:
        """`rsaEncryption` as signature algorithm: the digest is the signer's."""

        def change(signed: Any) -> None:
            signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}

        by = authority(Algorithm.RSA)
        assert verify_sod(edited(by.sign(GROUPS), change), trusting(by), NOW).is_authentic

    def test_of_content_in_version_one(self) -> None:
        """PKCS#7, before CMS: the content is whatever its type says."""

        def change(signed: Any) -> None:
            signed["version"] = "v1"

        assert verify_sod(edited(good_sod(), change), STORE, NOW).is_authentic

    def test_of_content_that_is_no_octets(self) -> None:
        sod = good_sod()
        version, content = sod.index(b"\x02\x01\x03\x31"), sod.index(CONTENT) - 2
        spoilt = bytearray(sod)
        spoilt[version + 2] = 1
        spoilt[content if spoilt[content] == 4 else content - 1] = 0x0C
        with pytest.raises(MalformedFile):
            security_object.parse(bytes(spoilt))

    @pytest.mark.parametrize("moment", ["signing_time", "nonsense"])
    def test_with_a_signing_time(self, moment: str) -> None:
        """What it says counts for key periods; what cannot be read says nothing."""

        def change(signed: Any) -> None:
            said = cms.Time("utc_time", NOW)
            resigned(
                signed,
                authority(),
                ("content_type", LDS_SECURITY_OBJECT),
                ("message_digest", digest(CONTENT)),
                ("signing_time", said),
            )

        sod = edited(good_sod(), change)
        if moment == "nonsense":
            sod = replaced(
                sod, b"\x17\x0d" + f"{NOW:%y%m%d%H%M%SZ}".encode(), b"\x17\x0d" + b"x" * 13
            )
        (signer,) = security_object.parse(sod).signers
        assert signer.signed_at == (NOW if moment == "signing_time" else None)


class TestSigner:
    def test_a_certificate_that_cannot_be_read_does_not_break_the_signers(self) -> None:
        broken = cms.CertificateChoices.load(tlv.encode(0x30, b"\x30\x00\x30\x00\x03\x01\x00"))

        def change(signed: Any) -> None:
            signed["certificates"] = [*signed["certificates"], broken]

        assert verify_sod(edited(good_sod(), change), STORE, NOW).is_authentic

    def test_found_by_its_key_identifier_among_others(self) -> None:
        signer = signer_certificate(extensions=[SIGNER.key_id])
        by = signing_with(signer)

        def change(signed: Any) -> None:
            signed["signer_infos"][0]["sid"] = cms.SignerIdentifier(
                {"subject_key_identifier": SIGNER.key_id.digest}
            )
            signed["certificates"] = [*others(1), *signed["certificates"]]

        sod = edited(by.sign(GROUPS), change)
        assert security_object.parse(sod).signers[0].certificate.der == signer
        assert verify_sod(sod, TrustStore.of([root_certificate()]), NOW).is_authentic

    def test_found_by_issuer_and_number_among_others(self) -> None:
        def change(signed: Any) -> None:
            signed["certificates"] = [*others(1), *signed["certificates"]]

        assert verify_sod(edited(good_sod(), change), STORE, NOW).is_authentic

    def test_a_single_certificate_is_the_one_meant(self) -> None:
        """The issuer is encoded otherwise in the identifier than in the certificate (UA)."""

        def change(signed: Any) -> None:
            signed["signer_infos"][0]["sid"] = cms.SignerIdentifier(
                {"subject_key_identifier": b"nobody's"}
            )

        assert verify_sod(edited(good_sod(), change), STORE, NOW).is_authentic


class TestValidity:
    @pytest.mark.parametrize(
        ("at", "detail"),
        [
            (NOW + 11 * YEAR, "signer expired"),
            (NOW + 20 * YEAR, "CSCA expired; signer expired"),
            (NOW - YEAR, "CSCA not yet valid; signer not yet valid"),
        ],
    )
    def test_at_the_moment_of_inspection(self, at: datetime, detail: str) -> None:
        verdict = verify_sod(good_sod(), STORE, at)
        assert failed(verdict) == {VALIDITY}
        assert the(VALIDITY, verdict).detail == detail

    def test_of_a_signer_nobody_knows_is_its_own(self) -> None:
        verdict = verify_sod(good_sod(), TrustStore(()), NOW)
        assert the(VALIDITY, verdict).result is Result.SUCCESSFUL

    def test_an_anchor_still_valid_goes_before_its_expired_twin(self) -> None:
        """A CSCA certified anew, with the same name and key; the order of files says nothing."""
        past = Validity(NOW - 9 * YEAR, NOW - YEAR)
        old, new = root_certificate(validity=past), root_certificate()
        sod = signing_with(signer_certificate()).sign(GROUPS)
        for certificates in ([old, new], [new, old]):
            assert failed(verify_sod(sod, TrustStore.of(certificates), NOW)) == set()
        assert failed(verify_sod(sod, TrustStore.of([old]), NOW)) == {VALIDITY}


class TestChain:
    def test_a_signer_whose_country_is_written_otherwise(self) -> None:
        small = Party(name("ut", "Document Signer"), SIGNER.key)
        sod = signing_with(signer_certificate(small)).sign(GROUPS)
        verdict = verify_sod(sod, TrustStore.of([root_certificate()]), NOW)
        assert verdict.is_authentic
        assert verdict.country == "UT"

    def test_a_csca_that_changed_its_name(self) -> None:
        renamed = Party(name("UT", "CSCA of another name"), ROOT.key)
        sod = signing_with(signer_certificate(issuer=renamed)).sign(GROUPS)
        assert verify_sod(sod, TrustStore.of([root_certificate()]), NOW).is_authentic

    def test_no_anchors_no_trust(self) -> None:
        verdict = verify_sod(good_sod(), TrustStore(()), NOW)
        assert failed(verdict) == {CHAIN}
        assert not verdict.is_authentic
        assert set(verdict.hashes) == set(GROUPS)


@pytest.mark.shared
def test_the_german_specimen_of_2008() -> None:
    """SHA-1, refused by policy and not here; its CSCA is not published."""
    sod = shared("chips/bsi2008/EF_SOD.bin").read_bytes()
    verdict = verify_sod(sod, trusting(authority()), datetime(2008, 6, 1, tzinfo=UTC))
    assert sorted(verdict.hashes) == [1, 2, 3, 14]
    assert (verdict.digest, verdict.country) == ("sha1", "DE")
    assert the(SIGNATURE, verdict).result is Result.SUCCESSFUL
    assert the(SIGNATURE, verdict).detail == "sha1"
    assert failed(verdict) == {CHAIN}
    assert not verdict.is_authentic
    later = verify_sod(sod, STORE, NOW)
    assert failed(later) == {CHAIN, VALIDITY}


def twin(signed: Any) -> Any:
    return cms.SignerInfo.load(signed["signer_infos"][0].dump())


def others(count: int) -> list[Any]:
    """Certificates that are not the signer's."""
    return [
        asn1_x509.Certificate.load(signer_certificate(Party(name(common=str(n)), key(8))))
        for n in range(count)
    ]


def disordered(sod: bytes, *, sign_as_sent: bool) -> bytes:
    """EF.SOD whose signed attributes stand in the order that DER does not want."""
    return resent(sod, lambda encoded: encoded[::-1], sign_as_sent=sign_as_sent)


def in_ber(encoded: list[bytes]) -> list[bytes]:
    assert all(each[1] < 0x80 for each in encoded)
    return [each[:1] + b"\x81" + each[1:] for each in encoded]


def resent(
    sod: bytes, change: Callable[[list[bytes]], list[bytes]], *, sign_as_sent: bool
) -> bytes:
    """EF.SOD whose signed attributes are sent in another way than DER."""
    info = cms.ContentInfo.load(tlv.read_one(sod, 0x77).value)
    signer = info["content"]["signer_infos"][0]
    encoded = sorted(attribute.dump() for attribute in signer["signed_attrs"])
    sent = change(encoded)
    message = tlv.encode(der.SET, *(sent if sign_as_sent else encoded))
    fields = [
        signer["version"].dump(),
        signer["sid"].dump(),
        signer["digest_algorithm"].dump(),
        tlv.encode(0xA0, *sent),
        signer["signature_algorithm"].dump(),
        tlv.encode(der.OCTET_STRING, authority()._signature(message)),
    ]
    info["content"]["signer_infos"] = [cms.SignerInfo.load(tlv.encode(der.SEQUENCE, *fields))]
    return tlv.encode(0x77, bytes(info.dump()))
