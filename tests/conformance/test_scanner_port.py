"""What every driver of `edge.ports.DocumentScanner` owes the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from drivers.mrz_framing import Framing
from drivers.mrz_serial import SerialScanner
from drivers.virtual.scanner import VirtualScanner
from drivers.virtual.serial_scanner import VirtualSerialScanner
from drivers.virtual.stage import stage
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceBusy, DeviceLost
from edge.mrz import parse
from edge.ports import DocumentScanner

TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
SOON_S = 10.0
"""Long enough for any machine; nothing waits for it to pass."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A scanner to test and the hands that use it; `scanner` makes a fresh, closed driver."""

    scanner: Callable[[], DocumentScanner]
    present: Callable[[tuple[str, ...]], None]
    unplug: Callable[[], None]
    plug: Callable[[], None]
    exclusive: bool
    """The device is one program's at a time."""


@contextmanager
def serial_bench(framing: Framing) -> Iterator[Bench]:
    with VirtualSerialScanner() as far_end:
        settings = SerialScanner.Settings(port=far_end.port, framing=framing)
        yield Bench(
            scanner=lambda: SerialScanner(settings),
            present=lambda lines: far_end.present(lines, framing),
            unplug=far_end.unplug,
            plug=far_end.plug,
            exclusive=True,
        )


@contextmanager
def stage_bench() -> Iterator[Bench]:
    name = "conformance of scanners"
    yield Bench(
        scanner=lambda: VirtualScanner(VirtualScanner.Settings(stage=name)),
        present=lambda lines: stage(name).come(Traveller("specimen", lines, None, ())),
        unplug=lambda: stage(name).unplug("scanner"),
        plug=lambda: stage(name).plug("scanner"),
        exclusive=False,
    )
    stage(name).go()
    stage(name).plug("scanner")


BENCHES: dict[str, Callable[[], AbstractContextManager[Bench]]] = {
    "mrz-serial plain": lambda: serial_bench(Framing.PLAIN),
    "mrz-serial stx-etx": lambda: serial_bench(Framing.STX_ETX),
    "virtual-scanner": stage_bench,
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with BENCHES[request.param]() as bench:
        yield bench


def next_lines(scanner: DocumentScanner) -> tuple[str, ...]:
    scan = scanner.wait_for_document(SOON_S)
    assert scan is not None
    return scan.lines


@pytest.mark.parametrize("lines", [TD1, TD2, TD3])
def test_a_document_arrives_as_presented(bench: Bench, lines: tuple[str, ...]) -> None:
    with bench.scanner() as scanner:
        bench.present(lines)
        assert next_lines(scanner) == lines
        assert all(digit.ok for digit in parse(lines).check_digits)


def test_a_document_arrives_once(bench: Bench) -> None:
    with bench.scanner() as scanner:
        bench.present(TD3)
        assert next_lines(scanner) == TD3
        assert scanner.wait_for_document(0) is None


def test_one_document_after_the_other(bench: Bench) -> None:
    with bench.scanner() as scanner:
        for lines in (TD3, TD1, TD2):
            bench.present(lines)
            assert next_lines(scanner) == lines


def test_a_document_presented_during_the_wait(bench: Bench) -> None:
    with bench.scanner() as scanner, ThreadPoolExecutor(1) as waiting:
        wait = waiting.submit(next_lines, scanner)
        bench.present(TD3)
        assert wait.result() == TD3


def test_no_document_in_time_is_none(bench: Bench) -> None:
    with bench.scanner() as scanner:
        assert scanner.wait_for_document(0) is None
        assert scanner.wait_for_document(0.01) is None
        scanner.probe()


def test_nothing_of_the_document_in_the_representation(bench: Bench) -> None:
    with bench.scanner() as scanner:
        bench.present(TD3)
        assert "ERIKSSON" not in repr(scanner.wait_for_document(SOON_S))


def test_unplugged_device_is_lost_from_whichever_call(bench: Bench) -> None:
    with bench.scanner() as scanner:
        bench.unplug()
        with pytest.raises(DeviceLost):
            scanner.wait_for_document(SOON_S)
        with pytest.raises(DeviceLost):
            scanner.probe()


def test_lost_device_works_again_once_reopened(bench: Bench) -> None:
    with bench.scanner() as scanner:
        bench.unplug()
        with pytest.raises(DeviceLost):
            scanner.probe()
    bench.plug()
    with bench.scanner() as scanner:
        bench.present(TD3)
        assert next_lines(scanner) == TD3


def test_the_same_driver_may_be_opened_again(bench: Bench) -> None:
    scanner = bench.scanner()
    for lines in (TD1, TD3):
        with scanner:
            bench.present(lines)
            assert next_lines(scanner) == lines


def test_device_of_another_program_is_busy_until_it_lets_go(bench: Bench) -> None:
    if not bench.exclusive:
        return
    with bench.scanner(), pytest.raises(DeviceBusy), bench.scanner():
        pass
    with bench.scanner() as scanner:
        scanner.probe()


def test_leaving_releases_the_device_whatever_happened(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError), bench.scanner():
        _ = 1 / 0
    with bench.scanner() as scanner:
        scanner.probe()
