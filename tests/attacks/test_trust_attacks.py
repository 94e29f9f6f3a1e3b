"""Attacks on the way from a chip to a proven document: no authentic document comes of any."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from ecdsa import NIST224p, util

from edge.checks import CheckId, Result
from edge.emrtd import tlv
from edge.emrtd.contents import ChipContents
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg1, dg14, dg15
from edge.emrtd.security_infos import ChipAuthenticationPublicKeyInfo
from edge.trust import ChipInspection, TrustStore, verify_sod
from tests.support.some import replaced
from tests.support.trust.specimens import (
    CA,
    CERT_SIGN,
    DIGITAL_SIGNATURE,
    NOW,
    OTHER_PORTRAIT,
    PORTRAIT,
    ROOT,
    SIGNER,
    SOD,
    STORE,
    UNHEARD_OF,
    Party,
    altered,
    authority,
    certify,
    changed,
    edited,
    failed,
    foreign,
    genuine,
    genuine_contents,
    heard,
    judged,
    key,
    name,
    resigned,
    root_certificate,
    signer_certificate,
    signing_with,
    spki,
    the,
    trusting,
    without,
)
from tools.specimen import chip
from tools.specimen.authority import Authority, Validity, lds_security_object
from tools.specimen.chip import PK_ECDH, SpecimenChip

COM_SOD, SIGNATURE, CHAIN, VALIDITY, DG_HASH, DG1_VS_MRZ, CHIP_AUTH, ACTIVE_AUTH = (
    CheckId.CHIP_COM_SOD,
    CheckId.CHIP_SOD_SIGNATURE,
    CheckId.CHIP_DS_CHAIN,
    CheckId.CHIP_DS_VALIDITY,
    CheckId.CHIP_DG_HASH,
    CheckId.CHIP_DG1_VS_MRZ,
    CheckId.CHIP_CHIP_AUTH,
    CheckId.CHIP_ACTIVE_AUTH,
)
DG1, DG2, DG14, DG15 = (
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
GROUPS = {f.data_group: c for f, c in genuine().files.items() if f.data_group is not None}
CONTENT = lds_security_object(GROUPS, "sha256")
OWN_STORE = TrustStore.of([root_certificate()])
"""Trusts ROOT, whose key a test holds to issue signers of every kind."""


def with_sod(sod: bytes) -> ChipContents:
    return changed(genuine_contents(), {SOD: sod})


def refused(found: ChipInspection, *checks: CheckId) -> None:
    """Exactly these checks failed, and nothing is proven."""
    assert failed(found) == set(checks)
    assert found.document is None


def signed_by(signer: bytes, private: ec.EllipticCurvePrivateKey | None = None) -> ChipContents:
    """The genuine data under a document signer of the test's making."""
    return with_sod(signing_with(signer, private or SIGNER.key).sign(GROUPS))


def test_those_who_attack_hold_a_chip_that_would_pass() -> None:
    """So that every refusal below is for its attack alone."""
    assert judged(genuine_contents()).document is not None
    assert judged(signed_by(signer_certificate()), OWN_STORE).document is not None


