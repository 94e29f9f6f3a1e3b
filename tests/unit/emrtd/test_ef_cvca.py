"""EF.CVCA and CV certificates byte by byte (Doc 9303-11 §9.4, Appendix K.2; TR-03110-3 §C, §D)."""

from __future__ import annotations

from datetime import date

import pytest

from edge.emrtd import cv_certificate, ef_cvca, tlv
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.cv_certificate import CertifiedKey, EcPoint, HolderRole
from edge.emrtd.public_key import RsaKey
from edge.errors import MalformedFile

ECDSA_SHA_256 = "0.4.0.127.0.7.2.2.2.2.3"
RSA_SHA_256 = "0.4.0.127.0.7.2.2.2.1.2"
DATES = (date(2026, 1, 2), date(2037, 12, 31))
P256 = STANDARDISED[12]
POINT = "04" + "11" * 64
BODY = (
    "7F4E8182 5F290100 42024142"
    "7F494F 060A04007F00070202020203 8641" + POINT + "5F20024344"
    "7F4C0E 060904007F000703010201 530183"
    "5F2506020600010002 5F2406030701020301"
)
CERTIFICATE = "7F218191" + BODY + "5F3708" + "AA" * 8


def of_ecdsa(authorisation: bytes = b"\x83") -> bytes:
    key = CertifiedKey(ECDSA_SHA_256, EcPoint(bytes.fromhex(POINT), None))
    return cv_certificate.encode_body(("AB", "CD"), key, authorisation, DATES)


def test_a_certificate_on_the_curve_of_its_issuer() -> None:
    assert of_ecdsa() == bytes.fromhex(BODY)
    content = bytes.fromhex(CERTIFICATE)
    assert cv_certificate.encode(of_ecdsa(), b"\xaa" * 8) == content
    found = cv_certificate.parse(content)
    assert (found.issuer, found.holder, found.terminal_type) == (
        "AB",
        "CD",
        "0.4.0.127.0.7.3.1.2.1",
    )
    assert found.key == CertifiedKey(ECDSA_SHA_256, EcPoint(bytes.fromhex(POINT), None))
    assert (found.effective, found.expires) == DATES
    assert (found.role, found.rights) == (HolderRole.DOMESTIC_VERIFIER, 3)
    assert (found.body, found.signature) == (bytes.fromhex(BODY), b"\xaa" * 8)
    assert found.presented() == bytes.fromhex(BODY + "5F3708" + "AA" * 8)


def of_key(key: CertifiedKey) -> bytes:
    body = cv_certificate.encode_body(("AB", "CD"), key, b"\xc3", DATES)
    return tlv.only(tlv.read_all(tlv.read_one(body, 0x7F4E).value), 0x7F49)


def test_a_key_with_the_parameters_of_its_curve() -> None:
    """Doc 9303-11 Table 11: prime, a, b, base, order, point, cofactor."""
    key = CertifiedKey(ECDSA_SHA_256, EcPoint(P256.encode(P256.base), P256))
    prime, a, b, order = (f"{number:064X}" for number in (P256.prime, P256.a, P256.b, P256.order))
    base = P256.encode(P256.base).hex().upper()
    assert of_key(key).hex().upper() == (
        f"060A04007F000702020202038120{prime}8220{a}8320{b}8441{base}8520{order}8641{base}870101"
    )


def test_a_key_of_rsa() -> None:
    """Doc 9303-11 Table 9: modulus and exponent, in the fewest bytes."""
    key = CertifiedKey(RSA_SHA_256, RsaKey(0x80FF, 0x010001))
    assert of_key(key).hex().upper() == "060A04007F00070202020102810280FF8203010001"


