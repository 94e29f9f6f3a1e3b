"""Nobody under age is compared: the portrait is not even looked at, and an officer is called."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from typing_extensions import override

from edge.border.decide import decide
from edge.border.decision import Refer
from edge.border.floor import YoungerFaces
from edge.border.policy import Policy
from edge.border.requirement import Requirement
from edge.checks import CheckId, Reason, Result
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds.dates import Date
from edge.emrtd.lds.dg12 import DocumentDetails
from edge.errors import DeviceLost
from edge.face import FacePipeline
from edge.gate.states import Topology
from edge.host.device_thread import DeviceThread
from edge.imaging import Decoder
from edge.lane.face_session import FaceEngine
from edge.lane.inspection import Inspector
from edge.ports import Frame, Scan
from edge.settings.chip import ChipSettings
from edge.settings.policy import load_policy
from edge.trust import TrustStore
from tests.support.clocks import lane_clock
from tests.support.desk import NOON, ROOT, Office, at_work
from tests.support.emrtd.specimens import insert
from tests.support.face.faces import nobody, portrait
from tests.support.laid_chip import LaidChip, supervised
from tools.specimen.authority import Authority
from tools.specimen.chip import SpecimenChip
from tools.specimen.details import encode_dg12
from tools.specimen.holder import Holder

T = TypeVar("T")
POLICY = load_policy(ROOT / "config/policy.example.toml", live=True)
LEAST_OF_ALL = replace(
    POLICY,
    minimum_age=0,
    requirements=dict.fromkeys(CheckId, Requirement.IGNORED),
    live=False,
)
"""A training lane that demands nothing."""
FROM_15 = replace(
    POLICY, minimum_age=15, younger_faces=YoungerFaces(15, 1e-2, "report", "Utopia, act 1")
)
AUTHORITY = Authority.establish(NOON)
FRAMES = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """How often the gate looked, and the outcome."""

    frames: int
    portraits: int
    checks: dict[CheckId, Result]
    reasons: frozenset[Reason]


class Camera:
    """Shows a few dark frames, then is unplugged."""

    def __init__(self) -> None:
        self.frames = 0

    async def call(self, function: Callable[[Camera], T], _: float) -> T:
        return function(self)

    def capture(self, _: float) -> Frame:
        if self.frames == FRAMES:
            raise DeviceLost("camera", "unplugged")
        self.frames += 1
        return Frame(np.zeros((48, 64, 3), np.uint8), time.monotonic())


class CountingDecoder(Decoder):
    """A decoder that knows how many portraits it was given."""

    portraits = 0

    @override
    def decode(self, data: bytes) -> NDArray[np.uint8]:
        self.portraits += 1
        return super().decode(data)


def document(born: date, expires: date, issued: str = "") -> SpecimenChip:
    chip = SpecimenChip.issue(AUTHORITY, Holder(born, expires), portrait())
    if not issued:
        return chip
    dg12 = encode_dg12(DocumentDetails(issued=Date(issued.encode())))
    return chip.with_data_groups(AUTHORITY, {ElementaryFile.DG12: dg12})


async def inspected(inspector: Inspector, chip: SpecimenChip, policy: Policy) -> Seen:
    camera, thread = Camera(), DeviceThread("face")
    with CountingDecoder() as decoder:
        async with supervised(LaidChip(insert(chip.personalisation()))) as reader:
            inspection = replace(
                inspector,
                reader=reader,
                camera=camera,  # type: ignore[arg-type]  # a film, which no supervisor opens
                engine=FaceEngine(
                    thread, FacePipeline(nobody, ()), decoder, 0.4, 0.94, lambda: None, None
                ),
                store=TrustStore.of([AUTHORITY.csca_der]),
                policy=policy,
                chip=ChipSettings(),
                clock=lane_clock(lambda: NOON),
                random=secrets.token_bytes,
            ).begin(Scan(chip.lines), lambda: None)
            if inspector.topology is Topology.BARRIER:
                await inspection.whole()
            else:
                await inspection.document()
        evidence = inspection.evidence()
        decision = decide(evidence, policy)
    thread.close()
    checks = {check.id: check.result for check in evidence.checks}
    reasons = decision.reasons if isinstance(decision, Refer) else frozenset()
    return Seen(camera.frames, decoder.portraits, checks, reasons)


def at_the_gate(folder: Path, chip: SpecimenChip, policy: Policy = POLICY) -> Seen:
    found: list[Seen] = []

    async def story(office: Office) -> None:
        found.append(await inspected(office.runner.inspector, chip, policy))

    at_work(folder, story, until_ready=False)
    return found[0]


ADULT = date(1990, 1, 1), date(2031, 1, 1)
CHILD = date(2011, 1, 1), date(2031, 1, 1)
"""15 years old; every limit of the example policy but the age is kept."""
YOUNG_IN_THE_PORTRAIT = date(2006, 1, 1), date(2028, 1, 1)
"""20 years old, 17 when a document for 5 years was issued."""
UNDATED = date(2006, 1, 1), date(2030, 1, 1)
"""20 years old, 19 or 14 when it was issued."""


def test_an_adult_is_looked_at(tmp_path: Path) -> None:
    """The control: without it the others prove nothing."""
    seen = at_the_gate(tmp_path, document(*ADULT))
    assert (seen.frames, seen.portraits) == (FRAMES, 1)
    assert seen.checks[CheckId.ELIG_AGE] is Result.SUCCESSFUL
    assert Reason.ELIG_AGE not in seen.reasons


@pytest.mark.parametrize("policy", [POLICY, LEAST_OF_ALL], ids=["example", "demands nothing"])
def test_a_child_is_neither_looked_at_nor_compared(tmp_path: Path, policy: Policy) -> None:
    """Not even by a policy that says less than the floor."""
    seen = at_the_gate(tmp_path, document(*CHILD), policy)
    assert (seen.frames, seen.portraits) == (0, 0)
    assert seen.checks[CheckId.ELIG_AGE] is Result.FAILED
    assert seen.checks[CheckId.FACE_MATCH] is Result.NOT_PERFORMED


def test_a_child_is_referred_for_the_age_alone(tmp_path: Path) -> None:
    assert at_the_gate(tmp_path, document(*CHILD)).reasons == {Reason.ELIG_AGE}


@pytest.mark.parametrize(
    ("dates", "result"),
    [(YOUNG_IN_THE_PORTRAIT, Result.FAILED), (UNDATED, Result.UNDETERMINED)],
)
def test_an_adult_whose_portrait_is_or_may_be_of_a_child_is_not_compared(
    tmp_path: Path, dates: tuple[date, date], result: Result
) -> None:
    seen = at_the_gate(tmp_path, document(*dates))
    assert seen.portraits == 0
    assert seen.checks[CheckId.ELIG_AGE] is result
    assert seen.checks[CheckId.FACE_MATCH] is Result.NOT_PERFORMED
    assert Reason.ELIG_AGE in seen.reasons


@pytest.mark.parametrize("dates", [YOUNG_IN_THE_PORTRAIT, UNDATED])
@pytest.mark.parametrize(
    ("issued", "result"),
    [
        ("20250101", Result.SUCCESSFUL),
        ("20231231", Result.FAILED),
        ("2024<<<<", Result.SUCCESSFUL),
        ("2023<<<<", Result.FAILED),
    ],
)
def test_the_chip_may_tell_when_the_document_was_issued(
    tmp_path: Path, dates: tuple[date, date], issued: str, result: Result
) -> None:
    seen = at_the_gate(tmp_path, document(*dates, issued))
    assert seen.checks[CheckId.CHIP_DG_HASH] is Result.SUCCESSFUL
    assert seen.checks[CheckId.ELIG_AGE] is result
    assert seen.portraits == (result is Result.SUCCESSFUL)


@pytest.mark.parametrize("issued", ["<<<<<<<<", "20301301", "20990101", "garbage!"])
def test_a_day_of_issue_that_is_none_does_not_help(tmp_path: Path, issued: str) -> None:
    seen = at_the_gate(tmp_path, document(*UNDATED, issued))
    assert seen.checks[CheckId.ELIG_AGE] is Result.UNDETERMINED
    assert seen.portraits == 0


def test_a_day_of_issue_that_nobody_signed_does_not_help(tmp_path: Path) -> None:
    signed = encode_dg12(DocumentDetails(issued=Date(b"20231231")))
    forged = encode_dg12(DocumentDetails(issued=Date(b"20250101")))
    chip = document(*UNDATED).with_data_groups(AUTHORITY, {ElementaryFile.DG12: signed})
    chip = replace(chip, files={**chip.files, ElementaryFile.DG12: forged})
    seen = at_the_gate(tmp_path, chip)
    assert seen.portraits == 0
    assert Reason.CHIP_TAMPER in seen.reasons


def test_a_broken_dg12_does_not_help(tmp_path: Path) -> None:
    chip = document(*UNDATED).with_data_groups(AUTHORITY, {ElementaryFile.DG12: b"\x6c\x01\x5c"})
    seen = at_the_gate(tmp_path, chip)
    assert seen.checks[CheckId.ELIG_AGE] is not Result.SUCCESSFUL
    assert seen.portraits == 0


def test_who_is_compared_by_acceptance_is_looked_at(tmp_path: Path) -> None:
    """At 15, with a document that was issued at 15."""
    chip = document(*CHILD, "20260601")
    assert at_the_gate(tmp_path, chip, FROM_15).portraits == 1
    assert at_the_gate(tmp_path, chip, replace(FROM_15, younger_faces=None)).portraits == 0