class TestDataGroups:
    @pytest.mark.parametrize("file", [DG1, DG2, DG14, DG15])
    def test_every_data_group_tampered_with(self, file: ElementaryFile) -> None:
        found = judged(heard(genuine().tamper_data_group(file)))
        assert DG_HASH in failed(found)
        assert the(DG_HASH, found).detail == f"{file.name} was changed"
        assert found.document is None

    def test_another_face(self) -> None:
        refused(judged(heard(genuine().replace_portrait(OTHER_PORTRAIT))), DG_HASH)

    def test_a_data_group_injected_that_is_not_in_the_sod(self) -> None:
        found = judged(changed(genuine_contents(), {ElementaryFile.DG4: b"\x76\x00"}))
        refused(found, DG_HASH)
        assert the(DG_HASH, found).detail == "DG4 is not in EF.SOD"

    def test_a_hash_list_that_lacks_a_data_group_that_is_read(self) -> None:
        fewer = {number: content for number, content in GROUPS.items() if number != 2}
        refused(judged(with_sod(authority().sign(fewer))), DG_HASH, COM_SOD)

    def test_a_hash_list_without_any_data_group(self) -> None:
        found = judged(with_sod(authority().sign({})))
        refused(found, COM_SOD)
        assert the(DG_HASH, found).result is Result.NOT_PERFORMED

    def test_data_groups_exchanged_with_one_another(self) -> None:
        found = judged(
            changed(genuine_contents(), {DG14: GROUPS[15], DG15: GROUPS[14]}),
        )
        assert DG_HASH in failed(found)
        assert found.document is None

    def test_dg1_withheld(self) -> None:
        refused(judged(without(genuine_contents(), DG1)), DG_HASH)

    def test_a_printed_page_that_is_not_the_chips(self) -> None:
        other = replace(chip.adult(NOW), surname="IMPOSTOR")
        found = judged(genuine_contents(), lines=other.lines())
        refused(found, DG1_VS_MRZ)

    def test_one_character_of_the_page_changed(self) -> None:
        upper, lower = genuine().lines
        found = judged(genuine_contents(), lines=(replaced(upper, "ROBIN", "ROBYN"), lower))
        refused(found, DG1_VS_MRZ)

    def test_dg1_written_to_match_another_page(self) -> None:
        lines = replace(chip.adult(NOW), surname="IMPOSTOR").lines()
        found = judged(changed(genuine_contents(), {DG1: dg1.encode(lines)}), lines=lines)
        refused(found, DG_HASH)


