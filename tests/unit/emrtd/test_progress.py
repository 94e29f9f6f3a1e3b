"""Progress adds up: what has arrived, of what is expected until the headers say better."""

from __future__ import annotations

from edge.emrtd.files import ElementaryFile
from edge.emrtd.progress import Advanced, Progress, ProgressTally

COM, DG2, DG11, DG15 = (
    ElementaryFile.COM,
    ElementaryFile.DG2,
    ElementaryFile.DG11,
    ElementaryFile.DG15,
)
EXPECTED = 30 + 2_000 + 400 + 93 + 300 + 18_000
"""Bytes of EF.COM, EF.SOD, DG14, DG1, DG15 and DG2 as issuers write them."""


def test_a_file_counts_as_expected_until_its_size_is_known() -> None:
    told: list[Progress] = []
    tally = ProgressTally(told.append)
    tally.advanced(COM, 8, 24)
    tally.advanced(COM, 24, 24)
    tally.absent(DG15)
    tally.advanced(DG2, 1_000, 20_000)
    tally.advanced(DG11, 5, 700)  # nobody expected it
    rest = EXPECTED - 30 + 24
    assert told == [
        Advanced(8, rest),
        Advanced(24, rest),
        Advanced(24, rest - 300),
        Advanced(1_024, rest - 300 - 18_000 + 20_000),
        Advanced(1_029, rest - 300 - 18_000 + 20_000 + 700),
    ]
