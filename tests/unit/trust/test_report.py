"""The report of an intake: each piece with its role, standing, reason, country and end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from edge.errors import MalformedFile
from edge.trust import intake, signed_data
from edge.trust.anchors import Standing
from edge.trust.certificates import DEVIATION_LIST_SIGNING, MASTER_LIST_SIGNING
from edge.trust.intake import IntakeFinding, PieceRole
from edge.trust.material import Kind, Piece, pieces, pieces_of_ldif
from edge.trust.revocation import RevocationList
from tests.support.trust.lists import (
    DAY,
    Publishing,
    deviation,
    deviations,
    ldif,
    master,
    publisher_certificate,
    purpose,
    rejected,
    revocations,
    roots,
    taken,
    the,
)
from tests.support.trust.specimens import (
    CA,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
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
    usage,
)
from tools.specimen.authority import Validity

THE_ROOT = root_certificate()
THE_SIGNER = signer_certificate()
TITLE = "C=UT, CN=CSCA Specimen UT"


def told(found: IntakeFinding) -> tuple[str, Standing, str, str, str]:
    return found.role, found.standing, found.reason, found.country, found.title


def test_roles_standings_and_kinds_have_the_words_of_the_report() -> None:
    assert [each.value for each in Standing] == ["trusted", "link", "rejected"]
    assert [each.value for each in Kind] == [
        "certificate",
        "master list",
        "deviation list",
        "revocation list",
        "unknown",
    ]
    assert {each for each in vars(PieceRole).values() if isinstance(each, str)} >= {
        "csca",
        "document-signer",
        "certificate",
        "revocation-list",
        "deviation-list",
        "master-list",
        "unknown",
    }


def test_a_certificate_is_told_with_its_title_and_its_end() -> None:
    found = taken(THE_ROOT, THE_SIGNER)
    assert told(the(found, THE_ROOT)) == ("csca", Standing.TRUSTED, "", "UT", TITLE)
    assert told(the(found, THE_SIGNER)) == (
        "document-signer",
        Standing.TRUSTED,
        "",
        "UT",
        "C=UT, CN=Document Signer Specimen UT",
    )
    for data in (THE_ROOT, THE_SIGNER):
        assert the(found, data).expires == parsed(data).not_after


def test_a_link_says_which_csca_signed_it() -> None:
    link = certify(Party(ROOT.name, key(40)), ROOT, CA, CERT_SIGN)
    number = parsed(THE_ROOT).serial
    reason = f"signed by {TITLE}, number {number}"
    assert told(the(taken(THE_ROOT, link), link)) == ("csca", Standing.LINK, reason, "UT", TITLE)


def test_what_is_no_csca_keeps_its_name_in_the_report() -> None:
    weak = certify(ROOT, ROOT, CA, DIGITAL_SIGNATURE)
    assert told(the(taken(weak), weak)) == (
        "certificate",
        Standing.REJECTED,
        "a key that may not sign certificates",
        "UT",
        TITLE,
    )


def test_a_master_list_says_when_it_was_signed_and_how_much_it_holds() -> None:
    data = master(*roots(2))
    listed = the(taken(THE_ROOT, data), data)
    assert told(listed) == (
        "master-list",
        Standing.TRUSTED,
        "signed 2026-02-28 12:00, 2 certificates",
        "UT",
        "",
    )


def test_members_of_a_master_list_that_is_refused_are_told_one_by_one() -> None:
    members = sorted(roots(2))
    found = taken(master(*members))
    assert [(each.role, each.reason) for each in found.findings[1:]] == [
        ("certificate", "its master list is not accepted")
    ] * 2
    assert [each.piece.data for each in found.findings[1:]] == members
    assert {each.piece.source for each in found.findings} == {"0"}


def test_a_revocation_list_says_until_when_it_counts() -> None:
    data = revocations(7)
    listed = the(taken(THE_ROOT, data), data)
    assert told(listed) == ("revocation-list", Standing.TRUSTED, "", "UT", TITLE)
    assert listed.expires == NOW + 30 * DAY
    nobodys = the(taken(data), data)
    assert nobodys.standing is Standing.REJECTED
    assert nobodys.expires == NOW + 30 * DAY


def test_a_deviation_list_says_how_many_it_holds() -> None:
    data = deviations(deviation(b"", "1.2.3"), deviation(b"\x80\x01P", "1.2.3"))
    listed = the(taken(THE_ROOT, data), data)
    assert told(listed) == ("deviation-list", Standing.TRUSTED, "2 deviations", "UT", "")


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (Kind.CERTIFICATE, "certificate"),
        (Kind.MASTER_LIST, "master-list"),
        (Kind.DEVIATION_LIST, "deviation-list"),
        (Kind.REVOCATION_LIST, "revocation-list"),
        (Kind.UNKNOWN, "unknown"),
    ],
)
def test_what_cannot_be_read_is_told_by_what_it_was_taken_for(kind: Kind, role: str) -> None:
    (found,) = intake.take([Piece(kind, b"damaged", "file", note="why")], NOW).findings
    assert (found.role, found.standing) == (role, Standing.REJECTED)
    assert found.reason
    assert (found.reason == "why") is (kind is Kind.UNKNOWN)


@pytest.mark.parametrize("certificate", [THE_ROOT, certify(SIGNER, ROOT, CA, CERT_SIGN)])
def test_a_ca_in_a_file_of_document_signers_is_none(certificate: bytes) -> None:
    lines = ldif(("cn=1,o=dsc,c=UT", "userCertificate;binary", certificate))
    found = intake.take(pieces_of_ldif(lines, "file"), NOW)
    assert [(each.role, each.reason) for each in found.findings] == [
        ("certificate", "a CA among document signers")
    ]
    assert found.store.anchors == ()


def test_a_document_signer_that_is_unfit_is_not_kept() -> None:
    unfit = signer_certificate(SIGNER, ROOT, usage("key_agreement"))
    found = taken(THE_ROOT, unfit)
    assert the(found, unfit).reason == "the signer's key may not sign documents"
    assert the(found, unfit).role == "document-signer"
    assert found.store.signers == {}


# Master lists of before


@pytest.mark.parametrize(("ahead", "refused"), [(-1, False), (0, False), (1, True)])
def test_a_master_list_may_be_as_old_as_the_one_that_is_known_and_not_older(
    ahead: int, refused: bool
) -> None:
    known = {"UT": NOW - DAY + timedelta(seconds=ahead)}
    found = taken(THE_ROOT, master(*roots(1)), published=known)
    assert bool(rejected(found)) is refused
    if refused:
        assert rejected(found)[0] == (
            "older than the list of UT signed 2026-02-28 12:00 that is known (rollback)"
        )
        assert found.published == known
    else:
        assert found.published == {"UT": NOW - DAY}
    assert known == {"UT": NOW - DAY + timedelta(seconds=ahead)}


def test_a_newer_list_replaces_what_only_an_older_one_of_its_publisher_brought() -> None:
    old, new, of_another, given = roots(4)
    before = [
        Piece(Kind.CERTIFICATE, old, "file", publisher="UT"),
        Piece(Kind.CERTIFICATE, of_another, "file", publisher="XA"),
        Piece(Kind.CERTIFICATE, given, "file"),
        Piece(Kind.CERTIFICATE, THE_ROOT, "file"),
    ]
    report = intake.take([*before, *pieces(master(new), "list")], NOW)
    assert {each.der for each in report.store.anchors} == {new, of_another, given, THE_ROOT}
    kept = intake.take(before, NOW)
    assert {each.der for each in kept.store.anchors} == {old, of_another, given, THE_ROOT}


@pytest.mark.parametrize(
    ("rights", "reason"),
    [
        ((DIGITAL_SIGNATURE,), "its signer is not certified for such lists (extended key usage)"),
        (
            (DIGITAL_SIGNATURE, purpose(DEVIATION_LIST_SIGNING)),
            "its signer is not certified for such lists (extended key usage)",
        ),
        ((CERT_SIGN, purpose(MASTER_LIST_SIGNING)), "its signer's key may not sign lists"),
        (
            (CA, DIGITAL_SIGNATURE, purpose(MASTER_LIST_SIGNING)),
            "its signer's key may not sign lists",
        ),
    ],
)
def test_a_list_signer_needs_this_one_right(
    rights: tuple[x509.ExtensionType, ...], reason: str
) -> None:
    publisher = Party(name(common="List Signer UT"), key(20))
    by = Publishing(certify(publisher, ROOT, *rights))
    assert rejected(taken(THE_ROOT, master(by=by)))[0] == reason


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-1, "its signer was not valid when it signed"),
        (0, None),
        (3600, None),
        (3601, "its signer was not valid when it signed"),
    ],
)
def test_a_list_is_signed_while_its_signer_is_valid(seconds: int, reason: str | None) -> None:
    begins = NOW - 5 * DAY
    publisher = Party(name(common="List Signer UT"), key(20))
    rights = (DIGITAL_SIGNATURE, purpose(MASTER_LIST_SIGNING))
    validity = Validity(begins, begins + timedelta(hours=1))
    certificate = certify(publisher, ROOT, *rights, validity=validity)
    by = Publishing(certificate, signed_at=begins + timedelta(seconds=seconds))
    assert rejected(taken(THE_ROOT, master(by=by))) == ([] if reason is None else [reason])


@pytest.mark.parametrize(
    "issuer",
    [Party(ROOT.name, key(9)), Party(name("XA", "CSCA of another state"), key(9))],
    ids=["another key of the state", "another state"],
)
def test_a_list_signer_is_of_a_root_of_its_own_state(issuer: Party) -> None:
    """Neither the name of the state nor the signature of any root is enough."""
    by = Publishing(publisher_certificate(issuer=issuer))
    roots_here = [THE_ROOT] if issuer.name == ROOT.name else [THE_ROOT, root_certificate(issuer)]
    assert "the root of its signer is not here" in rejected(taken(*roots_here, master(by=by)))[0]


def test_a_list_is_signed_while_its_root_is_valid() -> None:
    expired = root_certificate(validity=Validity(NOW - 90 * DAY, NOW - 30 * DAY))
    assert rejected(taken(expired, master()))[0] == (
        "the root of its signer was not valid when it signed"
    )
    assert rejected(taken(expired, THE_ROOT, master())) == []


def test_a_list_without_a_signing_time_is_of_the_moment_it_is_taken() -> None:
    by = Publishing(publisher_certificate(), signed_at=None)
    for at, fine in ((NOW, True), (NOW + 36_525 * DAY, False)):
        found = taken(THE_ROOT, master(by=by), at=at)
        assert (rejected(found) == []) is fine
        assert found.published == ({"UT": NOW} if fine else {})


# Revocation lists of one issuer


def listed(serial: int, days: int, number: int | None) -> bytes:
    extensions = [] if number is None else [(x509.CRLNumber(number), False)]
    validity = Validity(NOW - days * DAY, NOW + 30 * DAY)
    return revocations(serial, validity=validity, extensions=extensions)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ((9, 1), (3, 1), {2}),  # days ago, number
        ((3, 1), (9, 1), {1}),
        ((3, 1), (3, 2), {2}),
        ((3, 2), (3, 1), {1}),
        ((3, 0), (3, None), {1, 2}),  # as new as one another
        ((3, 1), (3, None), {1}),
        ((9, 9), (3, 1), {2}),  # the day counts before the number
    ],
)
def test_of_two_revocation_lists_the_newer_one_counts(
    first: tuple[int, int | None], second: tuple[int, int | None], kept: set[int]
) -> None:
    lists = listed(1, *first), listed(2, *second)
    for order in (lists, lists[::-1]):
        found = taken(THE_ROOT, *order)
        stored = found.store.revocation_lists
        assert {serial for each in stored for serial in each.revoked} == kept
        assert len(rejected(found)) == 2 - len(kept)


def test_an_older_list_of_another_key_still_counts() -> None:
    other = [(x509.AuthorityKeyIdentifier(b"other", None, None), False)]
    old = revocations(1, validity=Validity(NOW - 9 * DAY, NOW + DAY), extensions=other)
    assert len(taken(THE_ROOT, old, revocations(2)).store.revocation_lists) == 2


@pytest.mark.parametrize(
    ("oid", "fits"),
    [
        ("2.5.29.21", True),  # the reason
        ("2.5.29.24", True),  # since when
        ("2.5.29.23", True),  # what to do with a certificate on hold
        ("2.5.29.29", False),  # of another issuer
        ("1.2.3.4", False),
    ],
)
def test_an_entry_may_say_why_and_since_when_critically_and_nothing_else(
    oid: str, fits: bool
) -> None:
    contents = {
        "2.5.29.21": b"\x0a\x01\x01",
        "2.5.29.24": b"\x18\x0f20260101000000Z",
        "2.5.29.23": b"\x06\x03\x2a\x03\x04",
    }
    content = contents.get(oid, b"\x05\x00")
    data = revocations(9, entry=x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), content))
    if fits:
        assert RevocationList.parse(data).revoked == {9}
    else:
        with pytest.raises(MalformedFile, match="a critical entry that is not known"):
            RevocationList.parse(data)


@pytest.mark.parametrize("oid", ["2.5.29.35", "2.5.29.20", "2.5.29.18"])
def test_what_the_profile_of_a_revocation_list_knows_may_be_critical(oid: str) -> None:
    """Doc 9303-12 §7.1.4: key identifier, number, other names of the issuer."""
    unreadable = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
    found = RevocationList.parse(revocations(1, extensions=[(unreadable, True)]))
    assert (found.number, found.authority_key_id) == (None, None)


def test_a_revocation_list_has_the_key_identifier_and_number_it_says() -> None:
    identifier = x509.AuthorityKeyIdentifier(b"identifier", None, None)
    extensions = [(identifier, False), (x509.CRLNumber(7), False)]
    found = RevocationList.parse(revocations(1, extensions=extensions))
    assert (found.number, found.authority_key_id) == (7, b"identifier")
    assert found.revoked == {1}
    assert RevocationList.parse(revocations()).revoked == frozenset()


@pytest.mark.parametrize(("rights", "fits"), [("crl_sign", True), ("key_cert_sign", False)])
def test_a_key_that_signs_revocation_lists_says_so(rights: str, fits: bool) -> None:
    issuer = parsed(certify(ROOT, ROOT, CA, usage(rights)))
    assert RevocationList.parse(revocations(1)).is_signed_by(issuer) is fits


def test_a_revocation_list_is_signed_by_one_key_and_by_no_other() -> None:
    found = RevocationList.parse(revocations(1))
    assert found.is_signed_by(parsed(THE_ROOT)) is True
    assert found.is_signed_by(parsed(root_certificate(Party(ROOT.name, key(2))))) is False


# How much is looked into


@pytest.mark.parametrize(("count", "fits"), [(9_999, True), (10_000, True), (10_001, False)])
def test_a_file_holds_ten_thousand_pieces_at_most(count: int, fits: bool) -> None:
    found = pieces(b"\x30\x00" * count, "file")
    assert (found[-1].note == "more than a file holds") is not fits
    assert len(found) == min(count, 10_001)


@pytest.mark.parametrize(("before", "pem"), [(65_536 - 10, True), (65_536 - 9, False)])
def test_a_pem_file_says_so_within_64_kibibytes(before: int, pem: bool) -> None:
    text = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    last = pieces(b"#" * before + text, "file")[-1]
    assert (last.note == "a PEM file without a certificate") is pem


def test_content_type_and_certificates_of_what_is_no_signed_data() -> None:
    for read in (signed_data.content_type_of, signed_data.certificates_of, signed_data.parse):
        with pytest.raises(MalformedFile, match="signed data"):
            read(b"\x30\x00")
