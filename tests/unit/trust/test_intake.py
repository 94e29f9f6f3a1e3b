"""Intake: every certificate and list ends with a standing and a reason, whatever its neighbours."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import core, crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509

from edge.errors import MalformedFile
from edge.trust import deviation_list, master_list
from edge.trust.anchors import Standing
from edge.trust.certificates import DEVIATION_LIST_SIGNING, Certificate
from edge.trust.intake import UNBELIEVED, PieceRole
from edge.trust.material import Kind, pieces
from edge.trust.revocation import RevocationList
from edge.trust.signed_data import SignerId
from edge.trust.store import signer_keys
from tests.support.shared_data import shared
from tests.support.trust.lists import (
    DAY,
    Publishing,
    deviation,
    deviations,
    master,
    publisher_certificate,
    rejected,
    revocations,
    roots,
    taken,
    the,
)
from tests.support.trust.specimens import (
    CA,
    CERT_SIGN,
    NOW,
    ROOT,
    SIGNER,
    Party,
    certify,
    key,
    name,
    root_certificate,
    signer_certificate,
)
from tools.specimen.authority import Validity

THE_ROOT = root_certificate()
NEXT = Party(ROOT.name, key(40))
"""The same CSCA after a key rollover: the same name, another key."""
RENAMED = Party(name(common="CSCA of another name"), key(41))
LINK = certify(NEXT, ROOT, CA, CERT_SIGN)


class TestCertificates:
    def test_given_by_themselves_are_roots(self) -> None:
        found = taken(THE_ROOT)
        assert [each.der for each in found.store.anchors] == [THE_ROOT]
        assert the(found, THE_ROOT).role == PieceRole.CSCA
        assert the(found, THE_ROOT).fingerprint == hashlib.sha256(THE_ROOT).hexdigest()

    @pytest.mark.parametrize("after", [NEXT, RENAMED])
    def test_links_of_the_same_name_and_of_another(self, after: Party) -> None:
        link = certify(after, ROOT, CA, CERT_SIGN)
        found = taken(link, THE_ROOT)
        assert the(found, link).standing is Standing.LINK
        assert "CN=CSCA Specimen UT" in the(found, link).reason
        assert len(found.store.anchors) == 2

    def test_a_chain_of_links_in_any_order(self) -> None:
        last = certify(RENAMED, NEXT, CA, CERT_SIGN)
        found = taken(last, LINK, THE_ROOT)
        assert [the(found, each).standing for each in (last, LINK)] == [Standing.LINK] * 2

    def test_a_link_without_its_issuer(self) -> None:
        found = taken(certify(RENAMED, ROOT, CA, CERT_SIGN))
        assert rejected(found) == ["a link certificate whose issuer is not trusted"]

    def test_a_link_of_one_country_to_another(self) -> None:
        abroad = Party(name("XA", "CSCA of another state"), key(42))
        found = taken(THE_ROOT, certify(abroad, ROOT, CA, CERT_SIGN))
        assert rejected(found) == ["a link certificate of one country to another"]

    def test_a_link_of_the_same_name_without_its_issuer(self) -> None:
        unlinked = certify(NEXT, ROOT, CA, CERT_SIGN)
        assert rejected(taken(unlinked)) == [
            "its own signature does not verify, and no trusted CSCA signed it"
        ]

    def test_document_signers_stand_under_their_csca(self) -> None:
        signer = signer_certificate()
        found = taken(signer, THE_ROOT)
        assert the(found, signer).role == PieceRole.SIGNER
        assert the(found, signer).standing is Standing.TRUSTED
        assert set(found.store.signers) == set(signer_keys(Certificate.parse(signer)))
        certificate = Certificate.parse(signer)
        by_number = SignerId(certificate.issuer_name, certificate.serial)
        found_again = found.store.signer(by_number)
        assert found_again is not None
        assert found_again.der == signer
        assert found.store.signer(SignerId(certificate.issuer_name, 1)) is None

    def test_document_signers_of_nobody(self) -> None:
        assert rejected(taken(signer_certificate())) == ["no trusted CSCA issued the signer"]

    def test_a_bad_one_does_not_break_its_neighbours(self) -> None:
        broken = THE_ROOT[:100] + bytes(20) + THE_ROOT[120:]
        found = taken(broken, THE_ROOT, b"nothing of the kind")
        assert len(found.store.anchors) == 1
        assert len(rejected(found)) == 2


class TestMasterLists:
    def test_under_their_root(self) -> None:
        members = roots(3)
        found = taken(THE_ROOT, master(*members, LINK))
        assert {each.der for each in found.store.anchors} == {THE_ROOT, *members, LINK}
        assert found.published == {"UT": NOW - DAY}
        assert the(found, members[0]).piece.publisher == "UT"

    def test_without_their_root_say_which_is_needed(self) -> None:
        found = taken(master(*roots(2)))
        assert found.store.anchors == ()
        first, *others = rejected(found)
        assert "the root of its signer is not here: the CSCA of UT" in first
        assert others == [UNBELIEVED] * 2

    def test_under_a_link_that_is_sent_along(self) -> None:
        """The root given is the old one; the signer's is linked to it."""
        by = Publishing(publisher_certificate(issuer=NEXT), sent_along=(LINK,))
        assert taken(THE_ROOT, master(*roots(1), by=by)).published

    def test_signed_while_signer_and_root_were_valid(self) -> None:
        past = Validity(NOW - 400 * DAY, NOW - 100 * DAY)
        old_root = root_certificate(validity=past)
        early = Publishing(publisher_certificate(), signed_at=NOW - 200 * DAY)
        assert "signer was not valid" in rejected(taken(THE_ROOT, master(by=early)))[0]
        assert "root of its signer was not valid" in rejected(taken(old_root, master()))[0]

    def test_without_a_signing_time_are_of_now(self) -> None:
        by = Publishing(publisher_certificate(), signed_at=None)
        assert taken(THE_ROOT, master(by=by)).published == {"UT": NOW}

    def test_the_newest_counts(self) -> None:
        old, new = roots(2)
        earlier = Publishing(publisher_certificate(), signed_at=NOW - 2 * DAY)
        found = taken(THE_ROOT, master(old, by=earlier), master(new))
        assert {each.der for each in found.store.anchors} == {THE_ROOT, new}
        assert "rollback" in rejected(found)[0]

    def test_a_member_that_cannot_be_read_does_not_break_the_list(self) -> None:
        good = roots(1)[0]
        found = taken(THE_ROOT, master(good, b"\x30\x03\x02\x01\x00"))
        assert len(found.store.anchors) == 2
        assert rejected(found) == ["a certificate that cannot be read"]

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            master(version=1),
            Publishing(publisher_certificate()).sign(b"\x30\x00", master_list.CONTENT_TYPE),
            Publishing(publisher_certificate()).sign(b"\x30\x00", "1.2.840.113549.1.7.1"),
            bytes(master_list.LARGEST_BYTES + 1),
        ],
    )
    def test_malformed(self, data: bytes) -> None:
        with pytest.raises(MalformedFile):
            master_list.parse(data)


