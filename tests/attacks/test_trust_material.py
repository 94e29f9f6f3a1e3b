"""Attacks by way of what a gate trusts: lists, links and certificates of the attacker's making."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from edge.checks import CheckId
from edge.emrtd import der, tlv
from edge.trust import TrustStore, intake, signatures
from edge.trust.certificates import DEVIATION_LIST_SIGNING
from edge.trust.material import pieces_of_ldif
from edge.trust.signatures import Scheme, Unverified
from tests.support.trust.lists import (
    DAY,
    Publishing,
    changed_content,
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
)
from tests.support.trust.specimens import (
    CA,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    NOW,
    ROOT,
    SIGNER,
    SOD,
    UNHEARD_OF,
    Party,
    certify,
    changed,
    failed,
    genuine_contents,
    judged,
    key,
    name,
    parsed,
    root_certificate,
    signer_certificate,
    signing_with,
    spki,
    the,
    usage,
)
from tools.specimen.authority import Validity

THE_ROOT = root_certificate()
ABROAD = Party(name("XA", "CSCA of another state"), key(50))
ROGUE = root_certificate(Party(name(common="CSCA of the attacker"), key(51)))


class TestMasterLists:
    def test_those_who_attack_hold_a_list_that_would_pass(self) -> None:
        assert len(taken(THE_ROOT, master(*roots(1))).store.anchors) == 2

    @pytest.mark.parametrize(
        "signer",
        [
            certify(Party(name(), key(20)), ROOT, DIGITAL_SIGNATURE),
            publisher_certificate(DEVIATION_LIST_SIGNING),
            certify(Party(name(), key(20)), ROOT, DIGITAL_SIGNATURE, purpose("2.5.29.37.0")),
        ],
        ids=["none", "another list's", "any"],
    )
    def test_a_signer_without_the_purpose(self, signer: bytes) -> None:
        """A document signer, say: there are many, and their keys lie in many hands."""
        found = taken(THE_ROOT, master(ROGUE, by=Publishing(signer)))
        assert "extended key usage" in rejected(found)[0]
        assert len(found.store.anchors) == 1

    @pytest.mark.parametrize(
        "rights", [(CA, CERT_SIGN), (CERT_SIGN,), (DIGITAL_SIGNATURE, UNHEARD_OF)]
    )
    def test_a_signer_with_other_rights(self, rights: tuple[x509.ExtensionType, ...]) -> None:
        signer = certify(Party(name(), key(20)), ROOT, *rights, purpose("2.23.136.1.1.3"))
        found = taken(THE_ROOT, master(ROGUE, by=Publishing(signer)))
        assert len(found.store.anchors) == 1

    def test_a_root_sent_along_is_not_believed(self) -> None:
        """The list brings the CSCA that vouches for its signer."""
        own = Party(ROOT.name, key(52))
        by = Publishing(publisher_certificate(issuer=own), sent_along=(root_certificate(own),))
        assert len(taken(THE_ROOT, master(ROGUE, by=by)).store.anchors) == 1

    def test_a_csca_that_is_only_listed_publishes_no_list(self) -> None:
        """State XA, listed by UT for its passports, vouches for nobody else's."""
        signer = certify(
            Party(name("XA", "List Signer"), key(20)),
            ABROAD,
            DIGITAL_SIGNATURE,
            purpose("2.23.136.1.1.3"),
        )
        theirs = master(ROGUE, by=Publishing(signer))
        found = taken(THE_ROOT, master(root_certificate(ABROAD)), theirs)
        assert set(found.published) == {"UT"}
        assert "root of its signer is not here: the CSCA of XA" in rejected(found)[0]

    def test_members_exchanged_after_signing(self) -> None:
        def exchange(signed: object) -> None:
            other = cms.ContentInfo.load(master(ROGUE))["content"]["encap_content_info"]
            signed["encap_content_info"] = other  # type: ignore[index]

        found = taken(THE_ROOT, changed_content(master(*roots(1)), exchange))
        assert "digest" in rejected(found)[0]

    def test_rollback_to_a_list_that_still_holds_a_withdrawn_csca(self) -> None:
        older = Publishing(publisher_certificate(), signed_at=NOW - 9 * DAY)
        found = taken(THE_ROOT, master(ROGUE, by=older), published={"UT": NOW - DAY})
        assert "rollback" in rejected(found)[0]
        assert len(found.store.anchors) == 1


class TestLinks:
    def test_a_link_by_another_states_csca(self) -> None:
        """XA certifies a key in the name of UT."""
        forged = certify(Party(ROOT.name, key(53)), ABROAD, CA, CERT_SIGN)
        found = taken(root_certificate(ABROAD), forged)
        assert rejected(found) == ["a link certificate of one country to another"]

    def test_a_link_by_a_document_signer(self) -> None:
        forged = certify(Party(ROOT.name, key(53)), SIGNER, CA, CERT_SIGN)
        found = taken(THE_ROOT, signer_certificate(), forged)
        assert rejected(found) == ["a link certificate whose issuer is not trusted"]

    def test_key_identifiers_that_collide(self) -> None:
        """Both claim to be signed by the same key; one is."""
        by_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.key.public_key())
        forged = certify(
            Party(ROOT.name, key(54)), Party(ROOT.name, key(55)), CA, CERT_SIGN, extensions=[by_key]
        )
        found = taken(root_certificate(extensions=[ROOT.key_id]), forged)
        assert len(found.store.anchors) == 1


