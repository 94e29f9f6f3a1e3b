"""Nothing reaches the log but what its allow-list names; and a log nobody reads ends nothing."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, TextIO

import numpy as np
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from edge.host import telemetry

ROOT = Path(__file__).parents[3]
SECRET = "L898902C36UTO7408122F1204159"  # noqa: S105  # Doc 9303's specimen
STUCK_S = 60.0


@pytest.fixture(autouse=True)
def _leave_the_log_as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    telemetry.configure()
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def broken() -> None:
    """Fail with something personal in the message and in the variables."""
    mrz = SECRET
    raise ValueError(f"cannot read {mrz}")


def caught() -> ValueError:
    try:
        broken()
    except ValueError as error:
        return error
    raise AssertionError


def test_a_line_is_written_at_once_so_that_another_thread_cannot_write_into_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Pieces(io.StringIO):
        written: ClassVar[list[str]] = []

        @override
        def write(self, text: str) -> int:
            self.written.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Pieces())
    telemetry.configure()
    structlog.get_logger().warning("broker_connection_lost", cause="keep alive timeout")
    structlog.get_logger().info("journal_opened")
    assert [piece.count("\n") for piece in Pieces.written] == [1, 1]
    assert all(piece.endswith("\n") for piece in Pieces.written)


def test_a_line_is_json_with_time_and_level(lines: Any) -> None:
    structlog.get_logger().warning("device_lost", role="camera", cause="is not there")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "device_lost",
        "level": "warning",
        "role": "camera",
        "cause": "is not there",
    }


def test_a_key_that_is_not_allowed_keeps_its_name_and_loses_its_value(lines: Any) -> None:
    structlog.get_logger().info("transaction_closed", mrz=SECRET, name="ANNA", transaction="t1")
    (line,) = lines()
    assert line["mrz"] == line["name"] == "<redacted>"
    assert line["transaction"] == "t1"


@pytest.mark.parametrize(
    "value",
    [
        SECRET.encode(),
        bytearray(SECRET.encode()),
        memoryview(SECRET.encode()),
        np.zeros((2, 2, 3), np.uint8),
        {"mrz": SECRET},
        (SECRET,),
        {SECRET},
        ValueError(SECRET),
        Path(SECRET),
        [SECRET.encode()],
        ["fine", [SECRET.encode()]],
        [{"mrz": SECRET}],
        [ValueError(SECRET)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_plain_values_pass_even_under_an_allowed_key(lines: Any, value: object) -> None:
    structlog.get_logger().info("device_lost", cause=value)
    (line,) = lines()
    assert line["cause"] == "<redacted>"
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize("value", ["words", 1, 1.5, True, None, [], ["R-TIMEOUT", 1]])
def test_plain_values_pass_as_they_are(lines: Any, value: object) -> None:
    structlog.get_logger().info("device_lost", cause=value)
    assert lines()[0]["cause"] == value


@given(st.dictionaries(st.text(min_size=1), st.binary() | st.text() | st.lists(st.binary())))
def test_no_unknown_key_ever_shows_its_value(event: dict[str, Any]) -> None:
    found = telemetry.redact(None, "info", dict(event))
    assert found.keys() == event.keys()
    for key, value in found.items():
        assert value == "<redacted>" or (key in telemetry.ALLOWED and value == event[key])
        assert not isinstance(value, bytes)


def test_an_exception_is_its_kind_and_its_place_without_message_and_variables(lines: Any) -> None:
    structlog.get_logger().error("driver_failed", exc_info=caught())
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    assert "cannot read" not in json.dumps(line)
    kind, _, place = line["exception"].partition(" at ")
    assert kind == "ValueError"
    assert [step.partition(":")[0] for step in place.split(" > ")] == [Path(__file__).name] * 2


def test_an_exception_logged_where_it_is_caught_is_placed_as_well(lines: Any) -> None:
    try:
        broken()
    except ValueError:
        structlog.get_logger().exception("driver_failed")
    (line,) = lines()
    assert line["exception"].startswith("ValueError at ")
    assert SECRET not in json.dumps(line)


def test_a_logger_asked_for_an_exception_where_there_is_none_says_the_rest(lines: Any) -> None:
    structlog.get_logger().error("driver_failed", exc_info=True)
    (line,) = lines()
    assert "exception" not in line
    assert "exc_info" not in line


def test_less_than_the_level_asked_for_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("warning")
    structlog.get_logger().info("device_opened")
    structlog.get_logger().warning("device_lost")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_line_stays_one_line(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("device_lost", cause='a\nb"}\n{"event": "forged"')
    assert [line["event"] for line in lines()] == ["device_lost"]


PROGRAM = f"""
import structlog, sys
from edge.host import telemetry
telemetry.configure()
log = structlog.get_logger()
try:
    raise ValueError("{SECRET}")
except ValueError as error:
    log.error("driver_failed", role="camera", mrz="{SECRET}", cause=b"{SECRET}", exc_info=error)
log.info("device_lost", cause="a file named \\udcff\\x1b[2J")
print("still here", file=sys.stderr)
"""


def run(stdout: int | TextIO) -> tuple[int, str]:
    """Run the program in a process of its own, return its exit status and stderr."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=STUCK_S,
        check=False,
    )
    return done.returncode, done.stderr


def test_on_a_terminal_the_same_is_hidden_and_nothing_moves_the_cursor() -> None:
    master, slave = pty.openpty()
    try:
        # A pty with room for a wide line.
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 400, 0, 0))
        _, errors = run(slave)
        os.close(slave)
        said = read_all(master)
    finally:
        os.close(master)
    assert "still here" in errors
    assert "driver_failed" in said
    assert "camera" in said
    assert "ValueError at <string>" in said
    assert SECRET not in said + errors
    assert "\x1b[2J" not in said


def read_all(descriptor: int) -> str:
    found = b""
    with suppress(OSError):  # EIO: nobody has the other end any more
        while piece := os.read(descriptor, 65536):
            found += piece
    return found.decode()


def test_a_log_nobody_reads_any_more_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        _, errors = run(writing)
    finally:
        os.close(writing)
    assert "still here" in errors
    assert SECRET not in errors


def test_a_full_disk_under_the_log_ends_nothing() -> None:
    with Path("/dev/full").open("w") as full:
        _, errors = run(full)
    assert "still here" in errors