class TestRevocationLists:
    def test_are_believed_under_a_csca_of_their_state(self) -> None:
        listed = revocations(7)
        found = taken(listed, THE_ROOT)
        assert the(found, listed).standing is Standing.TRUSTED
        (stored,) = found.store.revocation_lists
        assert stored.revoked == {7}
        assert (stored.country, stored.number) == ("UT", None)
        assert stored.is_fresh_at(NOW)
        assert stored.is_fresh_at(stored.this_update)
        assert stored.is_fresh_at(stored.next_update)
        assert not stored.is_fresh_at(stored.this_update - timedelta(seconds=1))
        assert not stored.is_fresh_at(stored.next_update + timedelta(seconds=1))

    def test_of_a_state_whose_csca_is_not_here(self) -> None:
        assert rejected(taken(revocations())) == ["no trusted CSCA of UT to verify it with"]

    def test_that_are_stale_are_kept_and_told(self) -> None:
        stale = revocations(validity=Validity(NOW - 90 * DAY, NOW - 30 * DAY))
        found = taken(stale, THE_ROOT)
        assert the(found, stale).reason == "not fresh"
        assert found.store.revocation_lists

    def test_the_newest_counts(self) -> None:
        number = [(x509.CRLNumber(2), False)]
        old = revocations(1, validity=Validity(NOW - 9 * DAY, NOW + DAY))
        new = revocations(2, extensions=number)
        found = taken(old, new, THE_ROOT)
        assert [each.number for each in found.store.revocation_lists] == [2]
        assert "rollback" in rejected(found)[0]

    def test_hints_that_cannot_be_read_are_none(self) -> None:
        """Key identifier and number; an entry's reason is nobody's business here."""
        broken = [
            (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x04\x00"), False)
            for oid in ("2.5.29.35", "2.5.29.20", "1.2.3")
        ]
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        found = taken(THE_ROOT, revocations(9, extensions=broken, entry=reason))
        (stored,) = found.store.revocation_lists
        assert (stored.number, stored.authority_key_id) == (None, None)
        assert stored.revoked == {9}

    def test_without_an_end_count_for_ninety_days(self) -> None:
        def strip(content: Any) -> None:
            del content["next_update"]

        loaded = crl.CertificateList.load(revocations())
        strip(loaded["tbs_cert_list"])
        found = RevocationList.parse(loaded.dump(force=True))
        assert found.next_update - found.this_update == timedelta(days=90)

    def test_of_no_moment(self) -> None:
        loaded = crl.CertificateList.load(revocations())
        local = core.GeneralizedTime(contents=b"20200101000000")
        loaded["tbs_cert_list"]["this_update"] = asn1_x509.Time("general_time", local)
        with pytest.raises(MalformedFile, match="no moment"):
            RevocationList._parse(loaded, b"")

    @pytest.mark.parametrize(
        "data",
        [b"\x30\x00", bytes(5_000_000), THE_ROOT],
    )
    def test_malformed(self, data: bytes) -> None:
        with pytest.raises(MalformedFile):
            RevocationList.parse(data)


class TestDeviationLists:
    def test_are_believed_under_a_csca_of_their_state(self) -> None:
        listed = deviations(deviation(b"", "2.23.136.1.1.7.2.1", "1.2.3"))
        found = taken(listed, THE_ROOT)
        (stored,) = found.store.deviation_lists
        (known,) = stored.about(Certificate.parse(signer_certificate()))
        assert known.kinds == ("a data group is malformed", "deviation 1.2.3")
        abroad = Certificate.parse(signer_certificate(Party(name("XA"), SIGNER.key)))
        assert stored.about(abroad) == ()

    def test_need_a_signer_for_them(self) -> None:
        by = Publishing(publisher_certificate())
        assert "extended key usage" in rejected(taken(deviations(by=by), THE_ROOT))[0]

    def test_the_newest_counts(self) -> None:
        certificate = publisher_certificate(DEVIATION_LIST_SIGNING)
        old = deviations(by=Publishing(certificate, signed_at=NOW - 2 * DAY))
        found = taken(old, deviations(), THE_ROOT)
        assert len(found.store.deviation_lists) == 1
        assert rejected(found) == ["older than another list of the same state"]

    @pytest.mark.parametrize(
        "data",
        [b"", bytes(5_000_000), master(), deviations(b"\x30\x00")],
    )
    def test_malformed(self, data: bytes) -> None:
        with pytest.raises(MalformedFile):
            deviation_list.parse(data)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("files", "standings"),
    [
        (
            ("DE_ROOT_CA_CSCA07.cer", "DE_ML_2026-01-08-12-20-54.ml"),
            {Standing.TRUSTED: 375, Standing.LINK: 184, Standing.REJECTED: 23},
        ),
        (("NL_ML_2025-07-29.ml", "NL_ROOT_CA.cer"), {Standing.TRUSTED: 395}),
        (("IT_MasterListCSCA.ml",), {Standing.REJECTED: 333}),
    ],
)
def test_the_master_lists_of_states(files: tuple[str, ...], standings: dict[Standing, int]) -> None:
    """Under their roots; the Italian root is not there, and a certificate in a list is no root."""
    found = taken(
        *(shared(f"pki/masterlists/{file}").read_bytes() for file in files),
        at=NOW + timedelta(days=200),
    )
    certificates = [each for each in found.findings if each.role != PieceRole.MASTER_LIST]
    assert Counter(each.standing for each in certificates) == standings
    assert all(each.reason for each in certificates if each.standing is Standing.REJECTED)
    (listed,) = (each for each in found.findings if each.role == PieceRole.MASTER_LIST)
    refused = files == ("IT_MasterListCSCA.ml",)
    assert (listed.standing is Standing.REJECTED) is refused
    assert ("the CSCA of IT" in listed.reason) is refused


@pytest.mark.shared
def test_no_list_makes_a_root_for_another_list() -> None:
    """The German and Dutch lists hold the Italian CSCA; Italy may sign its own passports by it."""
    files = sorted(shared("pki/masterlists").iterdir())
    found = taken(*(file.read_bytes() for file in files), at=NOW + timedelta(days=200))
    assert set(found.published) == {"DE", "NL"}


@pytest.mark.shared
def test_every_mock_certificate_is_trusted() -> None:
    files = sorted(shared("pki/mock").glob("*/*.pem"))
    found = taken(*(file.read_bytes() for file in files))
    assert {each.standing for each in found.findings} == {Standing.TRUSTED}
    assert len(found.findings) == 51


def test_what_a_file_holds_is_told_by_its_content() -> None:
    files = {
        THE_ROOT: Kind.CERTIFICATE,
        master(): Kind.MASTER_LIST,
        deviations(): Kind.DEVIATION_LIST,
        revocations(): Kind.REVOCATION_LIST,
        b"": Kind.UNKNOWN,
        b"\x30\x03\x06\x01\x2a": Kind.UNKNOWN,
    }
    for data, kind in files.items():
        assert [each.kind for each in pieces(data, "file")] == [kind]
