"""The virtual reader: a chip that computes can still be taken away, and only public keys cost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from drivers.virtual.chip.virtual_chip import VirtualChip
from drivers.virtual.reader import VirtualChannel, VirtualReader
from drivers.virtual.stage import Stage, stage
from edge.errors import ChipLost
from tools.simulation.script import load

GENERAL_AUTHENTICATE = bytes.fromhex("10860000027c0000")
SELECT_MASTER_FILE = bytes.fromhex("00a4000c023f00")


class Snatched(VirtualChip):
    """A chip that is taken away while it works on a command."""

    where: Stage

    @override
    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        self.where.go()
        return answer


@pytest.fixture
def channel(specimens: Path) -> Iterator[VirtualChannel]:
    genuine, where = load(specimens / "genuine"), stage("a chip that computes")
    assert genuine.chip is not None
    chip = Snatched(genuine.chip, os.urandom)
    chip.where = where
    where.come(genuine)
    where._chip = chip
    yield VirtualChannel(chip, where, VirtualReader.Settings(computing_s=2))
    where.go()


def test_a_chip_is_lost_while_it_computes(channel: VirtualChannel) -> None:
    with pytest.raises(ChipLost):
        channel.transmit(GENERAL_AUTHENTICATE)


def test_what_needs_no_public_key_is_answered_at_once(channel: VirtualChannel) -> None:
    assert channel.transmit(SELECT_MASTER_FILE)  # before anybody could take it away


def test_a_chip_is_lost_when_another_lies_in_its_place(channel: VirtualChannel) -> None:
    where = channel._stage
    _, traveller = where.before_the_camera()
    assert traveller is not None
    assert channel.transmit(SELECT_MASTER_FILE)
    where.come(traveller)
    with pytest.raises(ChipLost):
        channel.transmit(SELECT_MASTER_FILE)
