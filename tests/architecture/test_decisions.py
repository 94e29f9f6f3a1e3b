"""The records of decisions are numbered without a gap, and the index names each."""

from __future__ import annotations

from tools.scripts.adr_index import INDEX, records, rendered


def test_the_index_names_every_decision() -> None:
    page = INDEX.read_text(encoding="utf-8")
    assert page == rendered(), "run: python -m tools.scripts.adr_index"


def test_numbers_are_given_once_and_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in records()]
    assert numbers == list(range(1, len(numbers) + 1))
