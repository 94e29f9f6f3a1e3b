"""A log whose reader stops: nobody can write, and nothing of it is lost once it is read again."""

from __future__ import annotations

import os
import select
from pathlib import Path

from tools.chaos.log_pipe import LogPipe, fill


def takes(writing: int) -> bool:
    """Whether a pipe takes another line at once."""
    return bool(select.select([], [writing], [], 0)[1])


def test_a_full_pipe_takes_nothing_and_its_writer_stays_as_it_was() -> None:
    reading, writing = os.pipe()
    try:
        assert takes(writing)
        fill(writing)
        assert not takes(writing)
        assert os.get_blocking(writing)
    finally:
        os.close(reading)
        os.close(writing)


def test_what_was_written_before_and_after_is_kept(tmp_path: Path) -> None:
    with LogPipe(tmp_path / "log") as log:
        os.write(log.writing, b"first\n")
        log.stall()
        log.resume()
        os.write(log.writing, b"last\n")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "first\nlast\n"
    assert log.newest(1) == ["last"]
    assert LogPipe(tmp_path / "none").newest(1) == []
