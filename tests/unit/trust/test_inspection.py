"""Inspection: what each check says of the files of a chip, and when a document is authentic."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from edge import mrz
from edge.checks import CheckId, Result
from edge.emrtd import der, tlv
from edge.emrtd.contents import Access, AccessProtocol, ChipContents, TerminalAuthentication
from edge.emrtd.curves import STANDARDISED
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg1, dg14, dg15
from edge.emrtd.lds.face import FaceFormat
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    encode,
)
from edge.trust import TrustStore, inspect, verify_sod
from edge.trust.inspection import _Chip
from tests.support.emrtd.domains import explicit_parameters
from tests.support.emrtd.face_records import GIF, FaceRecord, Record, file
from tests.support.shared_data import shared
from tests.support.some import replaced
from tests.support.trust.specimens import (
    NOW,
    OTHER_PORTRAIT,
    PORTRAIT,
    SOD,
    STORE,
    authority,
    changed,
    failed,
    genuine,
    genuine_contents,
    heard,
    issued,
    judged,
    spki,
    the,
    trusting,
    without,
)
from tools.specimen import chip, dg2
from tools.specimen.authority import Authority
from tools.specimen.chip import (
    CA_ECDH_AES_128,
    ECDSA_PLAIN_SHA256,
    PACE_ECDH_GM_AES_128,
    SpecimenChip,
)
from tools.specimen.description import STANDARD, ActiveAuthentication

RSA = STANDARD.model_copy(
    update={"active_authentication": ActiveAuthentication(key="rsa", bits=1024)}
)
CARD_ACCESS, COM, DG1, DG2, DG14, DG15 = (
    ElementaryFile.CARD_ACCESS,
    ElementaryFile.COM,
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
COM_SOD, DG_HASH, DG1_VS_MRZ, COUNTRY, CARD_ACCESS_VS_DG14, CHIP_AUTH, ACTIVE_AUTH = (
    CheckId.CHIP_COM_SOD,
    CheckId.CHIP_DG_HASH,
    CheckId.CHIP_DG1_VS_MRZ,
    CheckId.CHIP_COUNTRY_VS_DS,
    CheckId.CHIP_CARD_ACCESS_VS_DG14,
    CheckId.CHIP_CHIP_AUTH,
    CheckId.CHIP_ACTIVE_AUTH,
)
PACE = PaceInfo(PACE_ECDH_GM_AES_128, parameter_id=13)
CA_INFO = ChipAuthenticationInfo(CA_ECDH_AES_128)


def test_a_genuine_chip_passes_everything_but_revocation() -> None:
    found = judged(genuine_contents())
    results = {check.id: check.result for check in found.checks}
    assert results.pop(CheckId.CHIP_DS_REVOCATION) is Result.UNDETERMINED
    assert results.pop(CheckId.CHIP_PACE_CAM) is Result.NOT_SUPPORTED
    assert set(results.values()) == {Result.SUCCESSFUL}
    assert len(results) == len(found.checks) - 2 == 10
    assert found.issuer == "UT"
    assert found.document is not None
    assert found.document.issuer == "UT"
    assert found.document.mrz.lines == genuine().lines
    assert found.document.portrait is not None
    assert found.document.portrait.image == PORTRAIT
    assert found.document.portrait.media_type == "image/jpeg"


def test_active_authentication_with_rsa() -> None:
    made = SpecimenChip.issue(authority(), chip.adult(NOW), PORTRAIT, RSA)
    assert the(ACTIVE_AUTH, judged(heard(made))).result is Result.SUCCESSFUL


GROUPS = [file for file in ElementaryFile if file.data_group is not None]


class TestNothingUnsignedIsVouchedFor:
    """A data group counts when it was read, EF.SOD lists its hash, and the hash is right."""

    @pytest.mark.parametrize("authentic", [True, False])
    @pytest.mark.parametrize("file", GROUPS)
    def test_of_every_data_group(self, file: ElementaryFile, authentic: bool) -> None:
        number, content = file.data_group or 0, b"content of the group"
        right, wrong = hashlib.sha256(content).digest(), hashlib.sha256(b"other").digest()
        verdict = replace(verify_sod(genuine_contents().files[SOD], STORE, NOW), hashes={})
        for read in (content, content[:-1], None):
            for listed in (right, wrong, right[:-1], None):
                files = {} if read is None else {file: read}
                hashes = {} if listed is None else {number: listed}
                contents = replace(genuine_contents(), files=files)
                known = replace(verdict, hashes=hashes, is_authentic=authentic)
                found = _Chip(contents, known, None, dumped=False)
                signed = read == content and listed == right
                assert found.agrees(file) is signed
                assert found.vouched(file) is (signed and authentic)

    @given(
        st.fixed_dictionaries(
            {f: st.tuples(st.booleans(), st.sampled_from(("right", "wrong", ""))) for f in GROUPS}
        )
    )
    def test_of_a_whole_chip(self, said: dict[ElementaryFile, tuple[bool, str]]) -> None:
        genuine_files = genuine_contents().files
        files = {f: genuine_files.get(f, b"any bytes") for f, (read, _) in said.items() if read}
        hashes = {
            f.data_group or 0: hashlib.sha256(
                genuine_files.get(f, b"any bytes") if listed == "right" else b"other"
            ).digest()
            for f, (_, listed) in said.items()
            if listed
        }
        others = {f: c for f, c in genuine_files.items() if f.data_group is None}
        contents = replace(genuine_contents(), files=others | files)
        verdict = replace(verify_sod(genuine_files[SOD], STORE, NOW), hashes=hashes)
        found = inspect(contents, verdict, mrz.parse(genuine().lines))
        signed = {f for f in files if said[f][1] == "right"}
        if signed != files.keys() or DG1 not in files:
            assert found.document is None
        else:
            assert found.document is not None
            assert (found.document.portrait is not None) is (DG2 in signed)
        proofs = {CARD_ACCESS_VS_DG14: DG14, CHIP_AUTH: DG14, ACTIVE_AUTH: DG15}
        for check, key in proofs.items():
            if the(check, found).result is Result.SUCCESSFUL:
                assert key in signed


@pytest.mark.parametrize(
    ("types", "result"),
    [
        (None, Result.SUCCESSFUL),
        ({"P"}, Result.SUCCESSFUL),
        ({"P", "V"}, Result.SUCCESSFUL),
        ({"AR", "P"}, Result.SUCCESSFUL),
        ({"V"}, Result.FAILED),
        ({"PM", "ID"}, Result.FAILED),
    ],
)
def test_a_signer_of_several_types_may_sign_each_of_them(
    types: set[str] | None, result: Result
) -> None:
    contents = genuine_contents()
    allowed = None if types is None else frozenset(types)
    verdict = replace(verify_sod(contents.files[SOD], STORE, NOW), document_types=allowed)
    found = inspect(contents, verdict, mrz.parse(genuine().lines))
    assert the(COUNTRY, found).result is result


class TestSecurityObjectUnread:
    def test_nothing_is_vouched_for(self) -> None:
        found = judged(changed(genuine_contents(), {SOD: b"\x77\x00"}))
        results = {check.id: check.result for check in found.checks}
        assert failed(found) == {CheckId.CHIP_SOD_SIGNATURE}
        for check in (COM_SOD, DG_HASH, COUNTRY, CARD_ACCESS_VS_DG14, CHIP_AUTH, ACTIVE_AUTH):
            assert results[check] is Result.NOT_PERFORMED
        assert results[DG1_VS_MRZ] is Result.SUCCESSFUL
        assert (found.document, found.issuer) == (None, "")


class TestCom:
    def test_missing(self) -> None:
        found = judged(without(genuine_contents(), COM))
        assert the(COM_SOD, found).result is Result.UNDETERMINED
        assert found.document is not None

    def test_that_cannot_be_read(self) -> None:
        found = judged(changed(genuine_contents(), {COM: b"\x60\x00"}))
        assert failed(found) == {COM_SOD}

    def test_that_lists_more_than_was_signed(self) -> None:
        listed = com.encode([DG1, DG2, DG14, DG15, ElementaryFile.DG11])
        found = judged(changed(genuine_contents(), {COM: listed}))
        assert failed(found) == {COM_SOD}
        assert the(COM_SOD, found).detail == "not in EF.SOD: DG11"

    @pytest.mark.parametrize("hidden", [DG14, DG15])
    def test_that_hides_a_key(self, hidden: ElementaryFile) -> None:
        listed = com.encode(file for file in (DG1, DG2, DG14, DG15) if file is not hidden)
        found = judged(changed(genuine_contents(), {COM: listed}))
        assert failed(found) == {COM_SOD}
        assert the(COM_SOD, found).detail == f"hidden: {hidden.name}"

    def test_that_leaves_another_data_group_out(self) -> None:
        """Fingerprints are signed but may go unlisted: nothing hangs on them here."""
        contents = issued({ElementaryFile.DG3: b"\x63\x00"})
        found = judged(
            without(
                changed(contents, {COM: com.encode([DG1, DG2, DG14, DG15])}), ElementaryFile.DG3
            )
        )
        assert failed(found) == set()


class TestDataGroups:
    def test_without_dg1_there_is_no_document(self) -> None:
        found = judged(without(genuine_contents(), DG1))
        assert failed(found) == {DG_HASH}
        assert the(DG_HASH, found).detail == "DG1 was not read"
        assert the(DG1_VS_MRZ, found).result is Result.NOT_PERFORMED
        assert the(COUNTRY, found).result is Result.UNDETERMINED
        assert found.document is None

    def test_without_dg2_there_is_no_portrait(self) -> None:
        found = judged(without(genuine_contents(), DG2))
        assert failed(found) == set()
        assert found.document is not None
        assert found.document.portrait is None

    def test_every_fault_is_told(self) -> None:
        files = {DG2: b"\x75\x00", ElementaryFile.DG11: b"\x6b\x00"}
        found = judged(changed(genuine_contents(), files))
        assert failed(found) == {DG_HASH}
        assert the(DG_HASH, found).detail == "DG11 is not in EF.SOD; DG2 was changed"
        assert found.document is None

    @pytest.mark.parametrize("standard", FaceFormat)
    def test_the_portrait_in_either_standard(self, standard: FaceFormat) -> None:
        content = dg2.encode(EncodedImage.recognised(OTHER_PORTRAIT), (300, 400), standard)
        found = judged(issued({DG2: content}))
        assert found.document is not None
        assert found.document.portrait is not None
        assert found.document.portrait.image == OTHER_PORTRAIT
        assert found.document.portrait.media_type == "image/jpeg"

    @pytest.mark.parametrize("first", [PORTRAIT, OTHER_PORTRAIT])
    def test_of_two_records_the_first_is_the_portrait(self, first: bytes) -> None:
        other = ({PORTRAIT, OTHER_PORTRAIT} - {first}).pop()
        faces = [FaceRecord(picture) for picture in (first, other)]
        apart = file(*(bytes(Record([face])) for face in faces))
        for content in (apart, file(bytes(Record(faces)))):
            found = judged(issued({DG2: content})).document
            assert found is not None
            assert found.portrait is not None
            assert found.portrait.image == first

    def test_of_two_records_the_first_that_can_be_used_is_the_portrait(self) -> None:
        """One that is none, or of a kind that no chip has, does not hide the next."""
        whole = bytes(Record([FaceRecord(PORTRAIT)]))
        for broken in (b"FAC\x00", bytes(Record([FaceRecord(GIF)]))):
            found = judged(issued({DG2: file(broken, whole)})).document
            assert found is not None
            assert found.portrait is not None
            assert found.portrait.image == PORTRAIT

    def test_a_portrait_signed_but_not_readable_is_none(self) -> None:
        found = judged(issued({DG2: b"\x75\x00"}))
        assert failed(found) == set()
        assert found.document is not None
        assert found.document.portrait is None

    @pytest.mark.parametrize("content", [b"\x61\x00", dg1.encode(["<" * 44, "<" * 44])])
    def test_a_signed_dg1_that_is_no_mrz_makes_no_document(self, content: bytes) -> None:
        found = judged(issued({DG1: content}))
        assert DG1_VS_MRZ in failed(found)
        assert found.document is None

    def test_a_data_group_of_zero_bytes_is_hashed_as_any_other(self) -> None:
        found = judged(changed(genuine_contents(), {DG2: b""}))
        assert failed(found) == {DG_HASH}


class TestDumped:
    """Files from a folder: nobody was asked, so nothing is withheld."""

    def test_what_is_not_there_was_not_performed(self) -> None:
        contents = without(genuine_contents(), COM, CARD_ACCESS, DG14, DG15)
        verdict = verify_sod(contents.files[SOD], STORE, NOW)
        found = inspect(contents, verdict, None, dumped=True)
        assert failed(found) == set()
        for check in (CHIP_AUTH, ACTIVE_AUTH, CARD_ACCESS_VS_DG14, DG1_VS_MRZ):
            assert the(check, found).result is Result.NOT_PERFORMED
        assert the(CHIP_AUTH, found).detail == "no DG14"
        assert the(COM_SOD, found).result is Result.UNDETERMINED
        assert found.document is None

    @pytest.mark.parametrize(
        ("files", "dumped", "expected"),
        [
            (
                (SOD,),
                True,
                """chip.com_sod not_performed no EF.COM
                chip.dg_hash not_performed no data groups
                chip.dg1_vs_mrz not_performed no DG1
                chip.country_vs_ds not_performed no MRZ
                chip.card_access_vs_dg14 not_performed
                chip.chip_auth not_performed no DG14
                chip.active_auth not_performed no DG15""",
            ),
            (
                (SOD, DG2),
                True,
                """chip.com_sod undetermined no EF.COM
                chip.dg_hash undetermined DG1 is not there
                chip.dg1_vs_mrz not_performed no DG1
                chip.country_vs_ds not_performed no MRZ
                chip.card_access_vs_dg14 not_performed
                chip.chip_auth not_performed no DG14
                chip.active_auth not_performed no DG15""",
            ),
            (
                (SOD, COM, DG1, CARD_ACCESS),
                True,
                """chip.com_sod successful
                chip.dg_hash successful
                chip.dg1_vs_mrz not_performed no printed MRZ
                chip.country_vs_ds successful
                chip.card_access_vs_dg14 not_performed DG14 is not vouched for
                chip.chip_auth not_performed no DG14
                chip.active_auth not_performed no DG15""",
            ),
            (
                (SOD, DG1, DG14, DG15),
                True,
                """chip.com_sod undetermined no EF.COM
                chip.dg_hash successful
                chip.dg1_vs_mrz not_performed no printed MRZ
                chip.country_vs_ds successful
                chip.card_access_vs_dg14 not_performed
                chip.chip_auth not_performed no chip to ask
                chip.active_auth not_performed no chip to ask""",
            ),
            (
                (SOD,),
                False,
                """chip.com_sod undetermined no EF.COM
                chip.dg_hash failed DG1 was not read
                chip.dg1_vs_mrz not_performed no DG1
                chip.country_vs_ds undetermined no mapping
                chip.card_access_vs_dg14 not_supported
                chip.pace_cam not_supported
                chip.chip_auth failed DG14 is withheld
                chip.active_auth failed DG15 is withheld""",
            ),
            (
                (SOD, DG1, DG14, DG15),
                False,
                """chip.com_sod undetermined no EF.COM
                chip.dg_hash successful
                chip.dg1_vs_mrz not_performed no printed MRZ
                chip.country_vs_ds successful
                chip.card_access_vs_dg14 failed hidden
                chip.pace_cam not_supported
                chip.chip_auth not_performed no key we can use
                chip.active_auth not_performed""",
            ),
        ],
    )
    def test_each_check_by_what_is_there(
        self, files: tuple[ElementaryFile, ...], dumped: bool, expected: str
    ) -> None:
        """Of a folder with some of the files of a chip, and of a chip that gives no more."""
        genuine = genuine_contents()
        contents = replace(
            genuine,
            files={file: genuine.files[file] for file in genuine.files if file in files},
            chip_authentication=None,
            active_authentication=None,
        )
        verdict = verify_sod(contents.files[SOD], STORE, NOW)
        found = inspect(contents, verdict, None, dumped=dumped)
        ours = found.checks[len(verdict.checks) :]
        said = [f"{each.id.value} {each.result.value} {each.detail}".strip() for each in ours]
        assert said == [line.strip() for line in expected.splitlines()]
        assert found.document is None

    def test_without_dg1_the_state_is_not_compared(self) -> None:
        contents = without(genuine_contents(), DG1)
        verdict = verify_sod(contents.files[SOD], STORE, NOW)
        assert the(COUNTRY, inspect(contents, verdict, None, dumped=True)).result is (
            Result.NOT_PERFORMED
        )


class TestCountry:
    def test_of_the_signer_is_not_that_of_the_holders_state(self) -> None:
        other = Authority.establish(NOW, country="FR")
        made = SpecimenChip.issue(other, chip.adult(NOW), PORTRAIT)
        found = judged(heard(made), trusting(other), made.lines)
        assert failed(found) == {COUNTRY}
        assert found.issuer == "FR"

    def test_that_nobody_maps_is_undetermined(self) -> None:
        lines = (replaced(genuine().lines[0], "UTO", "QQQ"), genuine().lines[1])
        contents = issued({DG1: dg1.encode(lines)})
        found = judged(contents, lines=lines)
        assert the(COUNTRY, found).result is Result.UNDETERMINED
        assert failed(found) == set()


class TestCardAccess:
    def test_of_a_chip_without_pace(self) -> None:
        contents = without(issued({DG14: dg14.encode([CA_INFO])}), CARD_ACCESS)
        assert the(CARD_ACCESS_VS_DG14, judged(contents)).result is Result.NOT_SUPPORTED

    def test_of_a_chip_without_pace_and_without_dg14(self) -> None:
        found = judged(without(issued({}, DG14), CARD_ACCESS))
        assert the(CARD_ACCESS_VS_DG14, found).result is Result.NOT_SUPPORTED

    def test_hidden_from_us(self) -> None:
        """BAC, and DG14 says that the chip speaks PACE."""
        check = the(CARD_ACCESS_VS_DG14, judged(without(genuine_contents(), CARD_ACCESS)))
        assert (check.result, check.detail) == (Result.FAILED, "hidden")

    def test_of_which_nothing_is_signed(self) -> None:
        contents = issued({DG14: dg14.encode([CA_INFO])})
        assert the(CARD_ACCESS_VS_DG14, judged(contents)).result is Result.UNDETERMINED

    def test_with_no_dg14_to_compare(self) -> None:
        found = judged(issued({}, DG14))
        assert the(CARD_ACCESS_VS_DG14, found).result is Result.NOT_PERFORMED

    def test_that_cannot_be_read(self) -> None:
        found = judged(changed(genuine_contents(), {CARD_ACCESS: b"\x30\x00"}))
        assert failed(found) == {CARD_ACCESS_VS_DG14}

    def test_that_offers_less_than_was_signed(self) -> None:
        """An attacker takes the strong protocols away and leaves a weak one."""
        found = judged(issued({DG14: dg14.encode([PACE, replace(PACE, parameter_id=12)])}))
        check = the(CARD_ACCESS_VS_DG14, found)
        assert (check.result, check.detail) == (Result.FAILED, "hidden")

    def test_that_offers_more_than_was_signed(self) -> None:
        files = {CARD_ACCESS: encode([PACE, replace(PACE, parameter_id=8)])}
        check = the(CARD_ACCESS_VS_DG14, judged(changed(genuine_contents(), files)))
        assert (check.result, check.detail) == (Result.FAILED, "not signed")

    def test_entries_other_than_pace_are_not_compared(self) -> None:
        files = {CARD_ACCESS: encode([PACE, ChipAuthenticationInfo(CA_ECDH_AES_128)])}
        assert failed(judged(changed(genuine_contents(), files))) == set()


class TestChipAuthentication:
    def test_not_supported_without_dg14(self) -> None:
        contents = replace(issued({}, DG14), chip_authentication=None)
        assert the(CHIP_AUTH, judged(contents)).result is Result.NOT_SUPPORTED

    def test_not_supported_without_a_key(self) -> None:
        contents = issued({DG14: dg14.encode([PACE])})
        assert the(CHIP_AUTH, judged(contents)).result is Result.NOT_SUPPORTED

    def test_not_performed_with_a_key_we_cannot_use(self) -> None:
        contents = replace(genuine_contents(), chip_authentication=None)
        assert the(CHIP_AUTH, judged(contents)).result is Result.NOT_PERFORMED

    def test_failed_with_a_key_off_its_curve(self) -> None:
        """No clone can sign it; an issuer that did has issued a chip that proves nothing."""
        algorithm = explicit_parameters(STANDARDISED[13])
        bits = tlv.encode(der.BIT_STRING, b"\x00\x04" + b"\x01" * 64)
        key = tlv.encode(der.SEQUENCE, algorithm, bits)
        info = ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", key)
        contents = replace(issued({DG14: dg14.encode([PACE, info])}), chip_authentication=None)
        assert failed(judged(contents)) == {CHIP_AUTH}

    def test_failed_when_the_chip_did_not_answer_under_new_keys(self) -> None:
        done = genuine_contents().chip_authentication
        assert done is not None
        contents = replace(genuine_contents(), chip_authentication=replace(done, succeeded=False))
        assert failed(judged(contents)) == {CHIP_AUTH}

    def test_a_signed_dg14_that_cannot_be_read_fails_all_that_needs_it(self) -> None:
        """Active authentication too: DG14 would say with what algorithm it runs."""
        found = judged(issued({DG14: b"\x6e\x00"}))
        assert failed(found) == {CHIP_AUTH, ACTIVE_AUTH, CARD_ACCESS_VS_DG14}


class TestTerminalAuthentication:
    def test_is_no_check_where_nothing_was_tried(self) -> None:
        found = judged(genuine_contents())
        assert CheckId.CHIP_TERMINAL_AUTH not in {check.id for check in found.checks}

    @pytest.mark.parametrize(
        ("failure", "result"), [("", Result.SUCCESSFUL), ("no chain", Result.FAILED)]
    )
    def test_says_what_came_out(self, failure: str, result: Result) -> None:
        done = TerminalAuthentication(("XXCVCA00001",), failure)
        found = judged(replace(genuine_contents(), terminal_authentication=done))
        check = the(CheckId.CHIP_TERMINAL_AUTH, found)
        assert (check.result, check.detail) == (result, failure)


class TestActiveAuthentication:
    def test_not_supported_without_dg15(self) -> None:
        contents = replace(issued({}, DG15), active_authentication=None)
        assert the(ACTIVE_AUTH, judged(contents)).result is Result.NOT_SUPPORTED

    def test_not_performed(self) -> None:
        contents = replace(genuine_contents(), active_authentication=None)
        assert the(ACTIVE_AUTH, judged(contents)).result is Result.NOT_PERFORMED

    @pytest.mark.parametrize("response", [b"", bytes(64)])
    def test_failed_when_the_answer_is_none(self, response: bytes) -> None:
        done = genuine_contents().active_authentication
        assert done is not None
        contents = replace(
            genuine_contents(), active_authentication=replace(done, response=response)
        )
        assert failed(judged(contents)) == {ACTIVE_AUTH}

    def test_failed_when_the_key_cannot_be_read(self) -> None:
        secp256k1 = spki(ec.generate_private_key(ec.SECP256K1()))
        assert failed(judged(issued({DG15: dg15.encode(secp256k1)}))) == {ACTIVE_AUTH}

    @pytest.mark.parametrize(
        ("algorithm", "outcome"),
        [
            (ECDSA_PLAIN_SHA256, Result.SUCCESSFUL),
            ("0.4.0.127.0.7.1.1.4.1.5", Result.FAILED),
            (None, Result.SUCCESSFUL),
        ],
    )
    def test_the_algorithm_is_that_of_the_signed_dg14(
        self, algorithm: str | None, outcome: Result
    ) -> None:
        said = [] if algorithm is None else [ActiveAuthenticationInfo(algorithm)]
        found = judged(issued({DG14: dg14.encode([PACE, *said])}))
        assert the(ACTIVE_AUTH, found).result is outcome

    def test_without_dg14_every_digest_is_tried(self) -> None:
        assert the(ACTIVE_AUTH, judged(issued({}, DG14))).result is Result.SUCCESSFUL


def test_expired_signers_documents_are_authentic_all_the_same() -> None:
    """Whether that is good enough is the border's to say, by `chip.ds_validity`."""
    contents = genuine_contents()
    verdict = verify_sod(contents.files[SOD], STORE, NOW.replace(year=NOW.year + 11))
    found = inspect(contents, verdict, mrz.parse(genuine().lines))
    assert failed(found) == {CheckId.CHIP_DS_VALIDITY}
    assert found.document is not None