class TestSecurityObject:
    def test_swapped_for_that_of_another_document_of_the_same_state(self) -> None:
        other = SpecimenChip.issue(authority(), chip.minor(NOW), OTHER_PORTRAIT)
        found = judged(with_sod(other.files[SOD]))
        assert the(SIGNATURE, found).result is Result.SUCCESSFUL
        assert the(CHAIN, found).result is Result.SUCCESSFUL
        assert the(DG_HASH, found).detail == "; ".join(
            f"{file} was changed" for file in ("DG14", "DG1", "DG15", "DG2")
        )
        refused(found, DG_HASH, CHIP_AUTH, ACTIVE_AUTH)

    def test_hashes_exchanged_under_the_old_signature(self) -> None:
        def change(signed: Any) -> None:
            forged = lds_security_object({**GROUPS, 2: b"another face"}, "sha256")
            signed["encap_content_info"]["content"] = core.ParsableOctetString(forged)

        verdict = verify_sod(edited(genuine().files[SOD], change), STORE, NOW)
        assert failed(verdict) == {SIGNATURE}
        assert the(SIGNATURE, verdict).detail == "the signed digest is not that of the content"
        assert not verdict.is_authentic

    def test_message_digest_rewritten_without_the_key(self) -> None:
        """The attribute fits the forged content; the signature fits neither."""
        forged = lds_security_object({**GROUPS, 2: b"another face"}, "sha256")

        def change(signed: Any) -> None:
            signed["encap_content_info"]["content"] = core.ParsableOctetString(forged)
            signed["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes(
                [
                    {"type": "content_type", "values": ["2.23.136.1.1.1"]},
                    {"type": "message_digest", "values": [hashlib.sha256(forged).digest()]},
                ]
            )

        verdict = verify_sod(edited(genuine().files[SOD], change), STORE, NOW)
        assert failed(verdict) == {SIGNATURE}
        assert the(SIGNATURE, verdict).detail == "the signature does not verify"

    def test_message_digest_wrong_and_signed(self) -> None:
        refused(
            judged(with_sod(authority().sign_content(CONTENT, message_digest=bytes(32)))), SIGNATURE
        )

    def test_message_digest_of_no_bytes_and_signed(self) -> None:
        def change(signed: Any) -> None:
            resigned(
                signed, authority(), ("content_type", "2.23.136.1.1.1"), ("message_digest", b"")
            )

        refused(judged(with_sod(edited(genuine().files[SOD], change))), SIGNATURE)

    def test_content_type_of_another_kind_signed(self) -> None:
        """A signature made for something else is no signature of a passport."""
        sod = authority().sign_content(CONTENT, signed_content_type="1.2.840.113549.1.7.1")
        refused(judged(with_sod(sod)), SIGNATURE)

    @pytest.mark.parametrize("missing", ["content_type", "message_digest"])
    def test_a_signed_attribute_missing(self, missing: str) -> None:
        def change(signed: Any) -> None:
            resigned(signed, authority(), *(pair for pair in attributes() if pair[0] != missing))

        refused(judged(with_sod(edited(genuine().files[SOD], change))), SIGNATURE)

    @pytest.mark.parametrize("repeated", ["content_type", "message_digest"])
    def test_a_signed_attribute_twice(self, repeated: str) -> None:
        """Nobody can say which of the two is meant."""

        def change(signed: Any) -> None:
            twice = [pair for pair in attributes() if pair[0] == repeated]
            resigned(signed, authority(), *attributes(), *twice)

        refused(judged(with_sod(edited(genuine().files[SOD], change))), SIGNATURE)

    def test_a_signed_attribute_with_two_values(self) -> None:
        digest = hashlib.sha256(CONTENT).digest()

        def change(signed: Any) -> None:
            listed = cms.CMSAttributes(
                [
                    {"type": "content_type", "values": ["2.23.136.1.1.1"]},
                    {"type": "message_digest", "values": [digest, bytes(32)]},
                ]
            )
            signer = signed["signer_infos"][0]
            signer["signed_attrs"] = listed
            signer["signature"] = core.OctetString(authority()._signature(listed.dump()))

        refused(judged(with_sod(edited(genuine().files[SOD], change))), SIGNATURE)

    def test_signed_attributes_removed_altogether(self) -> None:
        """The signature would run over the content, which an attribute set could pass for."""

        def change(signed: Any) -> None:
            signer = signed["signer_infos"][0]
            del signer["signed_attrs"]
            signer["signature"] = core.OctetString(authority()._signature(CONTENT))

        found = judged(with_sod(edited(genuine().files[SOD], change)))
        assert SIGNATURE in failed(found)
        assert found.document is None

    def test_no_signer_at_all(self) -> None:
        def change(signed: Any) -> None:
            signed["signer_infos"] = []

        found = judged(with_sod(edited(genuine().files[SOD], change)))
        assert SIGNATURE in failed(found)
        assert found.document is None

    def test_a_second_signer_of_the_attackers_own(self) -> None:
        """A genuine signature beside it does not help."""
        own = cms.ContentInfo.load(tlv.read_one(foreign().sign_content(CONTENT), 0x77).value)

        def change(signed: Any) -> None:
            for field in ("signer_infos", "certificates"):
                signed[field] = [signed[field][0], own["content"][field][0]]

        refused(judged(with_sod(edited(genuine().files[SOD], change))), CHAIN)

    def test_signed_by_a_key_that_is_not_the_certificates(self) -> None:
        genuine_signer_foreign_key = replace(authority(), signer_key=foreign().signer_key)
        refused(judged(with_sod(genuine_signer_foreign_key.sign(GROUPS))), SIGNATURE)

    @pytest.mark.parametrize("where", ["digest_algorithm", "signature_algorithm"])
    def test_a_weak_hash(self, where: str) -> None:
        algorithm = "md5" if where == "digest_algorithm" else "md5_rsa"

        def change(signed: Any) -> None:
            signed["signer_infos"][0][where] = {"algorithm": algorithm}

        found = judged(with_sod(edited(genuine().files[SOD], change)))
        assert SIGNATURE in failed(found)
        assert found.document is None

    def test_a_weak_hash_of_the_data_groups(self) -> None:
        weak = replaced(
            CONTENT,
            bytes.fromhex("0609608648016503040201"),
            bytes.fromhex("060a2a864886f70d020500"),
            1,
        )
        found = judged(with_sod(authority().sign_content(weak)))
        assert SIGNATURE in failed(found)
        assert found.document is None

    def test_sha_1_is_told_for_policy_to_refuse(self) -> None:
        old = Authority.establish(NOW, digest="sha1")
        found = judged(with_sod(old.sign(GROUPS)), trusting(old))
        assert the(SIGNATURE, found).detail == "sha1"

    def test_a_signature_whose_sum_is_the_point_at_infinity(self) -> None:
        """Made with the attacker's own key on a curve that pure Python computes."""
        private = ec.generate_private_key(ec.SECP224R1())
        signer = signer_certificate(Party(SIGNER.name, private), Party(ROOT.name, key(7)))
        honest = signing_with(signer, private).sign(GROUPS)
        order = int(NIST224p.order)

        def change(signed: Any) -> None:
            message = b"\x31" + signed["signer_infos"][0]["signed_attrs"].dump()[1:]
            number = int.from_bytes(hashlib.sha256(message).digest()[:28], "big")
            r = -number * pow(private.private_numbers().private_value, -1, order) % order
            signature = util.sigencode_der(r, 1, order)
            signed["signer_infos"][0]["signature"] = core.OctetString(signature)

        refused(judged(with_sod(edited(honest, change)), OWN_STORE), SIGNATURE, CHAIN)


