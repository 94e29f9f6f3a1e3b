"""What every driver of `edge.ports.ChipReader` owes the gate."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.virtual.chip.personalisation import Personalisation
from drivers.virtual.reader import VirtualReader
from drivers.virtual.stage import stage
from drivers.virtual.traveller import Traveller
from edge.emrtd.dialogue import run
from edge.emrtd.read import AccessKey, ReadPlan, read_document
from edge.errors import ChipLost, DeviceBusy, DeviceLost
from edge.mrz import parse
from edge.ports import ChipReader
from tools.simulation.card_service import Hands, Pcscd
from tools.simulation.script import load

SOON_S = 10.0
"""Long enough for any machine; nothing waits for it to pass."""
SELECT_EMRTD = bytes.fromhex("00A4040C07A0000002471001")
CHALLENGE = bytes.fromhex("0084000008")
OK = bytes.fromhex("9000")


@dataclass(frozen=True, slots=True)
class Bench:
    """A reader to test and the hands that use it; `reader` makes a fresh, closed driver."""

    reader: Callable[[], ChipReader]
    lay: Callable[[Personalisation], None]
    take_away: Callable[[], None]
    unplug: Callable[[], None]
    plug: Callable[[], None]
    exclusive: bool
    """A chip in use is one program's at a time."""


@contextmanager
def stage_bench(_: pytest.FixtureRequest) -> Iterator[Bench]:
    name = "conformance of readers"
    yield Bench(
        reader=lambda: VirtualReader(VirtualReader.Settings(stage=name)),
        lay=lambda chip: stage(name).come(Traveller("specimen", (), chip, ())),
        take_away=stage(name).go,
        unplug=lambda: stage(name).unplug("chip-reader"),
        plug=lambda: stage(name).plug("chip-reader"),
        exclusive=False,
    )
    stage(name).go()
    stage(name).plug("chip-reader")


@contextmanager
def pcsc_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    pcscd: Pcscd = request.getfixturevalue("pcscd")
    from drivers.pcsc import PcscReader

    hands = Hands(pcscd)
    yield Bench(
        reader=lambda: PcscReader(PcscReader.Settings(reader="Virtual PCD")),
        lay=hands.lay,
        take_away=hands.take_away,
        unplug=pcscd.stop,
        plug=pcscd.start,
        exclusive=True,
    )
    hands.take_away()
    pcscd.ensure()


BENCHES: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Bench]]] = {
    "virtual-reader": stage_bench,
    "pcsc": pcsc_bench,
}


@pytest.fixture(
    params=["virtual-reader", pytest.param("pcsc", marks=pytest.mark.pcscd)],
)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with BENCHES[request.param](request) as bench:
        yield bench


@pytest.fixture
def genuine(specimens: Path) -> Traveller:
    return load(specimens / "genuine")


@pytest.fixture
def chip(genuine: Traveller) -> Personalisation:
    assert genuine.chip is not None
    return genuine.chip


def test_no_chip_in_time_is_none(bench: Bench) -> None:
    with bench.reader() as reader:
        assert reader.connect(0) is None
        assert reader.connect(0.01) is None
        reader.probe()


def test_a_chip_answers_what_it_is_sent(bench: Bench, chip: Personalisation) -> None:
    with bench.reader() as reader:
        bench.lay(chip)
        channel = reader.connect(SOON_S)
        assert channel is not None
        assert channel.transmit(SELECT_EMRTD) == OK
        challenge = channel.transmit(CHALLENGE)
        assert len(challenge) == 10
        assert challenge.endswith(OK)
        channel.disconnect()


def test_a_chip_says_what_it_is_when_it_wakes_up(bench: Bench, chip: Personalisation) -> None:
    with bench.reader() as reader:
        bench.lay(chip)
        channel = reader.connect(SOON_S)
        assert channel is not None
        assert channel.atr == chip.atr
        channel.disconnect()


def test_a_whole_document_is_read_again_and_again(bench: Bench, genuine: Traveller) -> None:
    assert genuine.chip is not None
    key = AccessKey.of_mrz(parse(genuine.mrz).information)
    with bench.reader() as reader:
        bench.lay(genuine.chip)
        for _ in range(2):  # disconnecting has ended the session with the chip
            channel = reader.connect(SOON_S)
            assert channel is not None
            contents = run(
                read_document(key, os.urandom, lambda _: None, ReadPlan()), channel.transmit
            )
            channel.disconnect()
            for file, content in contents.files.items():
                assert content == genuine.chip.files[file], file


def test_a_chip_taken_away_is_lost_and_may_come_back(bench: Bench, chip: Personalisation) -> None:
    with bench.reader() as reader:
        bench.lay(chip)
        channel = reader.connect(SOON_S)
        assert channel is not None
        bench.take_away()
        with pytest.raises(ChipLost):
            channel.transmit(SELECT_EMRTD)
        channel.disconnect()
        bench.lay(chip)
        again = reader.connect(SOON_S)
        assert again is not None
        assert again.transmit(SELECT_EMRTD) == OK
        again.disconnect()


def test_a_lost_reader_is_told_from_whichever_call_and_works_once_reopened(
    bench: Bench, chip: Personalisation
) -> None:
    with bench.reader() as reader:
        bench.unplug()
        with pytest.raises(DeviceLost):
            reader.probe()
        with pytest.raises(DeviceLost):
            reader.connect(SOON_S)
    with pytest.raises(DeviceLost), bench.reader() as reader:
        reader.probe()
    bench.plug()
    with bench.reader() as reader:
        bench.lay(chip)
        channel = reader.connect(SOON_S)
        assert channel is not None
        assert channel.transmit(SELECT_EMRTD) == OK
        channel.disconnect()


def test_a_chip_in_use_is_busy_for_another_program(bench: Bench, chip: Personalisation) -> None:
    if not bench.exclusive:
        return
    with bench.reader() as reader, bench.reader() as other:
        bench.lay(chip)
        channel = reader.connect(SOON_S)
        assert channel is not None
        with pytest.raises(DeviceBusy, match="another program"):
            other.connect(SOON_S)
        with pytest.raises(DeviceBusy, match="another program"):
            other.probe()
        with pytest.raises(DeviceBusy, match="another program"), bench.reader():
            pass
        channel.disconnect()
        other.probe()


@pytest.mark.pcscd
def test_a_reader_that_is_not_there_is_named_beside_those_that_are(pcscd: Pcscd) -> None:
    assert pcscd.port
    from drivers.pcsc import PcscReader

    with (
        pytest.raises(DeviceLost, match="Virtual PCD"),
        PcscReader(PcscReader.Settings(reader="elsewhere")),
    ):
        pass


@pytest.mark.pcscd
def test_without_pcscd_a_technician_hears_what_to_start(pcscd: Pcscd) -> None:
    from drivers.pcsc import PcscReader

    pcscd.stop()
    try:
        with (
            pytest.raises(DeviceLost, match="systemctl start pcscd"),
            PcscReader(PcscReader.Settings()),
        ):
            pass
    finally:
        pcscd.start()
