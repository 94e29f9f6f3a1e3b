"""The benchmark of the match: a portrait that was authenticated, a process that says its peak."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.emrtd.files import ElementaryFile
from edge.errors import SettingsError
from tools.bench import match as bench_match


def test_the_portrait_is_that_of_a_document_that_was_verified(tmp_path: Path) -> None:
    bench_match.issue(tmp_path)
    assert bench_match.authentic(tmp_path).media_type == "image/jp2"
    group = tmp_path / ElementaryFile.DG2.name
    content = group.read_bytes()
    group.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    with pytest.raises(RuntimeError, match="not found genuine"):
        bench_match.authentic(tmp_path)


def test_the_memory_of_faces_is_that_of_a_process_that_has_them_all_loaded() -> None:
    """The bar is the benchmark's; here only what no machine could do without, and no leak."""
    assert 90 < bench_match.peak_mb() < 230


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_match, "AS_DEPLOYED", "raise SystemExit('no memory to speak of')")
    with pytest.raises(SettingsError, match="no memory to speak of"):
        bench_match.peak_mb()
