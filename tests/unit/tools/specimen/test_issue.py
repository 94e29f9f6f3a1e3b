"""Specimens: what is issued verifies, every mutation fails its own check, and ten can be loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from edge import mrz
from edge.checks import CheckId, Result
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import com, dg11, dg12
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.dg11 import PersonalDetails
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.emrtd.lds.face import FaceFormat
from edge.emrtd.lds.image import EncodedImage
from edge.emrtd.lds.text import Name, Text
from edge.errors import SettingsError
from edge.trust import TrustStore, inspect, verify_sod
from tests.support.face.faces import pipeline
from tests.support.trust.specimens import (
    NOW,
    OTHER_PORTRAIT,
    PORTRAIT,
    SOD,
    authority,
    failed,
    foreign,
    genuine,
    heard,
    judged,
)
from tools.simulation.script import Fault, load, read_script
from tools.specimen import central_keys, chip, dg2
from tools.specimen.authority import Authority, Validity
from tools.specimen.chip import SpecimenChip
from tools.specimen.description import STANDARD, ActiveAuthentication
from tools.specimen.details import encode_dg11, encode_dg12
from tools.specimen.issue import (
    PORTRAITS,
    RENEW_AFTER,
    SCENARIOS,
    STAMP,
    Scenario,
    issue_all,
    issue_if_needed,
)

DG1, DG2, DG14, DG15 = (
    ElementaryFile.DG1,
    ElementaryFile.DG2,
    ElementaryFile.DG14,
    ElementaryFile.DG15,
)
RSA = STANDARD.model_copy(
    update={"active_authentication": ActiveAuthentication(key="rsa", bits=1024)}
)
NAMES = (
    "genuine",
    "impostor",
    "expired-document",
    "cloned-chip",
    "tampered-portrait",
    "unknown-issuer",
    "minor",
    "tailgater",
    "broker-away",
    "reader-unplugged",
    "printed-photo",
    "bent-photo",
    "screen-replay",
    "cut-out-mask",
    "frozen-frame",
    "replayed-answer",
)


@pytest.mark.parametrize("rsa", [False, True], ids=["ecdsa", "rsa"])
@pytest.mark.parametrize("make", [chip.adult, chip.minor, chip.expired])
def test_an_issued_chip_verifies(make: Callable[[datetime], chip.Holder], rsa: bool) -> None:
    made = SpecimenChip.issue(authority(), make(NOW), PORTRAIT, RSA if rsa else STANDARD)
    found = judged(heard(made), lines=made.lines)
    assert {check.id for check in found.checks if check.result is not Result.SUCCESSFUL} == {
        CheckId.CHIP_DS_REVOCATION,
        CheckId.CHIP_PACE_CAM,
    }
    assert found.document is not None


def test_a_chip_with_more_data_groups_verifies() -> None:
    """A face of ISO/IEC 39794-5, and details of holder and document, listed and signed."""
    personal = PersonalDetails(
        full_name=Name(b"SPECIMEN<<ROBIN"), birth_date=Date(b"19900000"), birth_place=Text(b"UTO")
    )
    document = DocumentDetails(authority=Text(b"UTOPIA"), issued=Date(bytes.fromhex("20250101")))
    groups = {
        DG2: dg2.encode(EncodedImage.recognised(PORTRAIT), (300, 400), FaceFormat.ISO_39794_5),
        ElementaryFile.DG11: encode_dg11(personal),
        ElementaryFile.DG12: encode_dg12(document),
    }
    made = genuine().with_data_groups(authority(), groups)
    found = judged(heard(made))
    assert failed(found) == set()
    assert found.document is not None
    assert found.document.portrait is not None
    assert found.document.portrait.image == PORTRAIT
    assert com.decode(made.files[ElementaryFile.COM]).data_groups == (
        DG1, DG2, ElementaryFile.DG11, ElementaryFile.DG12, DG14, DG15
    )  # fmt: skip
    assert dg11.decode(made.files[ElementaryFile.DG11]) == personal
    assert dg12.decode(made.files[ElementaryFile.DG12]) == document


@pytest.mark.parametrize(
    ("mutate", "checks"),
    [
        (lambda c: c.tamper_data_group(DG2), {CheckId.CHIP_DG_HASH}),
        (lambda c: c.tamper_data_group(DG1), {CheckId.CHIP_DG_HASH, CheckId.CHIP_DG1_VS_MRZ}),
        (lambda c: c.tamper_data_group(DG15), {CheckId.CHIP_DG_HASH, CheckId.CHIP_ACTIVE_AUTH}),
        (lambda c: c.replace_portrait(OTHER_PORTRAIT), {CheckId.CHIP_DG_HASH}),
        (
            lambda c: c.clone_without_keys(),
            {CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_ACTIVE_AUTH},
        ),
        (lambda c: c.sign_with_foreign_csca(foreign()), {CheckId.CHIP_DS_CHAIN}),
        (lambda c: c.hide_keys(DG14), {CheckId.CHIP_COM_SOD, CheckId.CHIP_CHIP_AUTH}),
        (lambda c: c.hide_keys(DG15), {CheckId.CHIP_COM_SOD, CheckId.CHIP_ACTIVE_AUTH}),
        (
            lambda c: c.hide_keys(DG14, DG15),
            {CheckId.CHIP_COM_SOD, CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_ACTIVE_AUTH},
        ),
        (
            lambda c: c.inject_data_group(ElementaryFile.DG11, b"\x6b\x00"),
            {CheckId.CHIP_COM_SOD},
        ),
        (lambda c: c.weaken_card_access(), {CheckId.CHIP_CARD_ACCESS_VS_DG14}),
        (
            lambda c: c.print_another_page(replace(chip.adult(NOW), given="KIM")),
            {CheckId.CHIP_DG1_VS_MRZ},
        ),
    ],
)
def test_a_mutation_fails_exactly_its_own_checks(
    mutate: Callable[[SpecimenChip], SpecimenChip], checks: set[CheckId]
) -> None:
    mutated = mutate(genuine())
    assert failed(judged(heard(mutated), lines=mutated.lines)) == checks


def test_a_mutation_leaves_the_chip_it_was_made_from_as_it_is() -> None:
    before = dict(genuine().files)
    genuine().replace_portrait(OTHER_PORTRAIT)
    genuine().hide_keys(DG14)
    assert genuine().files == before


def test_holders_are_of_the_age_they_should_be() -> None:
    def age(holder: chip.Holder) -> float:
        return (NOW.date() - holder.born).days / 365.25

    assert 34 < age(chip.adult(NOW)) < 35
    assert 15 < age(chip.minor(NOW)) < 16
    assert chip.expired(NOW).expires < NOW.date() < chip.adult(NOW).expires


@pytest.mark.parametrize("make", [chip.adult, chip.minor, chip.expired])
def test_the_printed_page_has_good_check_digits(
    make: Callable[[datetime], chip.Holder],
) -> None:
    zone = mrz.parse(make(NOW).lines())
    checks = {check.id: check for check in mrz.examine(zone, NOW.date())}
    assert checks[CheckId.MRZ_CHECK_DIGITS].result is Result.SUCCESSFUL


def test_a_signers_validity_is_as_wished() -> None:
    past = Validity(NOW - timedelta(days=9), NOW - timedelta(days=1))
    by = Authority.establish(NOW, signer_validity=past)
    verdict = verify_sod(by.sign({1: b""}), TrustStore.of([by.csca_der]), NOW)
    assert failed(verdict) == {CheckId.CHIP_DS_VALIDITY}


class TestScenarios:
    def test_there_are_sixteen(self) -> None:
        assert tuple(scenario.name for scenario in SCENARIOS) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_each_loads(self, specimens: Path, name: str) -> None:
        traveller = load(specimens / name)
        assert traveller.name == name
        assert traveller.chip is not None
        assert traveller.chip.mrz_information == mrz.parse(traveller.mrz).information
        assert [picture.shape for picture in traveller.live] == [(480, 640, 3)]

    @pytest.mark.parametrize("defined", SCENARIOS, ids=lambda scenario: scenario.name)
    def test_each_says_what_must_become_of_it(self, specimens: Path, defined: Scenario) -> None:
        script = read_script(specimens / defined.name)
        assert script.expect_reasons == tuple(defined.reasons)
        assert script.expect_decision == ("refer" if defined.reasons else "open")
        assert (script.title, script.about) == (defined.title, defined.about)
        assert (script.people, script.fault) == (defined.people, defined.fault)
        assert (script.act, len(script.landmarks)) == (defined.act, 5)

    def test_the_faces_are_where_the_specimens_say(self, specimens: Path) -> None:
        for name in ("genuine", "impostor"):
            traveller = load(specimens / name)
            face = pipeline().observe(traveller.live[0]).face
            assert face is not None
            assert traveller.landmarks is not None
            assert np.abs(face.landmarks - traveller.landmarks).max() < 8

    def test_what_goes_wrong_in_the_lane_itself(self, specimens: Path) -> None:
        assert load(specimens / "tailgater").people == 2
        assert read_script(specimens / "broker-away").fault is Fault.BROKER_AWAY
        assert read_script(specimens / "reader-unplugged").fault is Fault.READER_UNPLUGGED

    @pytest.mark.parametrize(
        ("name", "checks"),
        [
            ("genuine", set()),
            ("expired-document", set()),
            ("minor", set()),
            ("cloned-chip", {CheckId.CHIP_CHIP_AUTH, CheckId.CHIP_ACTIVE_AUTH}),
            ("tampered-portrait", {CheckId.CHIP_DG_HASH}),
            ("unknown-issuer", {CheckId.CHIP_DS_CHAIN}),
        ],
    )
    def test_the_chip_fails_what_its_story_says(
        self, specimens: Path, name: str, checks: set[CheckId]
    ) -> None:
        store = TrustStore.of([(specimens / "trust/csca.der").read_bytes()])
        traveller = load(specimens / name)
        assert traveller.chip is not None
        verdict = verify_sod(traveller.chip.files[SOD], store, issued_at(specimens))
        assert failed(verdict) == checks & {CheckId.CHIP_DS_CHAIN}
        made = SpecimenChip(
            traveller.mrz,
            dict(traveller.chip.files),
            traveller.chip.chip_auth_key,
            traveller.chip.active_auth_key,
        )
        assert failed(inspect(heard(made), verdict, mrz.parse(traveller.mrz))) == checks


class TestIssuing:
    def test_replaces_what_was_there_and_leaves_nothing_beside(self, tmp_path: Path) -> None:
        out = tmp_path / "deep/specimens"
        (out / "old").mkdir(parents=True)
        stamp(out, NOW - RENEW_AFTER)
        told: list[str] = []
        issue_all(out, PORTRAITS, NOW, told.append)
        assert {path.name for path in out.iterdir()} == {
            *NAMES, "trust", STAMP, *central_keys.FILES,
        }  # fmt: skip
        assert [path.name for path in out.parent.iterdir()] == ["specimens"]
        assert told == [f"issuing 16 specimen travellers in {out} ..."]

    def test_without_photographs_nothing_is_replaced(self, tmp_path: Path) -> None:
        out = tmp_path / "specimens"
        out.mkdir()
        (out / "old").touch()
        with pytest.raises(SettingsError, match="gatectl models install"):
            issue_all(out, tmp_path, NOW, lambda _: None)
        assert (out / "old").exists()

    def test_a_folder_that_holds_something_else_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").touch()
        with pytest.raises(SettingsError, match="name a new folder"):
            issue_all(tmp_path, PORTRAITS, NOW, lambda _: None)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SettingsError, match="cannot be written"):
            issue_all(tmp_path / "file/specimens", PORTRAITS, NOW, lambda _: None)

    def test_fresh_specimens_are_kept(self, tmp_path: Path) -> None:
        stamp(tmp_path, datetime.now(UTC))  # noqa: TID251
        assert issue_if_needed(tmp_path, pytest.fail, tmp_path) is False

    @pytest.mark.parametrize(
        "content",
        [
            None,
            "no json",
            "[]",
            "{}",
            json.dumps({"issued": 1, "version": version("egate")}),
            json.dumps({"issued": "yesterday", "version": version("egate")}),
            json.dumps({"issued": "2026-01-01T00:00:00+00:00", "version": version("egate")}),
            json.dumps({"issued": "2999-01-01T00:00:00+00:00", "version": "another"}),
            json.dumps({"issued": "2999-01-01T00:00:00", "version": version("egate")}),
        ],
    )
    def test_others_are_issued_anew(self, tmp_path: Path, content: str | None) -> None:
        """Shown by the attempt, which needs photographs that are not there."""
        (tmp_path / central_keys.PUBLIC).touch()
        if content is not None:
            (tmp_path / STAMP).write_text(content, encoding="utf-8")
        with pytest.raises(SettingsError, match="specimen photograph"):
            issue_if_needed(tmp_path, lambda _: None, tmp_path)

    def test_those_of_before_the_central_system_had_keys_are_issued_anew(
        self, tmp_path: Path
    ) -> None:
        stamp(tmp_path, datetime.now(UTC))  # noqa: TID251
        (tmp_path / central_keys.PUBLIC).unlink()
        with pytest.raises(SettingsError, match="specimen photograph"):
            issue_if_needed(tmp_path, lambda _: None, tmp_path)

    def test_the_keys_of_the_central_system_are_kept(self, tmp_path: Path) -> None:
        out = tmp_path / "specimens"
        issue_all(out, PORTRAITS, NOW, lambda _: None)
        before = (out / central_keys.OPENS).read_bytes()
        issue_all(out, PORTRAITS, NOW, lambda _: None)
        assert (out / central_keys.OPENS).read_bytes() == before

    def test_they_age_in_a_month(self, tmp_path: Path) -> None:
        now = datetime.now(UTC)  # noqa: TID251
        stamp(tmp_path, now - RENEW_AFTER - timedelta(minutes=1))
        with pytest.raises(SettingsError):
            issue_if_needed(tmp_path, lambda _: None, tmp_path)


def stamp(folder: Path, moment: datetime) -> None:
    content = {"issued": moment.isoformat(), "version": version("egate")}
    (folder / STAMP).write_text(json.dumps(content), encoding="utf-8")
    (folder / central_keys.PUBLIC).touch()


def issued_at(specimens: Path) -> datetime:
    content = json.loads((specimens / STAMP).read_text(encoding="utf-8"))
    return datetime.fromisoformat(content["issued"])
