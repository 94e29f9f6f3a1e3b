"""Card verifiable certificates: real ones read, broken ones refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from edge.emrtd import cv_certificate, der, terminal_signature, tlv
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.cv_certificate import (
    BODY,
    CERTIFICATE,
    PUBLIC_KEY,
    SIGNATURE,
    CertifiedKey,
    EcPoint,
    HolderRole,
)
from edge.emrtd.public_key import RsaKey
from edge.errors import MalformedFile
from tests.support.emrtd.cv_authority import ECDSA_SHA_256, VALID, parsed, state
from tests.support.shared_data import shared

RSA_SHA_256 = f"{terminal_signature.TERMINAL_AUTHENTICATION}.1.4"


def read(path: Path) -> cv_certificate.CvCertificate:
    return cv_certificate.parse(path.read_bytes())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (
            [f"npa-example-data/ZZST{name}00001.cvcert" for name in ("CVCA", "DVCA", "TERM")],
            [HolderRole.AUTHORITY, HolderRole.FOREIGN_VERIFIER, HolderRole.TERMINAL],
        ),
        (
            [f"npa-example-data/dh/{name}.cvcert" for name in ("cvca", "dvca", "at")],
            [HolderRole.AUTHORITY, HolderRole.DOMESTIC_VERIFIER, HolderRole.TERMINAL],
        ),
        (
            [f"cvc-certs/orig/cert{name}_orig.cvcert" for name in ("CVCA", "DVD", "IS")],
            [HolderRole.AUTHORITY, HolderRole.DOMESTIC_VERIFIER, HolderRole.TERMINAL],
        ),
    ],
    ids=["german-esign-ecdsa", "german-eid-rsa", "dutch-passport-ecdsa"],
)
def test_chains_of_the_field(names: list[str], roles: list[HolderRole]) -> None:
    chain = [read(shared("chips") / name) for name in names]
    assert [each.role for each in chain] == roles
    key = chain[0].key.resolve(None)
    issuer = chain[0].holder
    for certificate in chain:
        assert certificate.issuer == issuer
        assert certificate.is_signed_by(key)
        key, issuer = certificate.key.resolve(key.curve), certificate.holder


@pytest.mark.shared
def test_a_link_of_the_field() -> None:
    folder = shared("chips/cvc-certs")
    old, link = (read(folder / f"{each}/certCVCA_{each}.cvcert") for each in ("orig", "new"))
    assert (old.is_link, link.is_link) == (False, True)
    assert link.is_signed_by(old.key.resolve(None))
    renewed = read(folder / "new/certDVD_new.cvcert")
    assert renewed.is_signed_by(link.key.resolve(None))
    assert not renewed.is_signed_by(old.key.resolve(None))
    assert (link.effective, link.expires) == (date(2008, 11, 22), date(2011, 11, 22))
    assert link.rights == cv_certificate.READ_DG3
    assert repr(link) == "CvCertificate(NLCVCAA00001 -> NLCVCAA00002, AUTHORITY)"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["epass", "eid", "esign"])
def test_the_german_authorities(name: str) -> None:
    certificate = read(shared("pki/cvc/openpace/src/certs") / f"cvca-{name}.cv")
    assert certificate.is_signed_by(certificate.key.resolve(None))


def test_what_is_presented_is_what_was_read() -> None:
    content = state().verifier_certificate
    assert tlv.encode(CERTIFICATE, parsed(content).presented()) == content


@pytest.mark.parametrize("at", [20, 60, 90, 120, -1])
def test_a_bit_flipped(at: int) -> None:
    content = bytearray(state().root)
    content[at] ^= 1
    try:
        certificate = cv_certificate.parse(bytes(content))
        key = certificate.key.resolve(None)
    except MalformedFile:
        return
    assert not certificate.is_signed_by(parsed(state().root).key.resolve(None))
    assert not certificate.is_signed_by(key)


def body(**changed: bytes) -> bytes:
    """A body with fields exchanged; an empty one is left out."""
    point = STANDARDISED[13].encode(STANDARDISED[13].base)
    fields = {
        "profile": b"\x5f\x29\x01\x00",
        "authority": b"\x42\x02AB",
        "key": tlv.encode(PUBLIC_KEY, der.encode_oid(ECDSA_SHA_256), tlv.encode(0x86, point)),
        "holder": b"\x5f\x20\x02CD",
        "authorisation": tlv.encode(
            0x7F4C, der.encode_oid(cv_certificate.INSPECTION_SYSTEM), b"\x53\x01\x03"
        ),
        "effective": b"\x5f\x25\x06\x02\x06\x00\x01\x00\x01",
        "expires": b"\x5f\x24\x06\x02\x07\x00\x01\x00\x01",
    } | changed
    return tlv.encode(BODY, *fields.values()) + tlv.encode(SIGNATURE, bytes(64))


def template(*fields: bytes) -> bytes:
    return tlv.encode(PUBLIC_KEY, *fields)


OID = der.encode_oid(ECDSA_SHA_256)
PARAMETERS = {
    each.tag: each.value
    for each in tlv.read_all(
        tlv.only(tlv.read_all(tlv.read_all(parsed(state().root).body)[0].value), PUBLIC_KEY)
    )
}


def parameters(**changed: bytes | None) -> bytes:
    """The key of the root with domain parameters exchanged."""
    values = dict(PARAMETERS)
    for name, value in changed.items():
        tag = int(name[1:], 16)
        if value is None:
            del values[tag]
        else:
            values[tag] = value
    return template(*(tlv.encode(tag, value) for tag, value in values.items()))


def test_the_body_that_the_broken_ones_are_made_of() -> None:
    certificate = cv_certificate.parse_presented(body())
    assert (certificate.issuer, certificate.holder) == ("AB", "CD")
    for key in (parameters(), parameters(x87=None)):
        found = cv_certificate.parse_presented(body(key=key, extensions=b"\x65\x02\x73\x00"))
        assert found.key.resolve(None).curve is STANDARDISED[13]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        body()[:-67],
        tlv.encode(SIGNATURE) + body(),
        body(profile=b"\x5f\x29\x01\x01"),
        body(profile=b""),
        body(authority=b"\x42\x00"),
        body(authority=b"\x42\x11" + b"A" * 17),
        body(authority=b"\x42\x02A\n"),
        body(authority=b"\x42\x02A\x85"),
        body(authority=b"\x42\x01A" * 2),
        body(key=b""),
        body(key=template()),
        body(key=template(OID)),
        body(key=template(OID, b"\x81\x01\x05")),
        body(key=template(OID, b"\x86\x01\x05", b"\x86\x01\x05")),
        body(key=template(OID, b"\x81\x01\x05", b"\x81\x01\x05", b"\x86\x01\x05")),
        body(key=template(OID, b"\x81\x00", b"\x82\x01\x03")),
        body(key=parameters(x82=None)),
        body(key=parameters(x82=b"\x05")),
        body(key=parameters(x84=b"\x04" + bytes(64))),
        body(key=parameters(x87=b"\x02")),
        body(authorisation=tlv.encode(0x7F4C, der.encode_oid("1.2"), b"\x53\x00")),
        body(authorisation=tlv.encode(0x7F4C, der.encode_oid("1.2"), b"\x53\x21" + bytes(33))),
        body(authorisation=tlv.encode(0x7F4C, b"\x53\x01\x03")),
        body(effective=b"\x5f\x25\x06\x02\x06\x01\x03\x00\x01"),
        body(effective=b"\x5f\x25\x06\x02\x06\x00\x02\x03\x00"),
        body(effective=b"\x5f\x25\x06\x02\x0a\x00\x01\x00\x01"),
        body(effective=b"\x5f\x25\x05\x02\x06\x00\x01\x00"),
    ],
)
def test_certificates_that_are_none(content: bytes) -> None:
    with pytest.raises(MalformedFile):
        cv_certificate.parse_presented(content)


def test_a_key_on_no_curve_and_one_off_its_curve() -> None:
    certificate = cv_certificate.parse_presented(body())
    with pytest.raises(MalformedFile, match="on no curve"):
        certificate.key.resolve(None)
    with pytest.raises(MalformedFile):
        certificate.key.resolve(STANDARDISED[12])


def test_rsa_keys_are_written_and_read() -> None:
    held = CertifiedKey(RSA_SHA_256, RsaKey((1 << 2047) + 1, 65537))
    encoded = cv_certificate.encode_body(("AB", "CD"), held, b"\x03", VALID)
    content = cv_certificate.encode(encoded, b"")
    assert parsed(content).key == held
    assert held.resolve(None).curve is None


class TestSignatures:
    MESSAGE = b"message"

    def test_an_algorithm_for_another_kind_of_key(self) -> None:
        signer = state().authority
        ec_key = parsed(state().root).key.resolve(None).key
        signature = signer.sign(self.MESSAGE)
        assert terminal_signature.verify(ECDSA_SHA_256, ec_key, self.MESSAGE, signature)
        for oid in (RSA_SHA_256, "1.2.3"):
            assert terminal_signature.verify(oid, ec_key, self.MESSAGE, signature) is False
        assert not terminal_signature.verify(
            ECDSA_SHA_256, RsaKey((1 << 2047) + 1, 65537), self.MESSAGE, signature
        )

    @pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), b"\xff" * 64])
    def test_signatures_that_are_none(self, signature: bytes) -> None:
        ec_key = parsed(state().root).key.resolve(None).key
        assert terminal_signature.verify(ECDSA_SHA_256, ec_key, self.MESSAGE, signature) is False

    @pytest.mark.parametrize(
        ("modulus", "exponent"),
        [
            ((1 << 1000) + 1, 65537),
            ((1 << 9000) + 1, 65537),
            ((1 << 2047) + 1, 1),
            ((1 << 2047) + 1, (1 << 40) + 1),
            ((1 << 2047) + 2, 65537),
            ((1 << 2047) + 1, 4),
        ],
    )
    def test_rsa_keys_too_weak_or_too_costly(self, modulus: int, exponent: int) -> None:
        weak = RsaKey(modulus, exponent)
        assert terminal_signature.verify(RSA_SHA_256, weak, self.MESSAGE, bytes(256)) is False

    def test_an_ec_point_says_which_curve(self) -> None:
        curve = STANDARDISED[13]
        point = EcPoint(curve.encode(curve.base), curve)
        assert CertifiedKey(ECDSA_SHA_256, point).resolve(STANDARDISED[12]).curve is curve


def test_roles_are_the_two_highest_bits_of_the_authorisation() -> None:
    """BSI TR-03110-3 §C.4: 00 terminal, 01 foreign verifier, 10 domestic verifier, 11 CVCA."""
    terminal, foreign, domestic, authority = HolderRole
    assert [terminal, foreign, domestic, authority] == [0b00, 0b01, 0b10, 0b11]
