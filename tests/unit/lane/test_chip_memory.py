"""How documents of a model want to be read is learnt from authentic ones, in memory."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from edge.emrtd.document_model import DocumentModel, ReadHintCache
from edge.lane.document_inspection import ChipOutcome, InspectionTerms
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tests.support.emrtd.specimens import insert
from tests.support.laid_chip import LaidChip, at_the_gate
from tools.specimen.authority import Authority
from tools.specimen.chip import SpecimenChip, adult

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STUCK_S = 60.0


AUTHORITY = Authority.establish(NOON)
PORTRAIT = b"\xff\xd8\xff" + bytes(4_000)


def inspect(chip: SpecimenChip, memory: ReadHintCache, reports: list[float]) -> ChipOutcome:
    """Inspect a chip that bears 256 bytes at most."""
    reader = LaidChip(insert(replace(chip.personalisation(), max_response=256)), b"specimen")
    store = TrustStore.of([AUTHORITY.csca_der])
    terms = InspectionTerms(ChipSettings(), store, NOON, secrets.token_bytes, memory)
    return at_the_gate(reader, chip.lines, terms, reports.append)


def test_an_authentic_document_teaches_how_its_model_is_read() -> None:
    chip = SpecimenChip.issue(AUTHORITY, adult(NOON), PORTRAIT)
    memory = ReadHintCache()
    reports: list[float] = []
    assert inspect(chip, memory, reports).document is not None
    learnt = memory.recall(DocumentModel("UTO", "P", b"specimen"))
    assert learnt is not None
    assert not learnt.extended_length
    assert inspect(chip, memory, reports).document is not None


def test_a_forged_document_teaches_nothing() -> None:
    """It may be slow on purpose, and make all genuine ones of its model so."""
    forged = SpecimenChip.issue(Authority.establish(NOON), adult(NOON), PORTRAIT)
    memory = ReadHintCache()
    assert inspect(forged, memory, []).document is None
    assert memory.recall(DocumentModel("UTO", "P", b"specimen")) is None


def test_progress_is_told_in_steps_that_can_be_seen() -> None:
    reports: list[float] = []
    inspect(SpecimenChip.issue(AUTHORITY, adult(NOON), PORTRAIT * 5), ReadHintCache(), reports)
    assert reports == sorted(reports)
    assert reports[-1] == 1
    assert 10 < len(reports) < 30