@pytest.mark.shared
def test_the_german_specimen_of_2008() -> None:
    """DG4 and DG15 lie in the folder; neither EF.SOD nor EF.COM knows of them."""
    folder = shared("chips/bsi2008")
    files = {COM: (folder / "EF_COM.bin").read_bytes(), SOD: (folder / "EF_SOD.bin").read_bytes()}
    for number in (1, 2, 3, 4, 14, 15):
        file = ElementaryFile.of_data_group(number)
        files[file] = (folder / f"Datagroup{number}.bin").read_bytes()
    contents = ChipContents(Access(AccessProtocol.BAC, pace_offered=False), files, None, None)
    verdict = verify_sod(files[SOD], TrustStore(()), datetime(2008, 6, 1, tzinfo=UTC))
    found = inspect(contents, verdict, mrz.parse(dg1.decode(files[DG1])))
    assert the(CheckId.CHIP_SOD_SIGNATURE, found).result is Result.SUCCESSFUL
    assert the(DG_HASH, found).detail == "DG4 is not in EF.SOD; DG15 is not in EF.SOD"
    assert the(COUNTRY, found).result is Result.SUCCESSFUL
    assert failed(found) == {CheckId.CHIP_DS_CHAIN, DG_HASH}
    assert found.document is None
    for check in (CHIP_AUTH, ACTIVE_AUTH):
        assert the(check, found).result is Result.NOT_PERFORMED