@pytest.mark.parametrize(
    ("authorisation", "role", "rights"),
    [
        ("03", HolderRole.TERMINAL, 3),
        ("43", HolderRole.FOREIGN_VERIFIER, 3),
        ("BF", HolderRole.DOMESTIC_VERIFIER, 0x3F),
        ("C0", HolderRole.AUTHORITY, 0),
        ("FF00000001", HolderRole.AUTHORITY, 0x3F00000001),
        ("00" * 31 + "02", HolderRole.TERMINAL, 2),
    ],
)
def test_the_role_is_in_the_two_highest_bits_and_rights_in_the_rest(
    authorisation: str, role: HolderRole, rights: int
) -> None:
    """TR-03110-3 §C.4."""
    content = cv_certificate.encode(of_ecdsa(bytes.fromhex(authorisation)), b"")
    found = cv_certificate.parse(content)
    assert (found.role, found.rights) == (role, rights)
    assert found.is_link is (role is HolderRole.AUTHORITY)
    assert (cv_certificate.READ_DG3, cv_certificate.READ_DG4) == (1, 2)


@pytest.mark.parametrize("length", [0, 33])
def test_an_authorisation_has_1_to_32_bytes(length: int) -> None:
    with pytest.raises(MalformedFile, match="impossible length"):
        cv_certificate.parse(cv_certificate.encode(of_ecdsa(bytes(length)), b""))


@pytest.mark.parametrize(
    ("name", "is_one"), [("A", True), ("A" * 16, True), ("", False), ("A" * 17, False)]
)
def test_a_reference_has_1_to_16_characters(name: str, is_one: bool) -> None:
    encoded = cv_certificate.encode_reference(name)
    if is_one:
        assert cv_certificate.decode_reference(encoded) == name
    else:
        with pytest.raises(MalformedFile, match="names no key"):
            cv_certificate.decode_reference(encoded)


def test_a_reference_is_latin_1() -> None:
    assert cv_certificate.encode_reference("DÉ") == b"D\xc9"
    assert cv_certificate.decode_reference(b"D\xc9") == "DÉ"


@pytest.mark.parametrize(
    ("digits", "day"),
    [
        ("000001030001", None),
        ("000000010302", None),
        ("000000010100", date(2000, 1, 10)),
        ("090901020301", date(2099, 12, 31)),
        ("000100020209", None),
        ("000000010A00", None),
        ("0000000101", None),
        ("00000001010000", None),
    ],
)
def test_a_date_is_six_digits_of_this_century(digits: str, day: date | None) -> None:
    """Doc 9303-12 §7.2.3.1.3."""
    before = bytes.fromhex(BODY)[4:-9]  # its last field is this date
    body = tlv.encode(0x7F4E, before, tlv.encode(0x5F24, bytes.fromhex(digits)))
    changed = cv_certificate.encode(body, b"")
    if day is None:
        with pytest.raises(MalformedFile, match="a date that is not"):
            cv_certificate.parse(changed)
    else:
        assert cv_certificate.parse(changed).expires == day


class TestEfCvca:
    def test_the_newest_first_filled_up_to_36_bytes(self) -> None:
        names = ("NLCVCAA00002", "NLCVCAA00001")
        content = (b"\x42\x0cNLCVCAA00002" + b"\x42\x0cNLCVCAA00001").ljust(36, b"\x00")
        assert ef_cvca.encode(names) == content
        assert ef_cvca.decode(content) == names
        assert ef_cvca.LENGTH == 36

    def test_what_lies_behind_36_bytes_does_not_count(self) -> None:
        content = ef_cvca.encode(["A"])
        assert ef_cvca.decode(content + b"\x42\x01B") == ("A",)
        two = b"\x42\x10" + b"A" * 16 + b"\x42\x10" + b"B" * 16
        assert ef_cvca.decode(two) == ("A" * 16, "B" * 16)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "names no authority, or too many"),
            (bytes(36), "names no authority, or too many"),
            (b"\x42\x01A\x42\x01B\x42\x01C", "names no authority, or too many"),
            (b"\x43\x01A", "data object 42"),
            (b"\x42\x00", "names no key"),
        ],
    )
    def test_what_is_none_is_named(self, content: bytes, words: str) -> None:
        with pytest.raises(MalformedFile, match=words):
            ef_cvca.decode(content)
