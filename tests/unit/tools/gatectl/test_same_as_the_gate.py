"""The gate and gatectl read the same document and say the same of it, whatever is wrong with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from drivers.virtual.chip.man_in_the_middle import LineAttack
from drivers.virtual.chip.quirks import Quirks
from edge import mrz
from edge.border.decide import Evidence, decide
from edge.border.decision import Refer
from edge.checks import CheckId, Reason, Result
from edge.errors import ChipLost, DeviceLost
from edge.lane.document_inspection import ChipOutcome, InspectionTerms, PrintedPage
from edge.lane.inspection import Inspector
from edge.ports import Scan
from edge.settings.chip import ChipSettings
from edge.settings.policy import load_policy
from edge.trust import TrustStore
from tests.support.clocks import lane_clock
from tests.support.desk import ROOT, Office, at_work
from tests.support.laid_chip import LaidChip, at_the_gate, supervised
from tools.gatectl import reading
from tools.gatectl.document_verdict import DocumentDecision
from tools.gatectl.examined_document import ExaminedDocument
from tools.specimen.described import issue
from tools.specimen.description import STANDARD, Description, FileAttack

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
POLICY = load_policy(ROOT / "config/policy.example.toml", live=True)
CLOCK = lane_clock(lambda: NOW)
DEFAULT = ChipSettings()
AMID = 15
"""A command after access and before the last."""
ODD_QUIRKS: dict[str, Any] = {
    "master_file_by_identifier": 0x6982,
    "master_file_without_data": "refused",
    "dir_status": 0x6A82,
    "short_identifiers": "none",
    "pace_token_status": 0x6300,
    "wrong_key_status": 0x6985,
    "external_authenticate_le": 256,
    "long_command": "ends_session",
    "stray_padding": "9000",
    "reply_piece": 100,
    "past_the_end_status": 0x6B00,
    "bare_statuses": (0x6A82,),
    "largest_read": 160,
    "largest_read_status": 0x6B00,
    "active_auth_cut_at": 32,
    "active_auth_after_chip_auth": 0x6F00,
    "chip_auth_status": 0x6A80,
}
"""A value for each quirk that is more than a switch."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One document, how it is read, and what befalls it meanwhile."""

    name: str
    description: Description = STANDARD
    settings: ChipSettings = DEFAULT
    is_trusted: bool = True
    befalls: Callable[[], Callable[[], None]] = lambda: lambda: None
    is_there: bool = True
    other_number: bool = False