class TestLdif:
    def test_a_csca_among_the_document_signers(self) -> None:
        """An LDIF is not signed; its document signer branch makes no anchor."""
        lines = ldif(("cn=1,o=dsc,c=UT", "userCertificate;binary", ROGUE))
        found = intake.take(pieces_of_ldif(lines, "pkd.ldif"), NOW)
        assert found.store.anchors == ()
        assert rejected(found) == ["a CA among document signers"]


class TestRevocationLists:
    def test_by_another_state(self) -> None:
        """To block a whole state's travellers."""
        theirs = Party(ROOT.name, ABROAD.key)
        found = taken(THE_ROOT, root_certificate(ABROAD), revocations(1, issuer=theirs))
        assert rejected(found) == ["no trusted CSCA of its state signed it"]
        assert found.store.revocation_lists == ()

    def test_by_a_key_that_may_not(self) -> None:
        weak = certify(ROOT, ROOT, CA, usage("key_cert_sign"))
        assert rejected(taken(weak, revocations())) == ["no trusted CSCA of its state signed it"]

    @pytest.mark.parametrize("critical", [True, False])
    @pytest.mark.parametrize(
        "extension",
        [
            x509.DeltaCRLIndicator(1),
            x509.IssuingDistributionPoint(None, None, True, False, None, False, False),
        ],
        ids=["delta", "scoped"],
    )
    def test_that_say_only_a_part(self, extension: x509.ExtensionType, critical: bool) -> None:
        """RFC 5280 §5.2.4 and §5.2.5 want both critical; a list that errs there is no fuller."""
        found = taken(THE_ROOT, revocations(extensions=[(extension, critical)]))
        assert rejected(found) == ["a revocation list that says only a part (delta or scoped)"]
        assert found.store.revocation_lists == ()

    def test_with_an_extension_that_nobody_knows(self) -> None:
        """Critical, it may change what the list means (RFC 5280 §5.2)."""
        found = taken(THE_ROOT, revocations(extensions=[(UNHEARD_OF, True)]))
        assert len(rejected(found)) == 1
        assert found.store.revocation_lists == ()
        found = taken(THE_ROOT, revocations(extensions=[(UNHEARD_OF, False)]))
        assert len(found.store.revocation_lists) == 1

    def test_with_entries_for_somebody_else(self) -> None:
        """A critical entry extension changes whom the entry is about."""
        found = taken(THE_ROOT, revocations(1, entry=UNHEARD_OF))
        assert rejected(found) == ["a revocation list with a critical entry that is not known"]

    def test_an_old_one_replayed(self) -> None:
        """From before the signer was revoked; it is still within its time."""
        serial = parsed(signer_certificate()).serial
        old = revocations(validity=Validity(NOW - 20 * DAY, NOW + 10 * DAY))
        found = taken(old, revocations(serial), THE_ROOT)
        assert [each.revoked for each in found.store.revocation_lists] == [{serial}]


class TestDeviationLists:
    def test_of_another_state(self) -> None:
        """XA says that UT's signatures are wrong and may be overlooked."""
        signer = certify(
            Party(name("XA", "List Signer"), key(20)),
            ABROAD,
            DIGITAL_SIGNATURE,
            purpose(DEVIATION_LIST_SIGNING),
        )
        listed = deviations(deviation(b"", "2.23.136.1.1.7.1.1"), by=Publishing(signer))
        found = taken(THE_ROOT, root_certificate(ABROAD), listed)
        (stored,) = found.store.deviation_lists
        assert stored.about(parsed(signer_certificate())) == ()

    def test_no_deviation_mends_a_failed_check(self) -> None:
        store = TrustStore(())
        assert CheckId.CHIP_DS_CHAIN in failed(judged(genuine_contents(), store))


class TestDocumentSigners:
    @pytest.mark.parametrize("oid", ["1.3.6.1.5.5.7.3.1", "2.23.136.1.1.3", "2.23.136.1.1.8"])
    def test_certified_for_another_purpose(self, oid: str) -> None:
        """A web server of the ministry, or the signer of its lists."""
        other = certify(SIGNER, ROOT, DIGITAL_SIGNATURE, purpose(oid))
        assert rejected(taken(THE_ROOT, other)) == [
            "the signer is certified for another purpose than documents"
        ]

    def test_visas_signer_signs_a_passport(self) -> None:
        types = x509.UnrecognizedExtension(
            x509.ObjectIdentifier("2.23.136.1.1.6.2"),
            tlv.encode(
                der.SEQUENCE,
                der.encode_integer(0),
                tlv.encode(der.SET, tlv.encode(0x13, b"V")),
            ),
        )
        signer = certify(SIGNER, ROOT, DIGITAL_SIGNATURE, extensions=[types])
        groups = {f.data_group: c for f, c in genuine_contents().files.items() if f.data_group}
        sod = signing_with(signer).sign(groups)
        contents = changed(genuine_contents(), {SOD: sod})
        found = judged(contents, TrustStore.of([THE_ROOT]))
        assert failed(found) == {CheckId.CHIP_COUNTRY_VS_DS}
        assert the(CheckId.CHIP_COUNTRY_VS_DS, found).detail == (
            "the signer is not for documents of type P"
        )


def test_a_signature_forged_for_exponent_three() -> None:
    """Bleichenbacher 2006: a cube root, with the digest at the left and garbage behind it."""
    private = rsa.generate_private_key(3, 3072)
    message = b"whatever the forger likes"
    info = (
        bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    )
    block = b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + info
    target = int.from_bytes(block.ljust(384, b"\xff"), "big")
    low, high = 0, 1 << 1024
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= target else (low, middle)
    assert (low**3).to_bytes(384, "big").startswith(block)
    with pytest.raises(Unverified):
        signatures.verify(spki(private), Scheme("sha256"), low.to_bytes(384, "big"), message)
