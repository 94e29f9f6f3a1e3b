"""An inspection leaves nothing behind but its outcome, however it ends."""

from __future__ import annotations

import gc
import secrets
import weakref
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from edge import mrz
from edge.errors import ChipLost, DeviceLost, LimitExceeded
from edge.lane.document_inspection import (
    ChipOutcome,
    InspectionTerms,
    PrintedPage,
    inspect_document,
    on_this_thread,
)
from edge.settings.chip import ChipSettings
from edge.trust import TrustStore
from tests.support.emrtd.specimens import MRZ_LINES, insert, specimen
from tests.support.laid_chip import LaidChip, at_the_gate

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENDS: dict[str, Callable[[], Exception] | None] = {
    "": None,
    "the document left": lambda: ChipLost("the document left"),
    "reader: is gone": lambda: DeviceLost("reader", "is gone"),
    "too much": lambda: LimitExceeded("too much"),
}


class Dice:
    """Random bytes from an object that dies with the last frame that throws it."""

    def __call__(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def alone(reader: LaidChip, terms: InspectionTerms) -> ChipOutcome:
    page = PrintedPage.of(mrz.parse(MRZ_LINES))
    return inspect_document(on_this_thread(reader.connect), page, terms, lambda _: None)


def in_a_lane(reader: LaidChip, terms: InspectionTerms) -> ChipOutcome:
    return at_the_gate(reader, MRZ_LINES, terms)


def ended_by(
    error: Callable[[], Exception] | None,
    inspect: Callable[[LaidChip, InspectionTerms], ChipOutcome],
) -> tuple[ChipOutcome, weakref.ref[Dice]]:
    def befalls() -> None:
        if error is not None:
            raise error()

    dice = Dice()
    terms = InspectionTerms(ChipSettings(), TrustStore(()), NOON, dice)
    return inspect(LaidChip(insert(specimen()), b"", befalls), terms), weakref.ref(dice)


@pytest.mark.parametrize("inspect", [alone, in_a_lane])
@pytest.mark.parametrize("fault", ENDS)
def test_nothing_that_knew_the_holder_outlives_the_inspection(
    fault: str, inspect: Callable[[LaidChip, InspectionTerms], ChipOutcome]
) -> None:
    """Frames hold keys and files; with a cycle they stay until the garbage collector runs."""
    gc.collect()
    gc.disable()
    try:
        outcome, dice = ended_by(ENDS[fault], inspect)
        assert dice() is None
        assert outcome.fault == fault
    finally:
        gc.enable()
