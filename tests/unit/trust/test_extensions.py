"""What the extensions of a certificate may say, and times within which things count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509

from edge.emrtd import der, tlv
from edge.trust.certificates import Certificate, Period, split
from tests.support.trust.specimens import ROOT, SIGNER, certify, parsed, signer_certificate

TYPES = "2.23.136.1.1.6.2"
KNOWN = {
    "2.5.29.19": "basic constraints",
    "2.5.29.15": "key usage",
    "2.5.29.14": "subject key identifier",
    "2.5.29.35": "authority key identifier",
    "2.5.29.37": "extended key usage",
    "2.5.29.32": "certificate policies",
    "2.5.29.31": "CRL distribution points",
    "2.5.29.16": "private key usage period",
    "2.5.29.17": "subject alternative name",
    "2.5.29.18": "issuer alternative name",
    TYPES: "document types",
    "2.23.136.1.1.6.1": "name change",
}
"""Doc 9303-12 §7.1.1, Tables 5 and 6."""


def extension(oid: str, content: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), content)


@pytest.mark.parametrize("oid", KNOWN)
def test_every_extension_of_the_profile_may_be_critical(oid: str) -> None:
    assert not parsed(certify(SIGNER, ROOT, extension(oid, b"\x05\x00"))).unknown_critical


@pytest.mark.parametrize("oid", ["2.5.29.30", "2.5.29.36", "2.5.29.54", "2.23.136.1.1.6.3"])
def test_no_other_may_and_each_may_when_it_is_not_critical(oid: str) -> None:
    """Name and policy constraints among them: they limit what is trusted."""
    unheard_of = extension(oid, b"\x05\x00")
    assert parsed(certify(SIGNER, ROOT, unheard_of)).unknown_critical
    assert not parsed(certify(SIGNER, ROOT, extensions=[unheard_of])).unknown_critical


def types(content: bytes) -> frozenset[str] | None:
    found = parsed(certify(SIGNER, ROOT, extensions=[extension(TYPES, content)]))
    return found.document_types


def listed(*strings: bytes, depth: int = 1) -> bytes:
    content = b"".join(strings)
    for _ in range(depth):
        content = tlv.encode(der.SET, content)
    return tlv.encode(der.SEQUENCE, der.encode_integer(0), content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (listed(tlv.encode(0x13, b"P")), {"P"}),
        (listed(tlv.encode(0x0C, b"P"), tlv.encode(0x16, b"ID")), {"P", "ID"}),
        (listed(tlv.encode(0x13, b"p<"), tlv.encode(0x13, b" i\x00")), {"P", "I"}),
        (listed(tlv.encode(0x14, b"P")), None),  # a TeletexString
        (listed(tlv.encode(0x13, b"PPP")), None),
        (listed(tlv.encode(0x13, b"")), None),
        (listed(tlv.encode(0x13, b"<"), tlv.encode(0x13, b"PM")), {"PM"}),
        (listed(tlv.encode(0x13, b"P"), depth=2), {"P"}),
        (listed(tlv.encode(0x13, b"P"), depth=3), None),
        (tlv.encode(0x13, b"P"), {"P"}),
        (tlv.encode(der.SEQUENCE, tlv.encode(der.SEQUENCE, tlv.encode(0x13, b"V"))), {"V"}),
        (tlv.encode(0xA0, tlv.encode(0x13, b"V")), None),
        (b"\x30", None),
        (b"", None),
    ],
)
def test_the_types_of_documents_are_one_or_two_letters_a_few_levels_deep(
    content: bytes, expected: set[str] | None
) -> None:
    """Doc 9303-12 §7.1.1.6."""
    assert types(content) == (None if expected is None else frozenset(expected))


def test_a_list_beside_one_that_cannot_be_read_counts() -> None:
    broken = tlv.encode(der.SET, b"\x13\x7f")
    fine = tlv.encode(der.SET, tlv.encode(0x13, b"P"))
    assert types(tlv.encode(der.SEQUENCE, broken, fine)) == frozenset({"P"})


def test_without_the_extension_nothing_is_said() -> None:
    found = parsed(certify(SIGNER, ROOT))
    assert (found.document_types, found.extended_usage, found.key_period) == (None, None, None)
    assert (found.key_id, found.authority_key_id, found.key_usage) == (None, None, None)


def period(*times: tuple[int, bytes]) -> Period | None:
    content = tlv.encode(der.SEQUENCE, *(tlv.encode(tag, text) for tag, text in times))
    return parsed(certify(SIGNER, ROOT, extensions=[extension("2.5.29.16", content)])).key_period


BEGINS, ENDS = datetime(2020, 1, 2, tzinfo=UTC), datetime(2021, 3, 4, tzinfo=UTC)


def test_the_time_in_which_a_key_may_sign_may_have_open_ends() -> None:
    begins, ends = (0x80, b"20200102000000Z"), (0x81, b"20210304000000Z")
    assert period(begins, ends) == Period(BEGINS, ENDS)
    assert period(begins) == Period(BEGINS, None)
    assert period(ends) == Period(None, ENDS)
    assert period((0x80, b"20200102000000"), ends) is None  # of no time zone
    assert period(begins, (0x81, b"20210304000000")) is None
    assert period((0x80, b"nonsense")) is None


@pytest.mark.parametrize(
    ("begins", "ends"), [(BEGINS, ENDS), (None, ENDS), (BEGINS, None), (None, None)]
)
def test_a_period_includes_its_ends(begins: datetime | None, ends: datetime | None) -> None:
    second = timedelta(seconds=1)
    found = Period(begins, ends)
    assert found.contains(BEGINS)
    assert found.contains(ENDS)
    assert found.contains(BEGINS - second) is (begins is None)
    assert found.contains(ENDS + second) is (ends is None)
    abroad = ENDS.astimezone(timezone(timedelta(hours=5)))
    assert found.contains(abroad)


@pytest.mark.parametrize(("before", "found"), [(4096 - 10, True), (4096 - 9, False)])
def test_a_pem_file_says_so_within_its_first_four_kilobytes(before: int, found: bool) -> None:
    """Of a DER file no byte is looked at as if it were text."""
    data = b"#" * before + b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    assert split(data) == ([b"\x30\x00"] if found else [data])


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("1.2.840.113549.1.1.11", "sha256"), ("1.2.840.113549.1.1.4", "")]
)
def test_the_digest_of_a_certificate_is_none_where_it_is_not_accepted(
    algorithm: str, digest: str
) -> None:
    data = resigned(signer_certificate(), der.encode_oid(algorithm))
    assert Certificate.parse(data).digest == digest


def resigned(certificate: bytes, algorithm: bytes) -> bytes:
    """The certificate with another signature algorithm, inside and outside."""
    content, _, signature = tlv.read_one(certificate, der.SEQUENCE).children()
    fields = tlv.Tlv(der.SEQUENCE, content.value).children()
    encoded = [
        tlv.encode(der.SEQUENCE, algorithm) if number == 2 else tlv.encode(each.tag, each.value)
        for number, each in enumerate(fields)
    ]
    return tlv.encode(
        der.SEQUENCE,
        tlv.encode(der.SEQUENCE, *encoded),
        tlv.encode(der.SEQUENCE, algorithm),
        tlv.encode(signature.tag, signature.value),
    )
