"""Trust material in every wrapping the field has, LDIF as a stream among them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509

from edge.errors import LimitExceeded
from edge.trust import ldif
from edge.trust.material import Kind, Piece, is_ldif, pieces, pieces_of_ldif
from tests.support.some import replaced
from tests.support.trust.lists import ldif as as_ldif
from tests.support.trust.lists import master, revocations
from tests.support.trust.specimens import root_certificate, signer_certificate
from tools.specimen.authority import Validity

ROOT, SIGNER, LIST, REVOKED = root_certificate(), signer_certificate(), master(), revocations(1)


def pem(label: str, data: bytes) -> bytes:
    body = base64.encodebytes(data)
    return b"-----BEGIN %b-----\r\n%b-----END %b-----\r\n" % (label.encode(), body, label.encode())


def bundle(*certificates: bytes) -> bytes:
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data"},
            "certificates": [asn1_x509.Certificate.load(each) for each in certificates],
            "signer_infos": [],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


@pytest.mark.parametrize(
    "data",
    [
        ROOT + SIGNER,
        ROOT + b"\x00\x00" + SIGNER + b"\n",
        pem("CERTIFICATE", ROOT) + b"text between\n" + pem("X509 CERTIFICATE", SIGNER),
        pem("PKCS7", bundle(ROOT, SIGNER)),
        bundle(ROOT, SIGNER),
        base64.encodebytes(ROOT + SIGNER),
    ],
    ids=["der", "der with padding", "pem", "pem of pkcs7", "pkcs7", "bare base64"],
)
def test_certificates_in_every_wrapping(data: bytes) -> None:
    found = pieces(data, "file")
    assert {each.kind for each in found} == {Kind.CERTIFICATE}
    assert sorted(each.data for each in found) == sorted([ROOT, SIGNER])


@pytest.mark.parametrize(
    "label",
    ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CRL", "CRL", "PKCS7", "CMS"],
)
def test_every_label_of_pem_may_be_on_any_material(label: str) -> None:
    for data, kind in (
        (ROOT, Kind.CERTIFICATE),
        (REVOKED, Kind.REVOCATION_LIST),
        (LIST, Kind.MASTER_LIST),
    ):
        (found,) = pieces(pem(label, data), "file")
        assert (found.kind, found.data, found.source) == (kind, data, "file")


def test_headers_within_pem_are_passed_over() -> None:
    """As RFC 1421 has them."""
    lines = pem("CERTIFICATE", ROOT).splitlines(keepends=True)
    headed = b"".join([lines[0], b"Proc-Type: 4,CLEAR\n", b"X-Comment: none\n\n", *lines[1:]])
    (found,) = pieces(headed, "file")
    assert found.data == ROOT


@pytest.mark.parametrize("year", [2040, 2060])
def test_a_revocation_list_is_one_in_either_writing_of_its_time(year: int) -> None:
    """UTCTime to 2049, then GeneralizedTime (RFC 5280 §5.1.2.4)."""
    begins = datetime(year, 1, 1, tzinfo=UTC)
    data = revocations(1, validity=Validity(begins, begins + timedelta(days=30)))
    (found,) = pieces(data, "file")
    assert (found.kind, found.data) == (Kind.REVOCATION_LIST, data)


@pytest.mark.parametrize("padding", [b"\x00", b"\r\n", b"\t \n", b"\x00" * 500])
def test_padding_behind_is_nothing_and_any_other_byte_is_something(padding: bytes) -> None:
    assert [each.kind for each in pieces(ROOT + padding, "file")] == [Kind.CERTIFICATE]
    for other in (b"X", b"\xff"):
        found = pieces(ROOT + padding + other, "file")
        assert [each.kind for each in found] == [Kind.CERTIFICATE, Kind.UNKNOWN]


def test_a_piece_says_no_more_than_is_known() -> None:
    assert Piece(Kind.UNKNOWN, b"", "file") == Piece(Kind.UNKNOWN, b"", "file", False, "", "", "")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pem("PRIVATE KEY", b"key"), "without a certificate"),
        (b"-----BEGIN CERTIFICATE-----\n@@@\n-----END CERTIFICATE-----", "cannot be read"),
        (b"MII", "neither DER, PEM nor LDIF"),
        (b"MAIF\nAA==\nMAIF", "neither DER, PEM nor LDIF"),
        (b"hello, world", "neither"),
        (bundle(), "neither a master list"),
        (b"\x30\x82\xff\xff", "neither"),
        (ROOT + b"\x30\x82\xff\xff", "neither"),
        (b"\x30\x02\x30\x82", "neither"),
        (b"\x30\x00" * 10_001, "more than a file holds"),
    ],
)
def test_what_is_no_trust_material_says_why(data: bytes, why: str) -> None:
    last = pieces(data, "file")[-1]
    assert last.kind is Kind.UNKNOWN
    assert why in last.note


class TestLdif:
    LINES = as_ldif(
        ("cn=1,o=dsc,c=UT,dc=data", "userCertificate;binary", SIGNER),
        ("cn=2,o=crl,c=UT,dc=data", "certificateRevocationList;binary", REVOKED),
        ("cn=3,o=ml,c=UT,dc=data", "pkdMasterListContent", LIST),
        ("cn=4,o=csca,c=UT,dc=data", "cACertificate;binary", ROOT),
    )

    def test_is_recognised_by_its_first_lines(self) -> None:
        assert is_ldif(b"".join(self.LINES)[:100])
        assert is_ldif(b"\xef\xbb\xbf# a comment\n\ndn: cn=1\n")
        assert is_ldif(b"dn:: Y249MQ==\n")
        assert not is_ldif(ROOT)

    def test_every_kind_of_entry(self) -> None:
        found = list(pieces_of_ldif(self.LINES, "file"))
        assert [(each.kind, each.data, each.is_signer) for each in found] == [
            (Kind.CERTIFICATE, SIGNER, True),
            (Kind.REVOCATION_LIST, REVOKED, False),
            (Kind.MASTER_LIST, LIST, False),
            (Kind.CERTIFICATE, ROOT, False),
        ]

    def test_line_ends_of_another_system(self) -> None:
        lines = [replaced(line, b"\n", b"\r\n") for line in self.LINES]
        assert len(list(pieces_of_ldif(lines, "file"))) == 4

    def test_blanks_in_a_value_are_passed_over(self) -> None:
        value = b" ".join(base64.encodebytes(ROOT).split())
        (found,) = pieces_of_ldif([b"dn: cn=4\n", b"cACertificate:: " + value], "file")
        assert found.data == ROOT

    def test_what_cannot_be_read_does_not_break_its_neighbours(self) -> None:
        spoilt = [
            "dn: cn=Müller\n".encode("latin-1"),
            "größe: 5\n".encode("latin-1"),
            b"userCertificate;binary:: @@@\n",
            b"userCertificate;binary:< file:///etc/passwd\n",
            b"no colon\n",
            b"\n",
        ]
        found = list(pieces_of_ldif([*spoilt, *self.LINES], "file"))
        assert found[0].kind is Kind.UNKNOWN
        assert len(found) == 5

    @pytest.mark.parametrize(
        "line",
        [
            b"userCertificate;binary:: @@@\n",
            b"userCertificate;binary:: MII\n",
            b"userCertificate;binary:< file:///etc/passwd\n",
            b"no colon\n",
        ],
    )
    def test_each_value_that_cannot_be_read_is_told(self, line: bytes) -> None:
        (record,) = ldif.records([b"dn: cn=1\n", line, b"cn: kept\n"])
        assert record.unreadable == 1
        assert record.attributes == [ldif.Attribute("cn", b"kept")]
        (found,) = pieces_of_ldif([b"dn: cn=1\n", line], "file")
        assert (found.kind, found.note) == (Kind.UNKNOWN, "an LDIF value that cannot be read")
        assert (found.data, found.source) == (b"", "file")

    def test_lines_go_on_after_a_blank_or_a_tab_and_keep_their_last_letter(self) -> None:
        lines = [b"dn: cn=X\n", b"cn: fiX\n", b" ed\n", b"\tup X\n", b"sn: X\r\n"]
        (record,) = ldif.records(lines)
        assert record.name == "cn=X"
        assert record.attributes == [
            ldif.Attribute("cn", b"fiXedup X"),
            ldif.Attribute("sn", b"X"),
        ]
        assert record.unreadable == 0
        assert not record.deletes

    @pytest.mark.parametrize("word", ["add", "replace"])
    def test_what_a_change_brings_is_kept_and_the_change_itself_is_no_attribute(
        self, word: str
    ) -> None:
        lines = f"dn: cn=1\nchangetype: modify\n{word}: cn\ncn: new\n-\nsn: too\n".encode()
        (record,) = ldif.records(lines.splitlines(keepends=True))
        assert [each.name for each in record.attributes] == ["cn", "sn"]

    def test_what_follows_a_removal_is_kept(self) -> None:
        lines = b"dn: cn=1\nchangetype: modify\ndelete: cn\ncn: old\n-\nsn: kept\n"
        (record,) = ldif.records(lines.splitlines(keepends=True))
        assert record.attributes == [ldif.Attribute("sn", b"kept")]

    @pytest.mark.parametrize("written", ["delete", "DELETE", " Delete "])
    def test_a_removed_entry_is_one_however_it_is_written(self, written: str) -> None:
        (record,) = ldif.records([b"dn: cn=1\n", f"changetype:{written}\n".encode()])
        assert record.deletes

    def test_text_and_pictures_are_passed_over(self) -> None:
        lines = as_ldif(("cn=6", "jpegPhoto", b"\x30\x01"), ("cn=7", "cn", b"\xff\xd8"))
        assert list(pieces_of_ldif(lines, "file")) == []

    @pytest.mark.parametrize(
        "attribute",
        [
            "userCertificate;binary",
            "cACertificate;binary",
            "certificateRevocationList;binary",
            "pkdMasterListContent",
            "CscaMasterListData",
        ],
    )
    def test_material_of_the_directory_that_is_none_is_told(self, attribute: str) -> None:
        """By the attributes that hold it in the ICAO PKD."""
        lines = as_ldif(("cn=6", attribute, b"\x30\x01\x05"))
        (found,) = pieces_of_ldif(lines, "file")
        assert found.kind is Kind.UNKNOWN

    def test_changes(self) -> None:
        text = base64.b64encode(b"0new").decode()
        lines = f"""dn: cn=1
changetype: delete

# a comment
 that goes on
dn: cn=2
changetype: modify
delete: userCertificate
userCertificate:: {text}
-
add: cn
cn: kept
-
"""
        records = list(ldif.records(line.encode() for line in lines.splitlines(keepends=True)))
        assert [(each.name, each.deletes) for each in records] == [("cn=1", True), ("cn=2", False)]
        assert records[1].attributes == [ldif.Attribute("cn", b"kept")]
        assert list(pieces_of_ldif([b"dn: cn=1\n", b"changetype: delete\n"], "file")) == []

    def test_a_record_without_end_is_refused(self) -> None:
        line = b" " + b"A" * 1_000_000
        with pytest.raises(LimitExceeded):
            list(ldif.records([b"dn: cn=1\n", *[line] * 40]))

    def test_a_comment_at_the_end(self) -> None:
        assert list(ldif.records([b"# nothing\n"])) == []
        assert list(ldif.records([b"version: 1\n"])) == []
