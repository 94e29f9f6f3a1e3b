"""Deviation lists: which documents are meant, and what the inspection says of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from edge.checks import Check, CheckId, Result
from edge.emrtd import der, tlv
from edge.emrtd.files import ElementaryFile
from edge.errors import MalformedFile
from edge.mrz import MachineReadableZone, compose, examine, parse
from edge.trust import TrustStore, deviation_list
from edge.trust.deviation_list import Deviation
from tests.support.some import replaced
from tests.support.trust.lists import deviation, deviations
from tests.support.trust.specimens import (
    STORE,
    authority,
    failed,
    genuine,
    genuine_contents,
    judged,
    parsed,
    root_certificate,
    signer_certificate,
    the,
)

SIGNER = parsed(signer_certificate())
OTHER = parsed(root_certificate())
WRONG_HASH = "2.23.136.1.1.7.2.2"
MALFORMED = "2.23.136.1.1.7.2.1"


def read(documents: bytes) -> Deviation:
    (found,) = deviation_list.parse(deviations(deviation(documents, WRONG_HASH))).deviations
    return found


def numbers(*values: str) -> bytes:
    return tlv.encode(0xA5, *(tlv.encode(0x13, each.encode()) for each in values))


class TestSigner:
    def test_by_issuer_and_serial_number(self) -> None:
        serial = tlv.encode(der.INTEGER, SIGNER.serial.to_bytes(21, "big", signed=True))
        found = read(tlv.encode(0xA1, SIGNER.issuer, serial))
        assert found.concerns_signer(SIGNER)
        assert not found.concerns_signer(OTHER)

    def test_by_key_identifier(self) -> None:
        with_key_id = replace(SIGNER, key_id=b"identifier")
        found = read(tlv.encode(0x82, b"identifier"))
        assert found.concerns_signer(with_key_id)
        assert not found.concerns_signer(SIGNER)

    @pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_by_digest(self, digest: str) -> None:
        found = read(tlv.encode(0x83, hashlib.new(digest, SIGNER.der).digest()))
        assert found.concerns_signer(SIGNER)
        assert not found.concerns_signer(OTHER)

    @pytest.mark.parametrize("length", [0, 16, 33, 65])
    def test_by_a_digest_of_no_known_length(self, length: int) -> None:
        found = read(tlv.encode(0x83, bytes(length)))
        assert not found.concerns_signer(SIGNER)
        assert not found.names_no_signer

    @pytest.mark.parametrize("serial", [-5, 0, 127, 128, 1 << 100])
    def test_by_a_serial_number_of_any_sign(self, serial: int) -> None:
        octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
        found = read(tlv.encode(0xA1, SIGNER.issuer, tlv.encode(der.INTEGER, octets)))
        assert found.concerns_signer(replace(SIGNER, serial=serial))
        assert not found.concerns_signer(replace(SIGNER, serial=serial + 256))

    def test_every_signer_of_the_state(self) -> None:
        assert read(b"").concerns_signer(SIGNER)

    def test_that_cannot_be_read(self) -> None:
        with pytest.raises(MalformedFile):
            read(tlv.encode(0xA1, SIGNER.issuer))


class TestDocument:
    def test_by_type(self) -> None:
        found = read(tlv.encode(0x80, b"P<"))
        assert found.concerns_document("P", "1")
        assert not found.concerns_document("ID", "1")

    def test_by_number(self) -> None:
        found = read(numbers("L898902C3", "X1<"))
        assert found.concerns_document("P", "X1")
        assert not found.concerns_document("P", "X2")


# Doc 9303-12, ASN.1 of deviation lists, below 2.23.136.1.1.7; and BSI TR-03129, id-DefectList.
DS_SIGNATURE, DS_ENCODING, CSCA_ENCODING, AA_KEY = (
    f"2.23.136.1.1.7.1.{each}" for each in (1, 2, 3, 4)
)
SOD_SIGNATURE, COM_INCONSISTENT = "2.23.136.1.1.7.2.3", "2.23.136.1.1.7.2.4"
WRONG_DATA, WRONG_CHECK_DIGIT = "2.23.136.1.1.7.3.1", "2.23.136.1.1.7.3.2"
BSI_CHIP_KEY, BSI_AA_KEY = "0.4.0.127.0.7.3.1.5.1.3", "0.4.0.127.0.7.3.1.5.1.4"


@pytest.mark.parametrize(
    ("oid", "kind", "explains", "voids"),
    [
        (DS_SIGNATURE, "signer's signature is wrong", "chip.ds_chain", ""),
        (DS_ENCODING, "signer is encoded wrongly", "chip.ds_chain chip.ds_validity", ""),
        (CSCA_ENCODING, "CSCA is encoded wrongly", "chip.ds_chain chip.ds_validity", ""),
        (AA_KEY, "active authentication key is compromised", "", "chip.active_auth"),
        (BSI_AA_KEY, "active authentication key is compromised", "", "chip.active_auth"),
        (
            BSI_CHIP_KEY,
            "chip authentication key is compromised",
            "",
            "chip.chip_auth chip.pace_cam",
        ),
        (MALFORMED, "a data group is malformed", "", ""),
        (WRONG_HASH, "a data group hash is wrong", "chip.dg_hash", ""),
        (SOD_SIGNATURE, "EF.SOD signature is wrong", "chip.sod_signature", ""),
        (COM_INCONSISTENT, "EF.COM is inconsistent", "chip.com_sod", ""),
        (WRONG_DATA, "MRZ data are wrong", "chip.dg1_vs_mrz", ""),
        (WRONG_CHECK_DIGIT, "MRZ check digit is wrong", "chip.dg1_vs_mrz", ""),
        ("2.23.136.1.1.7.5", "deviation 2.23.136.1.1.7.5", "", ""),  # national use: no more known
    ],
)
def test_what_a_kind_of_deviation_means(oid: str, kind: str, explains: str, voids: str) -> None:
    (found,) = deviation_list.parse(deviations(deviation(b"", oid))).deviations
    assert found.kinds == (kind,)
    assert {check.value for check in found.explains} == set(explains.split())
    assert {check.value for check in found.voids} == set(voids.split())
    assert found.excuses_check_digits is (oid == WRONG_CHECK_DIGIT)


class TestInspection:
    def said(self, *entries: bytes) -> tuple[Result, str]:
        found = deviation_list.parse(deviations(*entries))
        store = TrustStore(STORE.anchors, deviation_lists=(found,))
        inspection = judged(genuine_contents(), store)
        assert failed(inspection) == set()
        check = the(CheckId.CHIP_DEVIATION, inspection)
        return check.result, check.detail

    def test_a_document_that_deviates(self) -> None:
        assert self.said(deviation(b"", WRONG_HASH), deviation(b"", MALFORMED)) == (
            Result.UNDETERMINED,
            "a data group hash is wrong; a data group is malformed",
        )

    @pytest.mark.parametrize(
        ("oid", "check"),
        [
            (AA_KEY, CheckId.CHIP_ACTIVE_AUTH),
            (BSI_AA_KEY, CheckId.CHIP_ACTIVE_AUTH),
            (BSI_CHIP_KEY, CheckId.CHIP_CHIP_AUTH),
        ],
    )
    def test_a_stolen_key_proves_nothing_although_the_protocol_ran_well(
        self, oid: str, check: CheckId
    ) -> None:
        assert the(check, judged(genuine_contents())).result is Result.SUCCESSFUL
        found = deviation_list.parse(deviations(deviation(b"", oid)))
        inspection = judged(genuine_contents(), TrustStore(STORE.anchors, deviation_lists=(found,)))
        assert the(check, inspection).result is Result.FAILED
        assert failed(inspection) == {check}

    def test_a_stolen_key_of_other_documents_voids_nothing(self) -> None:
        found = deviation_list.parse(deviations(deviation(numbers("X1"), AA_KEY)))
        inspection = judged(genuine_contents(), TrustStore(STORE.anchors, deviation_lists=(found,)))
        assert failed(inspection) == set()

    def test_a_failure_that_the_state_explains_is_undetermined_and_vouches_for_nothing(
        self,
    ) -> None:
        contents = genuine_contents()
        changed = replace(
            contents,
            files={
                **contents.files,
                ElementaryFile.DG14: contents.files[ElementaryFile.DG14] + b"x",
            },
        )
        found = deviation_list.parse(deviations(deviation(b"", WRONG_HASH)))
        inspection = judged(changed, TrustStore(STORE.anchors, deviation_lists=(found,)))
        assert the(CheckId.CHIP_DG_HASH, judged(changed)).result is Result.FAILED
        hashes = the(CheckId.CHIP_DG_HASH, inspection)
        assert hashes.result is Result.UNDETERMINED
        assert hashes.detail == "DG14 was changed; a known deviation"
        assert inspection.document is None

    def test_a_success_stays_one_when_a_failure_would_be_explained(self) -> None:
        found = deviation_list.parse(deviations(deviation(b"", WRONG_HASH)))
        inspection = judged(genuine_contents(), TrustStore(STORE.anchors, deviation_lists=(found,)))
        assert the(CheckId.CHIP_DG_HASH, inspection).result is Result.SUCCESSFUL

    def test_another_document_of_the_same_state(self) -> None:
        assert self.said(deviation(numbers("NOBODYS"), WRONG_HASH)) == (Result.SUCCESSFUL, "")

    def test_a_state_that_publishes_none(self) -> None:
        checks = judged(genuine_contents()).checks
        assert CheckId.CHIP_DEVIATION not in {check.id for check in checks}


class TestPrintedDigits:
    """Cards of whole national series whose composite digit is computed otherwise."""

    CARD = compose.td1("I", "UTO", "SPECIMEN", "MARIA", "D23145890", "UTO", "740812", "F", "300101")

    def zone(self, place: int) -> MachineReadableZone:
        """The card with another digit at a place of its second line."""
        lines = list(self.CARD)
        other = str((int(lines[1][place]) + 1) % 10)
        lines[1] = lines[1][:place] + other + lines[1][place + 1 :]
        return parse(lines)

    def judged(
        self, zone: MachineReadableZone, documents: bytes, oid: str = WRONG_CHECK_DIGIT
    ) -> Result:
        known = deviation_list.parse(deviations(deviation(documents, oid)))
        found = [
            deviation_list.judge_printed_digits(check, zone, (known,))
            for check in examine(zone, date(2026, 12, 1))
        ]
        return next(check.result for check in found if check.id is CheckId.MRZ_CHECK_DIGITS)

    def test_a_known_series(self) -> None:
        assert self.judged(self.zone(29), tlv.encode(0x80, b"I<")) is Result.UNDETERMINED
        assert self.judged(self.zone(29), b"") is Result.UNDETERMINED

    def test_one_deviation_of_several_is_enough(self) -> None:
        entries = (deviation(b"", MALFORMED), deviation(b"", WRONG_CHECK_DIGIT))
        for order in (entries, entries[::-1]):
            known = deviation_list.parse(deviations(*order))
            assert known.excuses_check_digits("UTO", "I", "D23145890")

    def test_right_digits_stay_right(self) -> None:
        assert self.judged(parse(self.CARD), b"") is Result.SUCCESSFUL

    def test_another_digit_is_not_excused(self) -> None:
        assert self.judged(self.zone(6), b"") is Result.FAILED

    def test_another_type_another_fault_and_one_signer_excuse_nothing(self) -> None:
        zone = self.zone(29)
        assert self.judged(zone, tlv.encode(0x80, b"P<")) is Result.FAILED
        assert self.judged(zone, b"", MALFORMED) is Result.FAILED
        serial = tlv.encode(der.INTEGER, b"\x05")
        for signer in (
            tlv.encode(0x82, b"identifier"),
            tlv.encode(0x83, bytes(32)),
            tlv.encode(0xA1, SIGNER.issuer, serial),
        ):
            assert self.judged(zone, signer) is Result.FAILED

    def test_nothing_but_the_check_digits_is_judged_again(self) -> None:
        zone = self.zone(29)
        known = deviation_list.parse(deviations(deviation(b"", WRONG_CHECK_DIGIT)))
        before = examine(zone, date(2026, 12, 1))
        after = tuple(deviation_list.judge_printed_digits(each, zone, (known,)) for each in before)
        changed = {each.id: each for each in after if each not in before}
        assert changed == {
            CheckId.MRZ_CHECK_DIGITS: Check(
                CheckId.MRZ_CHECK_DIGITS, Result.UNDETERMINED, "composite; a known deviation"
            )
        }
        assert [each.id for each in after] == [each.id for each in before]
        unknown = tuple(deviation_list.judge_printed_digits(each, zone, ()) for each in before)
        assert unknown == before

    def test_one_list_of_several_is_enough(self) -> None:
        zone = self.zone(29)
        lists = [
            deviation_list.parse(deviations(deviation(b"", each)))
            for each in (MALFORMED, WRONG_CHECK_DIGIT)
        ]
        failed = Check(CheckId.MRZ_CHECK_DIGITS, Result.FAILED, "composite")
        for order in (lists, lists[::-1]):
            found = deviation_list.judge_printed_digits(failed, zone, order)
            assert found.result is Result.UNDETERMINED

    def test_a_state_speaks_of_its_own_documents_alone(self) -> None:
        first, *rest = self.zone(29).lines
        assert self.judged(parse([replaced(first, "UTO", "GTM"), *rest]), b"") is Result.FAILED


@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("check", CheckId)
def test_a_deviation_changes_failures_it_explains_and_successes_it_voids_and_nothing_else(
    check: CheckId, result: Result
) -> None:
    known = deviation_list.parse(deviations(deviation(b"", WRONG_HASH, BSI_CHIP_KEY))).deviations
    for detail in ("", "DG2 was changed"):
        before = Check(check, result, detail)
        (after,) = deviation_list.judge((before,), known)
        if check is CheckId.CHIP_DG_HASH and result is Result.FAILED:
            said = f"{detail}; a known deviation" if detail else "a known deviation"
            assert after == Check(check, Result.UNDETERMINED, said)
        elif (
            check in {CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_PACE_CAM} and result is Result.SUCCESSFUL
        ):
            stolen = "the issuing state says that this key is stolen"
            assert after == Check(check, Result.FAILED, stolen)
        else:
            assert after == before
        assert deviation_list.judge((before,), ()) == (before,)


def test_without_a_list_there_is_no_check_and_without_an_entry_it_succeeds() -> None:
    assert deviation_list.examine_known(None) == ()
    assert deviation_list.examine_known(()) == (Check(CheckId.CHIP_DEVIATION, Result.SUCCESSFUL),)
    assert deviation_list.known_of(None, None) is None
    assert deviation_list.known_of((), None) == ()


def test_the_specimens_are_of_the_state_that_publishes() -> None:
    assert parsed(authority().csca_der).country == SIGNER.country
    assert genuine().lines[0].startswith("P<UTO")