class TestChain:
    def test_a_csca_of_ones_own_making(self) -> None:
        stranger = Authority.establish(NOW, country="XA")
        found = judged(heard(genuine().sign_with_foreign_csca(stranger)))
        refused(found, CHAIN, CheckId.CHIP_COUNTRY_VS_DS)

    def test_a_foreign_csca_of_the_same_name(self) -> None:
        assert foreign().csca.subject == authority().csca.subject
        refused(judged(heard(genuine().sign_with_foreign_csca(foreign()))), CHAIN)

    def test_a_foreign_csca_of_the_same_name_and_key_identifier(self) -> None:
        fake = Party(ROOT.name, key(9))
        by_key = [ROOT.key_id]
        signer = signer_certificate(SIGNER, fake, DIGITAL_SIGNATURE, extensions=by_key)
        refused(judged(signed_by(signer), OWN_STORE), CHAIN)

    def test_the_csca_sent_along_is_not_believed(self) -> None:
        own = foreign().csca_der

        def change(signed: Any) -> None:
            signed["certificates"] = [*signed["certificates"], cms.CertificateChoices.load(own)]

        refused(judged(with_sod(edited(foreign().sign(GROUPS), change))), CHAIN)

    def test_a_signer_signed_by_another_document_signer(self) -> None:
        middle = Party(SIGNER.name, SIGNER.key)
        last = Party(name(common="Document Signer 2"), key(10))
        signer = signer_certificate(last, middle)
        refused(judged(signed_by(signer, key(10)), OWN_STORE), CHAIN)

    def test_a_document_signer_put_among_the_anchors_is_none(self) -> None:
        last = Party(name(common="Document Signer 2"), key(10))
        store = TrustStore.of([root_certificate(), signer_certificate()])
        found = judged(signed_by(signer_certificate(last, SIGNER), key(10)), store)
        refused(found, CHAIN)

    def test_a_self_signed_signer(self) -> None:
        refused(judged(signed_by(signer_certificate(SIGNER, SIGNER)), OWN_STORE), CHAIN)

    def test_a_trusted_csca_that_signs_for_another_state(self) -> None:
        """Doc 9303-12 Table 5: countryName in issuer and subject must match."""
        theirs = Party(name("XA", "CSCA of another state"), key(11))
        store = TrustStore.of([root_certificate(), root_certificate(theirs)])
        found = judged(signed_by(signer_certificate(SIGNER, theirs)), store)
        refused(found, CHAIN)
        assert "country" in the(CHAIN, found).detail

    def test_a_csca_that_signs_documents_itself(self) -> None:
        refused(judged(signed_by(root_certificate(), key(0)), OWN_STORE), CHAIN)

    def test_a_certificate_authority_below_the_csca(self) -> None:
        signer = certify(SIGNER, ROOT, CA, DIGITAL_SIGNATURE)
        found = judged(signed_by(signer), OWN_STORE)
        refused(found, CHAIN)
        assert the(CHAIN, found).detail == "the signer is itself a CA"

    def test_a_key_for_another_use(self) -> None:
        """Say, one that encrypts mail for the same ministry."""
        found = judged(signed_by(certify(SIGNER, ROOT, CERT_SIGN)), OWN_STORE)
        refused(found, CHAIN)
        assert the(CHAIN, found).detail == "the signer's key may not sign documents"

    def test_a_critical_extension_nobody_knows(self) -> None:
        signer = certify(SIGNER, ROOT, DIGITAL_SIGNATURE, UNHEARD_OF)
        refused(judged(signed_by(signer), OWN_STORE), CHAIN)

    def test_a_signer_changed_after_it_was_signed(self) -> None:
        def prolong(content: Any) -> None:
            content["serial_number"] = 1

        refused(judged(signed_by(altered(signer_certificate(), prolong)), OWN_STORE), CHAIN)

    def test_a_csca_without_the_right_to_be_one(self) -> None:
        powerless = Authority.establish(NOW, csca_is_ca=False)
        store = trusting(powerless)
        assert [each.reason for each in store.rejected] == ["not a CA certificate"]
        refused(judged(heard(genuine().sign_with_foreign_csca(powerless)), store), CHAIN)

    def test_an_expired_signer(self) -> None:
        past = Validity(NOW - timedelta(days=400), NOW - timedelta(seconds=1))
        found = judged(signed_by(signer_certificate(validity=past)), OWN_STORE)
        assert failed(found) == {VALIDITY}
        assert the(VALIDITY, found).detail == "signer expired"

    def test_a_signer_of_tomorrow(self) -> None:
        future = Validity(NOW + timedelta(days=1), NOW + timedelta(days=400))
        found = judged(signed_by(signer_certificate(validity=future)), OWN_STORE)
        assert failed(found) == {VALIDITY}

    def test_a_validity_nobody_can_compare_with_now(self) -> None:
        """A time without zone, in a certificate that needs no trust to be looked at."""

        def local(content: Any) -> None:
            moment = core.GeneralizedTime(contents=b"20200101000000")
            content["validity"]["not_before"] = x509.Time("general_time", moment)

        def exchange(signed: Any) -> None:
            encoded = altered(signer_certificate(), local)
            signed["certificates"] = [cms.CertificateChoices.load(encoded)]

        found = judged(with_sod(edited(genuine().files[SOD], exchange)))
        assert SIGNATURE in failed(found)
        assert found.document is None


