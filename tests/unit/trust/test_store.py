"""The trust store: what becomes an anchor, and who is asked about a signer."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography import x509

from edge.trust.store import Rejected, TrustStore
from tests.shared_data import shared
from tests.unit.trust.specimens import (
    CA,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    ROOT,
    SIGNER,
    UNHEARD_OF,
    Party,
    certify,
    key,
    name,
    parsed,
    root_certificate,
    signer_certificate,
)


def pem(certificate: bytes) -> bytes:
    encoded = base64.encodebytes(certificate)
    return b"-----BEGIN CERTIFICATE-----\n" + encoded + b"-----END CERTIFICATE-----\n"


def test_self_signed_cscas_are_anchors_der_or_pem() -> None:
    one, other = root_certificate(), root_certificate(Party(name("XA"), key(2)))
    store = TrustStore.of([one, pem(other)])
    assert [anchor.der for anchor in store.anchors] == [one, other]
    assert store.rejected == ()


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (b"\x30\x00", "a certificate that cannot be read"),
        (b"-----BEGIN CERTIFICATE-----", "a PEM file without a certificate"),
        (certify(ROOT, ROOT, DIGITAL_SIGNATURE), "not a CA certificate"),
        (certify(ROOT, ROOT, CA, DIGITAL_SIGNATURE), "a key that may not sign certificates"),
        (
            certify(ROOT, ROOT, CA, CERT_SIGN, UNHEARD_OF),
            "a critical extension that is not known",
        ),
        (
            certify(SIGNER, ROOT, CA, CERT_SIGN),
            "a link certificate; only self-signed anchors are taken here",
        ),
        (
            certify(ROOT, Party(ROOT.name, key(1)), CA, CERT_SIGN),
            "its own signature does not verify",
        ),
    ],
)
def test_what_is_no_csca_is_listed_with_its_reason(certificate: bytes, reason: str) -> None:
    store = TrustStore.of([root_certificate(), certificate])
    assert len(store.anchors) == 1
    assert store.rejected == (Rejected(1, reason),)


def test_a_bad_certificate_does_not_break_its_neighbours_in_the_same_file() -> None:
    bundle = pem(root_certificate()) + pem(signer_certificate()) + pem(root_certificate())
    store = TrustStore.of([bundle])
    assert len(store.anchors) == 2
    assert store.rejected == (Rejected(0, "not a CA certificate"),)


def test_those_of_the_same_name_and_key_identifier_are_asked_first() -> None:
    other_key, other_name = Party(ROOT.name, key(2)), Party(name(common="CSCA 2"), key(3))
    foreign = Party(name("XA"), key(4))
    store = TrustStore.of(
        root_certificate(party, extensions=[party.key_id])
        for party in (foreign, other_name, other_key, ROOT)
    )
    by_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.key.public_key())
    asked = store.candidates(parsed(signer_certificate(extensions=[by_key])))
    assert [anchor.subject for anchor in asked] == [
        party.name.public_bytes() for party in (ROOT, other_key, other_name)
    ]
    assert asked[0].key_id == ROOT.key_id.digest


def test_a_missing_key_identifier_is_no_match() -> None:
    """Neither side has one; the name decides, then the order of the store."""
    other = Party(name(common="CSCA 2"), key(3))
    store = TrustStore.of(map(root_certificate, (other, ROOT)))
    asked = store.candidates(parsed(signer_certificate()))
    assert [anchor.subject for anchor in asked] == [
        party.name.public_bytes() for party in (ROOT, other)
    ]


def test_an_anchor_of_the_issuers_name_is_asked_whatever_its_country() -> None:
    store = TrustStore.of([root_certificate()])
    stranger = parsed(signer_certificate(Party(name("XA"), SIGNER.key)))
    assert len(store.candidates(stranger)) == 1


def test_nobody_is_asked_about_a_signer_of_another_country() -> None:
    store = TrustStore.of([root_certificate()])
    stranger = Party(name("XA"), key(5))
    assert store.candidates(parsed(signer_certificate(stranger, stranger))) == []


def members(master_list: bytes) -> list[bytes]:
    """The certificates of a CSCA master list (Doc 9303-12 §9)."""
    content: Any = cms.ContentInfo.load(master_list)["content"]
    listed = core.Sequence.load(bytes(content["encap_content_info"]["content"]))
    return [each.dump() for each in core.SetOf.load(listed[1].dump(), spec=core.Any)]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "anchors"),
    [
        ("NL_ML_2025-07-29.ml", 394),
        ("IT_MasterListCSCA.ml", 213),
        ("DE_ML_2026-01-08-12-20-54.ml", 374),
    ],
)
def test_the_master_lists_of_states(file: str, anchors: int) -> None:
    """Everything self-signed verifies; what is rejected is a link certificate or no CSCA."""
    certificates = members(shared(f"pki/masterlists/{file}").read_bytes())
    store = TrustStore.of(certificates)
    assert len(store.anchors) == anchors
    assert len(store.anchors) + len(store.rejected) == len(certificates)
    for rejected in store.rejected:
        certificate = parsed(certificates[rejected.position])
        links = not certificate.is_self_issued
        is_csca = certificate.is_ca and certificate.may("key_cert_sign")
        other_key = certificate.authority_key_id != certificate.key_id
        assert links or not is_csca or other_key, rejected


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "country"), [("DE_ROOT_CA_CSCA07.cer", "DE"), ("NL_ROOT_CA.cer", "NL")]
)
def test_the_cscas_that_sign_master_lists(file: str, country: str) -> None:
    store = TrustStore.of([shared(f"pki/masterlists/{file}").read_bytes()])
    assert [anchor.country for anchor in store.anchors] == [country]


def test_a_store_cannot_be_changed() -> None:
    store = TrustStore.of([root_certificate()])
    with pytest.raises(AttributeError):
        store.anchors = ()  # type: ignore[misc]
