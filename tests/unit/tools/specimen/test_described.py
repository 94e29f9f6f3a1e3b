"""Chips issued from descriptions: whatever is asked for is read, and every attack is found out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from drivers.virtual.chip.man_in_the_middle import LineAttack, ManInTheMiddle
from drivers.virtual.chip.quirks import Quirks
from edge import mrz
from edge.checks import CheckId, Result
from edge.emrtd.ciphers import Cipher
from edge.emrtd.contents import AccessProtocol
from edge.emrtd.files import ElementaryFile
from edge.errors import LimitExceeded, PaceFailed, SettingsError
from edge.lane.document_inspection import (
    ChipOutcome,
    InspectionTerms,
    PrintedPage,
    inspect_document,
    on_this_thread,
)
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tests.support.laid_chip import LaidChip
from tools.gatectl import reading
from tools.specimen import pictures
from tools.specimen.authority import Algorithm
from tools.specimen.described import Described, issue
from tools.specimen.description import (
    STANDARD,
    ActiveAuthentication,
    ChipAuthentication,
    Description,
    Document,
    FileAttack,
    Pace,
    Signing,
)
from tools.specimen.issue import PORTRAITS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNDECIDED = {CheckId.CHIP_DS_REVOCATION, CheckId.CHIP_DEVIATION, CheckId.CHIP_PACE_CAM}


def issued(description: Description) -> Described:
    return issue(description, NOW)


def heard(made: Described) -> ChipOutcome:
    page = PrintedPage.of(mrz.parse(made.chip.lines))
    terms = InspectionTerms(ChipSettings(), TrustStore.of([made.csca]), NOW, secrets.token_bytes)
    reader = on_this_thread(LaidChip(made.insert()).connect)
    return inspect_document(reader, page, terms, lambda _: None)


def with_(**changes: object) -> Description:
    return Description.model_validate({**STANDARD.model_dump(), **changes})


def failed(found: ChipOutcome) -> set[CheckId]:
    return {check.id for check in found.checks if check.result is Result.FAILED}


def assert_sound(found: ChipOutcome) -> None:
    assert found.error is None
    assert found.document is not None
    assert failed(found) == set()


@cache
def standard() -> Described:
    return issued(STANDARD)


def test_the_standard_chip_passes_every_check() -> None:
    found = heard(standard())
    assert_sound(found)
    assert found.issuer == "UT"
    open_questions = {c.id for c in found.checks if c.result is not Result.SUCCESSFUL}
    assert open_questions <= UNDECIDED


@pytest.mark.parametrize("document", ["TD1", "TD2", "TD3"])
def test_every_size_of_document(document: str) -> None:
    made = issued(with_(document={"type": document, "sex": "F", "number": "AB1234567"}))
    assert mrz.parse(made.chip.lines).format == document
    assert_sound(heard(made))


@pytest.mark.parametrize(
    "quirks",
    [
        {"largest_read": 160},
        {"short_identifiers": "none", "master_file_by_identifier": 0x6A86},
        {"active_auth_in_der": True},
        {"reply_piece": 100},
    ],
    ids=str,
)
def test_quirks_are_borne(quirks: dict[str, object]) -> None:
    made = issued(with_(quirks=quirks))
    assert made.chip.personalisation().quirks == Quirks.model_validate(quirks)
    assert_sound(heard(made))


@pytest.mark.parametrize("access", ["both", "pace", "bac", "none"])
def test_access(access: str) -> None:
    found = heard(issued(with_(access=access)))
    assert_sound(found)
    assert found.access is not None
    opened = AccessProtocol.PACE_GM if access in {"both", "pace"} else AccessProtocol(access)
    assert found.access.protocol is opened


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("csca", [Algorithm.P256, Algorithm.RSA_PSS])
def test_signers(algorithm: Algorithm, csca: Algorithm) -> None:
    signing = Signing(signer=algorithm, csca=csca, digest="sha384")
    assert_sound(heard(issued(STANDARD.model_copy(update={"signing": signing}))))


@pytest.mark.parametrize("digest", ["sha224", "sha256", "sha384", "sha512"])
def test_digests(digest: str) -> None:
    assert_sound(heard(issued(with_(signing={"digest": digest}))))


def test_keys_spelt_out_and_a_protocol_not_announced() -> None:
    chip = ChipAuthentication(cipher=Cipher.TDES, announced=False, key_id=None, parameter_id=14)
    active = ActiveAuthentication(parameter_id=14)
    made = issued(
        Description(chip_authentication=chip, active_authentication=active, explicit_curves=True)
    )
    assert len(made.chip.files[ElementaryFile.DG15]) > 300
    assert_sound(heard(made))


def test_several_offers_of_pace() -> None:
    offers = (
        Pace(mapping=AccessProtocol.PACE_IM, cipher=Cipher.TDES),
        Pace(parameter_id=16, cipher=Cipher.AES_256),
    )
    found = heard(issued(Description(access="pace", pace=offers)))
    assert_sound(found)
    assert found.access is not None
    assert found.access.protocol is AccessProtocol.PACE_GM


def test_other_data_groups(tmp_path: Path) -> None:
    (tmp_path / "dg11.bin").write_bytes(b"\x6b\x03abc")
    groups: dict[str, int | Path] = {"DG11": tmp_path / "dg11.bin", "DG7": 1_000}
    made = issued(STANDARD.model_copy(update={"data_groups": groups}))
    assert made.chip.files[ElementaryFile.DG11] == b"\x6b\x03abc"
    assert len(made.chip.files[ElementaryFile.DG7]) == 1_004
    assert_sound(heard(made))


@pytest.mark.parametrize("content", [b"", b"\x6c\x00", b"\x6b\x05"])
def test_a_file_that_is_no_data_group_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SettingsError, match="is not a DG11"):
        issued(Description(data_groups={"DG11": tmp_path / "x"}))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"{tmp_path / 'none'} cannot be read")):
        issued(Description(portrait=tmp_path / "none"))
    (tmp_path / "large").write_bytes(bytes(500_001))
    with pytest.raises(SettingsError, match="too large"):
        issued(Description(portrait=tmp_path / "large"))
    (tmp_path / "text").write_bytes(b"text")
    with pytest.raises(SettingsError, match="neither JPEG nor JPEG 2000"):
        issued(Description(portrait=tmp_path / "text"))


def test_a_portrait_of_ones_own(tmp_path: Path) -> None:
    picture = pictures.portrait(PORTRAITS, pictures.SECOND_PORTRAIT)
    (tmp_path / "face.jp2").write_bytes(picture)
    made = issued(Description(portrait=tmp_path / "face.jp2"))
    assert picture in made.chip.files[ElementaryFile.DG2]


def test_a_name_no_machine_can_read_is_refused() -> None:
    with pytest.raises(SettingsError, match="does not fit TD3"):
        issued(Description(document=Document(surname="ÅSA")))


HASH, COM_SOD = CheckId.CHIP_DG_HASH, CheckId.CHIP_COM_SOD
FOUND_OUT: dict[FileAttack, set[CheckId]] = {
    FileAttack.CLONED: {CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_ACTIVE_AUTH},
    FileAttack.PORTRAIT_REPLACED: {HASH},
    FileAttack.DG1_TAMPERED: {HASH, CheckId.CHIP_DG1_VS_MRZ},
    FileAttack.DG2_TAMPERED: {HASH},
    FileAttack.DG14_TAMPERED: {HASH},
    FileAttack.DG15_TAMPERED: {HASH, CheckId.CHIP_ACTIVE_AUTH},
    FileAttack.DG14_HIDDEN: {COM_SOD, CheckId.CHIP_CHIP_AUTH},
    FileAttack.DG15_HIDDEN: {COM_SOD, CheckId.CHIP_ACTIVE_AUTH},
    FileAttack.DG4_INJECTED: {COM_SOD},
    FileAttack.CARD_ACCESS_WEAKENED: {CheckId.CHIP_CARD_ACCESS_VS_DG14},
    FileAttack.PAGE_REPLACED: {CheckId.CHIP_DG1_VS_MRZ},
    FileAttack.FOREIGN_CSCA: {CheckId.CHIP_DS_CHAIN},
    FileAttack.SIGNER_EXPIRED: {CheckId.CHIP_DS_VALIDITY},
    FileAttack.CSCA_IS_NO_CA: {CheckId.CHIP_DS_CHAIN},
}


@pytest.mark.parametrize("attack", FileAttack)
def test_every_attack_on_files_fails_its_own_checks(attack: FileAttack) -> None:
    found = heard(issued(with_(attacks=(attack,))))
    assert failed(found) >= FOUND_OUT[attack]


def test_an_attack_needs_what_it_attacks() -> None:
    with pytest.raises(SettingsError, match="needs DG15"):
        issued(Description(attacks=(FileAttack.DG15_HIDDEN,)))


BROKEN_BY: dict[LineAttack, tuple[type[Exception], str]] = {
    LineAttack.PACE_REFUSED: (PaceFailed, "pace_failed"),
    LineAttack.MAPPING_KEY_REFLECTED: (PaceFailed, "pace_failed"),
    LineAttack.SESSION_KEY_REFLECTED: (PaceFailed, "pace_failed"),
    LineAttack.ENDLESS_ANSWER: (LimitExceeded, "damaged_chip"),
}


@pytest.mark.parametrize("attack", LineAttack)
def test_every_attack_on_the_line_ends_the_reading(attack: LineAttack) -> None:
    found = heard(issued(with_(attacks=(attack,))))
    assert found.document is None
    assert found.error is not None
    kind, word = BROKEN_BY.get(attack, (Exception, "damaged_chip"))
    assert issubclass(found.error, kind)
    assert reading.kind_of(found.error) in {word, "access_denied"}


@pytest.mark.parametrize(
    "command", [b"", b"\x00", b"\x00\x86\x00\x00\x01\x7c", b"\x0c\xb0\x00\x00"]
)
@pytest.mark.parametrize("attack", LineAttack)
def test_a_tampered_line_answers_anything(attack: LineAttack, command: bytes) -> None:
    man_in_the_middle = ManInTheMiddle(standard().insert(), attack)
    for _ in range(4):
        assert len(man_in_the_middle.transmit(command)) >= 2
    man_in_the_middle.reset()
    assert (man_in_the_middle.protected, man_in_the_middle.first_answer) == (0, b"")


@pytest.mark.parametrize(
    "make",
    [
        Description,
        lambda: STANDARD,
        lambda: with_(can="123456", quirks={"largest_read": 99}),
        lambda: with_(chip_authentication={"parameter_id": 1}, active_authentication=None),
        lambda: with_(active_authentication={"parameter_id": 14}),
    ],
)
def test_what_is_issued_survives_the_disk(tmp_path: Path, make: Callable[[], Description]) -> None:
    personal = issued(make()).chip.personalisation()
    personal.save(tmp_path)
    assert type(personal).load(tmp_path) == personal
