"""Document signers: fit, valid, not revoked, and for which documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.checks import Check, CheckId, Result
from edge.emrtd import der, public_key, tlv
from edge.trust import TrustStore, countries, signer, verify_sod
from edge.trust.certificates import Certificate, Period
from edge.trust.revocation import RevocationList
from edge.trust.signer import Chain
from tests.support.some import replaced
from tests.support.trust.lists import DAY, purpose, revocations
from tests.support.trust.specimens import (
    DIGITAL_SIGNATURE,
    GROUPS,
    NOW,
    ROOT,
    SIGNER,
    Party,
    certify,
    key,
    name,
    parsed,
    root_certificate,
    signer_certificate,
    signing_with,
    spki,
    the,
)
from tools.specimen.authority import Validity

THE_ROOT = parsed(root_certificate())
THE_SIGNER = parsed(signer_certificate())
CHAIN = Chain(THE_SIGNER, THE_ROOT)
DOCUMENT_TYPES = x509.ObjectIdentifier("2.23.136.1.1.6.2")


def store(*lists: bytes) -> TrustStore:
    return TrustStore((THE_ROOT,), revocation_lists=tuple(map(RevocationList.parse, lists)))


def revocation(*lists: bytes, at: datetime = NOW, chain: Chain = CHAIN) -> Check:
    return signer.revocation([chain], store(*lists), at)


class TestRevocation:
    def test_a_fresh_list_that_does_not_name_the_signer(self) -> None:
        assert revocation(revocations(1, 2, 3)).result is Result.SUCCESSFUL

    def test_a_signer_that_is_listed(self) -> None:
        assert revocation(revocations(THE_SIGNER.serial)).result is Result.FAILED

    def test_a_csca_that_is_listed(self) -> None:
        found = revocation(revocations(THE_ROOT.serial))
        assert (found.result, found.detail) == (Result.FAILED, "the CSCA is revoked")

    def test_a_stale_list_still_revokes_and_does_not_clear(self) -> None:
        past = Validity(NOW - 90 * DAY, NOW - 30 * DAY)
        stale = revocations(THE_SIGNER.serial, validity=past)
        assert revocation(stale).result is Result.FAILED
        found = revocation(revocations(validity=past))
        assert found.result is Result.UNDETERMINED
        assert found.detail == "the revocation list is stale since 2026-01-30"

    def test_the_newest_of_stale_lists_says_since_when(self) -> None:
        older, newer = (
            revocations(validity=Validity(NOW - 90 * DAY, NOW - days * DAY)) for days in (40, 30)
        )
        for lists in ((older, newer), (newer, older)):
            assert revocation(*lists).detail == "the revocation list is stale since 2026-01-30"

    def test_a_list_of_tomorrow_does_not_clear(self) -> None:
        found = revocation(revocations(), at=NOW - 2 * DAY)
        assert found.result is Result.UNDETERMINED
        assert found.detail == "the revocation list is not valid yet"

    def test_no_list(self) -> None:
        assert revocation().detail == "no revocation list"

    def test_a_signer_of_nobody(self) -> None:
        found = revocation(revocations(THE_SIGNER.serial), chain=Chain(THE_SIGNER, None))
        assert found.result is Result.UNDETERMINED

    def test_a_list_of_the_same_state_and_another_csca_says_nothing(self) -> None:
        other = Party(name(common="CSCA 2"), key(3))
        assert revocation(revocations(THE_SIGNER.serial, issuer=other)).detail == (
            "no revocation list"
        )

    def test_a_list_of_the_same_csca_with_its_next_key(self) -> None:
        """Doc 9303-12 §4.2.4: the new key signs the lists about all certificates."""
        rolled = Party(ROOT.name, key(3))
        found = revocation(revocations(THE_SIGNER.serial, issuer=rolled))
        assert found.result is Result.FAILED

    def test_a_revoked_signer_makes_no_authentic_document(self) -> None:
        sod = signing_with(THE_SIGNER.der).sign(GROUPS)
        assert verify_sod(sod, store(revocations()), NOW).is_authentic
        verdict = verify_sod(sod, store(revocations(THE_SIGNER.serial)), NOW)
        assert the(CheckId.CHIP_DS_REVOCATION, verdict).result is Result.FAILED
        assert not verdict.is_authentic


class TestKeyPeriods:
    def test_signed_within_and_outside_the_signers(self) -> None:
        certificate = with_period(signer_certificate, NOW - 20 * DAY, NOW - 10 * DAY)
        assert certificate.key_period == Period(NOW - 20 * DAY, NOW - 10 * DAY)
        assert validity(Chain(certificate, THE_ROOT, NOW - 15 * DAY)) == ""
        assert "key was not in use" in validity(Chain(certificate, THE_ROOT, NOW))
        assert validity(Chain(certificate, THE_ROOT)) == ""

    def test_issued_after_the_cscas(self) -> None:
        ended = with_period(root_certificate, NOW - 90 * DAY, NOW - 60 * DAY)
        assert "CSCA's key was no longer in use" in validity(Chain(THE_SIGNER, ended))
        begun = with_period(root_certificate, NOW - 90 * DAY, None)
        assert validity(Chain(THE_SIGNER, begun)) == ""
        last = with_period(root_certificate, NOW - 90 * DAY, THE_SIGNER.not_before)
        assert validity(Chain(THE_SIGNER, last)) == ""

    @pytest.mark.parametrize(("late", "fits"), [(-1, True), (0, True), (1, False)])
    def test_issued_at_the_last_moment_of_the_cscas(self, late: int, fits: bool) -> None:
        ends = THE_SIGNER.not_before - timedelta(seconds=late)
        root = replace(THE_ROOT, key_period=Period(None, ends))
        check = signer.validity([Chain(THE_SIGNER, root)], NOW)
        assert check.result is (Result.SUCCESSFUL if fits else Result.FAILED)
        assert check.detail == (
            "" if fits else "signer issued when the CSCA's key was no longer in use"
        )

    def test_open_ends(self) -> None:
        assert Period(None, None).contains(NOW)
        assert not Period(NOW, None).contains(NOW - DAY)


class TestPurposes:
    @pytest.mark.parametrize(
        ("oid", "fit"),
        [
            ("1.3.6.1.5.5.7.3.1", False),
            ("2.23.136.1.1.3", False),
            ("2.5.29.37.0", True),
            ("1.2.840.113533.7.74.3", True),
        ],
    )
    def test_of_a_signer(self, oid: str, *, fit: bool) -> None:
        certificate = parsed(signer_certificate(SIGNER, ROOT, DIGITAL_SIGNATURE, purpose(oid)))
        assert (signer.unfit(certificate, THE_ROOT) == "") is fit

    @pytest.mark.parametrize(
        ("oids", "fit"),
        [
            (["1.2.840.113533.7.74.3", "1.3.6.1.5.5.7.3.1"], False),
            (["1.3.6.1.5.5.7.3.1", "1.2.840.113533.7.74.3"], False),
            (["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"], True),
        ],
    )
    def test_one_other_purpose_among_several_is_enough(self, oids: list[str], *, fit: bool) -> None:
        several = x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in oids])
        certificate = parsed(signer_certificate(SIGNER, ROOT, DIGITAL_SIGNATURE, several))
        assert (signer.unfit(certificate, THE_ROOT) == "") is fit

    @pytest.mark.parametrize("oid", ["2.5.29.37", "2.5.29.15"])
    def test_rights_that_cannot_be_read_are_none(self, oid: str) -> None:
        broken = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
        certificate = parsed(certify(SIGNER, ROOT, broken))
        assert signer.unfit(certificate, THE_ROOT)


def nested(depth: int, content: bytes) -> bytes:
    for _ in range(depth):
        content = tlv.encode(der.SEQUENCE, content)
    return content


def strings(*types: str) -> tuple[bytes, ...]:
    return tuple(tlv.encode(0x13, each.encode()) for each in types)


class TestDocumentTypes:
    VERSION = der.encode_integer(0)

    @pytest.mark.parametrize(
        ("content", "types"),
        [
            (tlv.encode(der.SEQUENCE, VERSION, tlv.encode(der.SET, *strings("P", "ID"))), "P ID"),
            (tlv.encode(der.SEQUENCE, VERSION, *strings("P<")), "P"),
            (tlv.encode(der.SET, *strings("p", "AC")), "P AC"),
            (tlv.encode(der.SEQUENCE, tlv.encode(der.SEQUENCE, *strings("P"))), "P"),
            (tlv.encode(der.SEQUENCE, VERSION, tlv.encode(der.SET, *strings("PASSPORT"))), ""),
            (tlv.encode(der.SEQUENCE, tlv.encode(der.OCTET_STRING, *strings("P"))), ""),
            (nested(3, *strings("P")), "P"),
            (nested(4, *strings("P")), ""),
            (b"nonsense", ""),
        ],
        ids=[
            "as it should be",
            "no set",
            "no version",
            "two sequences",
            "a word",
            "in octets",
            "as deep as it is looked for",
            "deeper",
            "nonsense",
        ],
    )
    def test_are_read_in_the_encodings_there_are(self, content: bytes, types: str) -> None:
        extension = x509.UnrecognizedExtension(DOCUMENT_TYPES, content)
        certificate = parsed(certify(SIGNER, ROOT, DIGITAL_SIGNATURE, extensions=[extension]))
        assert certificate.document_types == (frozenset(types.split()) or None)


class TestCountries:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [("de", "DE"), (" SI ", "SI"), ("LTU", "LT"), ("D", "DE"), ("UK", "GB"), ("XK", "KS")],
    )
    def test_are_normalised(self, written: str, meant: str) -> None:
        assert countries.normalised(written) == meant

    def test_that_nobody_knows_stay(self) -> None:
        assert countries.normalised("QQQ") == "QQQ"

    @pytest.mark.parametrize(
        ("of", "state", "may"),
        [
            ("DE", "D", True),
            ("DE", "FRA", False),
            ("CN", "CHN", True),
            ("HK", "CHN", True),
            ("CN", "HKG", True),
            ("MO", "HKG", False),
            ("GB", "GBD", True),
            ("BM", "GBD", True),
            ("GB", "BMU", True),
            ("BM", "GBR", False),
            ("KS", "RKS", True),
            ("UN", "UNO", True),
            ("", "DEU", None),
            ("DE", "QQQ", None),
        ],
    )
    def test_that_may_sign_for_a_state(self, of: str, state: str, *, may: bool | None) -> None:
        assert countries.may_issue(of, state) is may


class TestAlgorithms:
    def test_a_key_of_rsa_pss_may_sign_in_pkcs1(self) -> None:
        """Turkey: the key is of id-RSASSA-PSS, the signature is not."""
        private = rsa.generate_private_key(65_537, 2048)
        plain = parsed(certify(Party(name(), private), ROOT))
        pss = replaced(
            plain.public_key,
            der.encode_oid("1.2.840.113549.1.1.1"),
            der.encode_oid("1.2.840.113549.1.1.10"),
        )
        assert public_key.parse(pss) == public_key.parse(plain.public_key)

    def test_a_certificate_of_an_unknown_algorithm_fails_its_chain_alone(self) -> None:
        """MD5: the chain does not hold, whatever the certificate's own key signed does."""
        md5 = replaced(
            root_certificate(),
            bytes.fromhex("06082a8648ce3d040302"),
            bytes.fromhex("06082a864886f70d0204"),
        )
        found = Certificate.parse(md5)
        assert "not accepted" in found.fault_under(found)

    @pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP224R1])
    def test_a_compressed_public_key(self, curve: type[ec.EllipticCurve]) -> None:
        private = ec.generate_private_key(curve())
        whole = spki(private)
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        algorithm = tlv.read_one(whole, der.SEQUENCE).children()[0]
        compressed = tlv.encode(
            der.SEQUENCE,
            tlv.encode(algorithm.tag, algorithm.value),
            tlv.encode(der.BIT_STRING, b"\x00", point),
        )
        assert public_key.parse(compressed) == public_key.parse(whole)


def with_period(make: Callable[..., bytes], begins: datetime, ends: datetime | None) -> Certificate:
    moments = [tlv.encode(0x80, f"{begins:%Y%m%d%H%M%SZ}".encode())]
    if ends is not None:
        moments.append(tlv.encode(0x81, f"{ends:%Y%m%d%H%M%SZ}".encode()))
    extension = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.16"), tlv.encode(der.SEQUENCE, *moments)
    )
    return parsed(make(extensions=[extension]))


def validity(chain: Chain) -> str:
    return signer.validity([chain], NOW + timedelta(seconds=1)).detail
