"""The virtual reader: a chip that thinks can still be taken away."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from drivers.virtual.reader import VirtualReader
from drivers.virtual.stage import stage
from drivers.virtual.traveller import load
from edge.errors import ChipLost

STAGE = "a chip that thinks"
GENERAL_AUTHENTICATE = bytes.fromhex("10860000027c0000")
SELECT_MASTER_FILE = bytes.fromhex("00a4000c023f00")


def test_a_chip_that_computes_is_lost_as_soon_as_it_is_taken_away(specimens: Path) -> None:
    stage(STAGE).come(load(specimens / "genuine"))
    settings = VirtualReader.Settings(stage=STAGE, computing_s=2)
    with VirtualReader(settings) as reader:
        channel = reader.connect(0)
        assert channel is not None
        assert channel.transmit(SELECT_MASTER_FILE)  # no public key in it: answered at once
        taker = threading.Timer(0.05, stage(STAGE).go)
        taker.start()
        with pytest.raises(ChipLost):
            channel.transmit(GENERAL_AUTHENTICATE)
        taker.join()
