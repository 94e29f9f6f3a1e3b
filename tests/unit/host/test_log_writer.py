"""Whoever logs never waits for whoever reads; what is missing is counted and said."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator

import pytest
import structlog

from edge.host import telemetry
from edge.host.log_writer import LogWriter, is_writable
from tests.support.bench import STUCK_S
from tests.support.pipe import Pipe

LINE = "x" * 1000 + "\n"


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with Pipe() as found:
        yield found


@pytest.fixture(autouse=True)
def _leave_the_log_as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_lines_arrive_whole_and_in_order_from_whichever_thread(pipe: Pipe) -> None:
    writer = LogWriter(pipe.writing)

    def log(name: str) -> None:
        for number in range(200):
            writer.write(f"{name}{number:04}\n")

    threads = [threading.Thread(target=log, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    lines = pipe.lines(600)
    for name in "abc":
        assert [line for line in lines if line[0] == name] == [f"{name}{n:04}" for n in range(200)]
    for thread in threads:
        thread.join(STUCK_S)


def test_a_line_longer_than_a_pipe_takes_arrives_whole(pipe: Pipe) -> None:
    writer = LogWriter(pipe.writing)
    line = "y" * 300_000 + "\n"
    writer.write(line)
    assert pipe.read(len(line)) == line.encode()
    assert writer.drain(STUCK_S)


def test_whoever_logs_into_a_full_pipe_does_not_wait_and_hears_later_what_is_missing(
    pipe: Pipe,
) -> None:
    pipe.fill()
    writer = LogWriter(pipe.writing, most=10)
    telemetry.configure("info", writer)
    for _ in range(37):
        writer.write(LINE)
    assert not writer.drain(0)
    lines = pipe.lines(11)
    assert lines[:10] == [LINE.strip()] * 10
    told = json.loads(lines[10])
    assert told["event"] == "log_lines_dropped"
    assert told["lines_dropped"] == 27
    assert writer.drain(STUCK_S)
    writer.write("again\n")
    assert pipe.lines(1) == ["again"]


def test_a_reader_that_has_gone_keeps_nobody(pipe: Pipe) -> None:
    writer = LogWriter(pipe.writing)
    os.close(pipe.reading)
    writer.write(LINE)
    assert writer.drain(STUCK_S)


def test_a_descriptor_says_whether_it_takes_a_few_bytes(pipe: Pipe) -> None:
    assert is_writable(pipe.writing, STUCK_S)
    pipe.fill()
    assert not is_writable(pipe.writing, 0.01)
