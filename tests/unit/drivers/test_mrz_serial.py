"""The serial driver on a pseudo terminal: what ports do that framers cannot know."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.mrz_framing import Framing
from drivers.mrz_serial import MOST_WAITING, SerialScanner
from drivers.virtual.serial_scanner import VirtualSerialScanner
from edge.errors import DeviceBusy, DeviceError, DeviceLost

LINES = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
SOON_S = 10.0
"""Long enough for any machine; nothing waits for it to pass."""


@pytest.fixture
def far_end() -> Iterator[VirtualSerialScanner]:
    with VirtualSerialScanner() as scanner:
        yield scanner


def driver(port: str, **settings: object) -> SerialScanner:
    return SerialScanner(SerialScanner.Settings.model_validate({"port": port, **settings}))


@pytest.mark.parametrize("chunk_bytes", [None, 1, 7])
@pytest.mark.parametrize("framing", Framing)
def test_reads_documents_in_any_chunks(
    far_end: VirtualSerialScanner, framing: Framing, chunk_bytes: int | None
) -> None:
    with driver(far_end.port, framing=framing) as scanner:
        far_end.present(LINES, framing, b"\r\n", chunk_bytes)
        scan = scanner.wait_for_document(SOON_S)
        assert scan is not None
        assert scan.lines == LINES


def test_last_line_without_an_end_is_read_after_a_silence(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port, inter_char_timeout_s=0.01) as scanner:
        far_end.send("\r".join(LINES).encode())
        scan = scanner.wait_for_document(SOON_S)
        assert scan is not None
        assert scan.lines == LINES


def test_half_a_document_does_not_spoil_the_next(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port, inter_char_timeout_s=0.01) as scanner:
        far_end.send(LINES[0][:20].encode())
        while not scanner.frames_dropped:  # once the silence was noticed
            assert scanner.wait_for_document(0.1) is None
        far_end.present(LINES)
        assert scanner.wait_for_document(SOON_S) is not None


def test_a_document_may_straddle_two_waits(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port, inter_char_timeout_s=5) as scanner:
        far_end.send(LINES[0].encode())
        assert scanner.wait_for_document(0) is None
        far_end.send(f"\r{LINES[1]}\r".encode())
        assert scanner.wait_for_document(SOON_S) is not None


def test_a_flood_of_noise_does_not_hold_the_caller(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port) as scanner:
        far_end.send(b"A" * 4000)
        assert scanner.wait_for_document(0) is None


def test_a_scanner_that_floods_documents_holds_neither_the_caller_nor_memory(
    far_end: VirtualSerialScanner,
) -> None:
    """Each wait returns although more comes all the time; what waits is the newest few."""
    enough = threading.Event()

    def flood() -> None:
        while not enough.is_set():
            far_end.send(("\r".join(LINES) + "\r").encode() * 20)

    with driver(far_end.port) as scanner, ThreadPoolExecutor(1) as flooding:
        done = flooding.submit(flood)
        for _ in range(200):
            assert scanner.wait_for_document(SOON_S) is not None
        enough.set()
        while not done.done():
            scanner.wait_for_document(0)
        done.result()
        left = 0
        while scanner.wait_for_document(0.1) is not None:
            left += 1
        assert left <= 4096 // len("".join(LINES)) + MOST_WAITING


def test_port_without_seven_bits_is_read_with_eight(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port, characters="7E1") as scanner:
        parity = [byte | 0x80 * (byte.bit_count() % 2) for byte in "\r".join(LINES).encode()]
        far_end.send(bytes([*parity, 0x8D]))
        scan = scanner.wait_for_document(SOON_S)
        assert scan is not None
        assert scan.lines == LINES


def test_unplugging_ends_a_wait(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port) as scanner, ThreadPoolExecutor(1) as waiting:
        wait = waiting.submit(scanner.wait_for_document, SOON_S)
        far_end.unplug()
        with pytest.raises(DeviceLost, match="check its cable"):
            wait.result()


def test_line_hung_up_between_waiting_and_reading(far_end: VirtualSerialScanner) -> None:
    with driver(far_end.port) as scanner:
        far_end.unplug()
        with pytest.raises(DeviceLost, match="check its cable"):
            scanner._read()


def test_busy_port_says_what_to_do(far_end: VirtualSerialScanner) -> None:
    with (
        driver(far_end.port),
        pytest.raises(DeviceBusy, match="stop the program that holds it"),
        driver(far_end.port),
    ):
        pass
    with driver(far_end.port) as scanner:
        scanner.probe()


@pytest.mark.parametrize(
    ("port", "advice"),
    [("missing", "plug the scanner in"), ("file", "check the setting")],
)
def test_ports_that_are_none(tmp_path: Path, port: str, advice: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceLost, match=advice), driver(str(tmp_path / port)):
        pass


def test_port_of_another_group() -> None:
    refusal = driver("/dev/ttyS0")._refusal(PermissionError(13, "Permission denied"))
    assert type(refusal) is DeviceError
    assert "add this user to its group" in str(refusal)


def test_closed_driver_is_lost(far_end: VirtualSerialScanner) -> None:
    scanner = driver(far_end.port)
    with pytest.raises(DeviceLost, match="not open"):
        scanner.probe()
    with scanner:
        scanner.probe()
    with pytest.raises(DeviceLost, match="not open"):
        scanner.wait_for_document(SOON_S)


@pytest.mark.parametrize(
    "settings", [{"port": ""}, {"baud": 3}, {"framing": "morse"}, {"stopbits": 2}]
)
def test_settings_nobody_can_mean(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SerialScanner.Settings.model_validate({"port": "/dev/ttyS0", **settings})


class TestVirtualScanner:
    def test_port_is_a_terminal_that_moves_with_the_cable(
        self, far_end: VirtualSerialScanner
    ) -> None:
        port = far_end.port
        assert str(Path(port).readlink()).startswith("/dev/")
        far_end.plug()
        far_end.unplug()
        far_end.unplug()
        far_end.present(LINES)
        assert not Path(port).exists()
        far_end.plug()
        assert far_end.port == port
        assert Path(port).exists()

    def test_bytes_nobody_reads_are_lost(self, far_end: VirtualSerialScanner) -> None:
        for _ in range(100):
            far_end.send(b"A" * 4096)

    def test_outside_a_with_block_there_is_no_port(self) -> None:
        scanner = VirtualSerialScanner()
        with pytest.raises(RuntimeError, match="entered first"):
            _ = scanner.port


def test_line_that_is_hung_up_is_lost() -> None:
    ours, theirs = pty.openpty()
    with driver(os.ttyname(theirs)) as scanner:
        os.close(ours)
        os.close(theirs)
        with pytest.raises(DeviceLost, match="check its cable"):
            scanner.probe()