class TestKeysOfTheChip:
    """A key proves the chip only when EF.SOD vouches for the data group it stands in."""

    def test_a_clone_without_keys(self) -> None:
        found = judged(heard(genuine().clone_without_keys()))
        assert failed(found) == {CHIP_AUTH, ACTIVE_AUTH}

    def test_a_clone_with_keys_of_its_own(self) -> None:
        """Both protocols succeed, with keys nobody signed."""
        own = SpecimenChip.issue(foreign(), chip.adult(NOW), PORTRAIT)
        forged = replace(own, files={**own.files, SOD: genuine().files[SOD]})
        contents = heard(forged)
        assert contents.chip_authentication is not None
        assert contents.chip_authentication.succeeded
        found = judged(contents)
        refused(found, DG_HASH, CHIP_AUTH, ACTIVE_AUTH)

    def test_keys_under_an_unknown_issuer_prove_nothing(self) -> None:
        own = SpecimenChip.issue(foreign(), chip.adult(NOW), OTHER_PORTRAIT)
        found = judged(heard(own))
        refused(found, CHAIN)
        for check in (CHIP_AUTH, ACTIVE_AUTH, CheckId.CHIP_CARD_ACCESS_VS_DG14):
            assert the(check, found).result is Result.NOT_PERFORMED

    def test_chip_authentication_with_a_key_that_is_not_in_dg14(self) -> None:
        """The chip showed one DG14 while it proved a key, and another afterwards."""
        own = ec.generate_private_key(ec.BrainpoolP256R1())
        done = genuine_contents().chip_authentication
        assert done is not None
        contents = replace(
            genuine_contents(), chip_authentication=replace(done, public_key=spki(own))
        )
        assert failed(judged(contents)) == {CHIP_AUTH}

    def test_active_authentication_with_an_injected_dg15(self) -> None:
        """A state that issues no active authentication key; the forger brings one."""
        without_key = {number: content for number, content in GROUPS.items() if number != 15}
        found = judged(with_sod(authority().sign(without_key)))
        refused(found, COM_SOD, DG_HASH)
        assert the(ACTIVE_AUTH, found).result is Result.NOT_SUPPORTED

    def test_chip_authentication_with_an_injected_dg14(self) -> None:
        own = ec.generate_private_key(ec.BrainpoolP256R1())
        injected = dg14.encode([ChipAuthenticationPublicKeyInfo(PK_ECDH, spki(own))])
        without_key = {number: content for number, content in GROUPS.items() if number != 14}
        contents = changed(with_sod(authority().sign(without_key)), {DG14: injected})
        found = judged(contents)
        assert DG_HASH in failed(found)
        assert the(CHIP_AUTH, found).result is Result.NOT_SUPPORTED
        assert found.document is None

    def test_dg15_exchanged_for_a_key_of_ones_own(self) -> None:
        own = ec.generate_private_key(ec.SECP256R1())
        done = genuine_contents().active_authentication
        assert done is not None
        answer = own.sign(done.challenge, ec.ECDSA(hashes.SHA256()))
        contents = replace(
            changed(genuine_contents(), {DG15: dg15.encode(spki(own))}),
            active_authentication=replace(done, response=answer),
        )
        refused(judged(contents), DG_HASH, ACTIVE_AUTH)

    def test_an_answer_recorded_for_another_challenge(self) -> None:
        done = genuine_contents().active_authentication
        assert done is not None
        contents = replace(
            genuine_contents(), active_authentication=replace(done, challenge=bytes(8))
        )
        assert failed(judged(contents)) == {ACTIVE_AUTH}

    @pytest.mark.parametrize(("hidden", "check"), [(DG14, CHIP_AUTH), (DG15, ACTIVE_AUTH)])
    def test_a_key_hidden_so_that_nobody_asks_for_its_proof(
        self, hidden: ElementaryFile, check: CheckId
    ) -> None:
        found = judged(heard(genuine().clone_without_keys().hide_keys(hidden)))
        assert {COM_SOD, check} <= failed(found)
        assert the(check, found).detail == f"{hidden.name} is withheld"

    def test_a_weaker_pace_offered_than_was_signed(self) -> None:
        found = judged(heard(genuine().weaken_card_access()))
        assert failed(found) == {CheckId.CHIP_CARD_ACCESS_VS_DG14}


def attributes() -> list[tuple[str, object]]:
    return [
        ("content_type", "2.23.136.1.1.1"),
        ("message_digest", hashlib.sha256(CONTENT).digest()),
    ]