class Desk:
    """Where the document of a case is inspected, as often as asked."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._made = issue(case.description, NOW)
        first, second, *rest = self._made.chip.lines
        self.lines = (
            (first, "X" + second[1:], *rest) if case.other_number else self._made.chip.lines
        )

    @property
    def terms(self) -> InspectionTerms:
        anchors = [self._made.csca] if self._case.is_trusted else []
        store = TrustStore.of(anchors)
        return InspectionTerms(self._case.settings, store, NOW, secrets.token_bytes)

    def reader(self) -> LaidChip:
        chip = self._made.insert() if self._case.is_there else None
        return LaidChip(chip, b"specimen", self._case.befalls())

    def by_gatectl(self) -> ChipOutcome:
        page = PrintedPage.of(mrz.parse(self.lines))
        return reading.read(self.reader().connect, page, self.terms, lambda _: None).outcome

    def by_the_gate(self) -> ChipOutcome:
        return at_the_gate(self.reader(), self.lines, self.terms)

    def examined(self) -> ExaminedDocument:
        """All that gatectl finds out, page and holder as well."""
        zone = mrz.parse(self.lines)
        return ExaminedDocument.on_reader(zone, self.by_gatectl(), POLICY, CLOCK, NOW)

    async def evidence(self, inspector: Inspector) -> Evidence:
        """All that a lane finds out before it looks at the face."""
        terms = self.terms
        async with supervised(self.reader()) as reader:
            inspection = replace(
                inspector,
                reader=reader,
                store=terms.store,
                chip=terms.settings,
                clock=CLOCK,
                policy=POLICY,
            ).begin(Scan(self.lines), lambda: None)
            await inspection.document()
            return inspection.evidence()


@cache
def desk(case: Case) -> Desk:
    return Desk(case)


def with_(**changes: object) -> Description:
    return Description.model_validate({**STANDARD.model_dump(), **changes})


def failing(error: Exception) -> Callable[[], Callable[[], None]]:
    """Raise at a command amid the reading, and at every one after it."""

    def fresh() -> Callable[[], None]:
        commands = count(1)

        def befalls() -> None:
            if next(commands) >= AMID:
                raise error

        return befalls

    return fresh


def quirks() -> Iterator[tuple[str, Quirks]]:
    for name, field in Quirks.model_fields.items():
        value = True if field.annotation is bool else ODD_QUIRKS[name]
        yield (
            name,
            Quirks.model_validate(
                {"largest_read": 160, name: value}
                if name == "largest_read_status"
                else {name: value}
            ),
        )


def cases() -> Iterator[Case]:
    for attack in (*FileAttack, *LineAttack):
        yield Case(attack.value, with_(attacks=(attack,)))
    for name, odd in quirks():
        yield Case(name, with_(quirks=odd))
        if name == "long_command":
            yield Case("long_command, short chip", with_(quirks=odd, largest_response=256))
    for access in ("both", "pace", "bac", "none"):
        yield Case(f"access {access}", with_(access=access))
    for mapping in ("pace-im", "pace-cam"):
        yield Case(mapping, with_(access="pace", pace=[{"mapping": mapping}]))
    for document in ("TD1", "TD2"):
        yield Case(document, with_(document={"type": document}))
    yield Case("expired", with_(document={"expires": date(2026, 11, 1)}))
    yield Case("minor", with_(document={"born": date(2012, 1, 1)}))
    refused = with_(attacks=(LineAttack.PACE_REFUSED,))
    yield Case("BAC after PACE", refused, ChipSettings(bac_after_pace=True))
    yield Case("short commands", settings=ChipSettings(extended_length=False))
    sha1 = with_(signing={"digest": "sha1"})
    yield Case("SHA-1", sha1)
    yield Case("SHA-1 not accepted", sha1, ChipSettings(accept_sha1=False))
    yield Case("out of patience", settings=ChipSettings(patience_s=1e-9))
    yield Case("no proof of the chip", Description())
    yield Case("nobody trusted", is_trusted=False)
    yield Case("wrong key", other_number=True)
    yield Case("no chip", is_there=False)
    yield Case("taken away", befalls=failing(ChipLost("the document left the reader")))
    yield Case("reader lost", befalls=failing(DeviceLost("chip-reader", "is gone")))


CASES = tuple(cases())


def comparable(outcome: ChipOutcome) -> tuple[object, ...]:
    """All that is said of a document, but for the moment."""
    return replace(outcome, last_byte_s=None), outcome.last_byte_s is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_check_detail_and_reason_is_the_same(case: Case) -> None:
    assert comparable(desk(case).by_gatectl()) == comparable(desk(case).by_the_gate())


def test_the_lane_finds_and_decides_what_gatectl_says_it_would(tmp_path: Path) -> None:
    """The lane's own inspection: with page, holder, and the decision before the face."""
    decided: set[DocumentDecision] = set()

    async def story(office: Office) -> None:
        for case in CASES:
            examined = desk(case).examined()
            evidence = await desk(case).evidence(office.runner.inspector)
            assert examined.checks == evidence.checks, case.name
            decision = decide(evidence, POLICY.about_documents())
            reasons = decision.reasons if isinstance(decision, Refer) else frozenset()
            assert examined.verdict.reasons == reasons, case.name
            expected = DocumentDecision.REFER if reasons else DocumentDecision.ACCEPT
            assert examined.verdict.decision is expected, case.name
            decided.add(expected)

    at_work(tmp_path, story, until_ready=False)
    assert decided == {DocumentDecision.ACCEPT, DocumentDecision.REFER}


ACCESS = CheckId.CHIP_ACCESS
SAID = {
    "pace-refused": ({(ACCESS, Result.ABORTED, "PACE failed")}, {Reason.CHIP_DOWNGRADE}),
    "BAC after PACE": ({(ACCESS, Result.UNDETERMINED, "bac, PACE downgraded")}, set()),
    "wrong key": ({(ACCESS, Result.FAILED, "")}, set()),
    "no chip": ({(CheckId.CHIP_PRESENCE, Result.FAILED, "")}, set()),
    "taken away": ({(ACCESS, Result.SUCCESSFUL, "pace-gm")}, {Reason.CHIP_READ}),
    "reader lost": ({(ACCESS, Result.SUCCESSFUL, "pace-gm")}, {Reason.DEVICE_FAULT}),
    "out of patience": ({(ACCESS, Result.ABORTED, "")}, {Reason.CHIP_READ}),
    "SHA-1": ({(CheckId.CHIP_SOD_SIGNATURE, Result.SUCCESSFUL, "sha1")}, set()),
    "SHA-1 not accepted": (
        {(CheckId.CHIP_SOD_SIGNATURE, Result.FAILED, "SHA-1 is not accepted")},
        set(),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_gatectl_says_what_the_gate_tells_an_officer(name: str) -> None:
    (case,) = (each for each in CASES if each.name == name)
    outcome = desk(case).by_gatectl()
    checks, faults = SAID[name]
    assert {(check.id, check.result, check.detail) for check in outcome.checks} >= checks
    assert outcome.faults == faults
