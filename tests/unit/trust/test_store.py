"""The trust store: what becomes an anchor, and who is asked about a signer."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509

from edge.trust.signed_data import SignerId
from edge.trust.store import Rejected, TrustStore, signer_keys
from tests.support.shared_data import shared
from tests.support.trust.specimens import (
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
            certify(SIGNER, Party(name(common="CSCA 2"), key(1)), CA, CERT_SIGN),
            "a link certificate whose issuer is not trusted",
        ),
        (
            certify(ROOT, Party(ROOT.name, key(1)), CA, CERT_SIGN),
            "its own signature does not verify, and no trusted CSCA signed it",
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


def test_link_certificates_are_anchors_as_well() -> None:
    """A key rollover: who holds the old CSCA certificate can go on with the new key."""
    new = Party(ROOT.name, key(2))
    link = certify(new, ROOT, CA, CERT_SIGN)
    old = root_certificate()
    assert [anchor.der for anchor in TrustStore.of([link, old]).anchors] == [link, old]


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


def test_a_signer_on_disk_that_cannot_be_read_is_as_if_absent() -> None:
    signer = parsed(signer_certificate())
    store = TrustStore((), signers=dict.fromkeys(signer_keys(signer), b"damaged"))
    assert store.signer(SignerId(signer.issuer_name, signer.serial)) is None
