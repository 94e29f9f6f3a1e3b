"""pcscd stops answering without ending: the gate is out of service, stops when told, comes back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.devices.supervisor import STUCK
from tests.support import egated as daemon
from tests.support.egated import STUCK_S, Egated, Table, egated, until_page
from tools.simulation.card_service import Hands, Pcscd

pytestmark = pytest.mark.pcscd


@pytest.fixture
def stoppable(pcscd: Pcscd) -> Iterator[Pcscd]:
    """A pcscd that goes on in any case: others use it as well."""
    yield pcscd
    pcscd.proceed()


@pytest.fixture
def table(tmp_path: Path, specimens: Path) -> Table:
    found = daemon.lane(tmp_path, specimens)
    found["devices"]["chip-reader"] = {"driver": "pcsc", "reader": "Virtual PCD"}
    return found


def until_out_of_service(gate: Egated, table: Table) -> None:
    gate.until_said("device_lost", role="chip-reader")
    health = until_page(table, "/healthz", lambda found: found["state"] == "OutOfService")
    assert health["devices"]["chip-reader"] == "lost"


def test_a_card_service_that_hangs_is_a_lost_reader_and_comes_back_by_itself(
    stoppable: Pcscd, table: Table, tmp_path: Path
) -> None:
    with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_ready()
        stoppable.hang()
        until_out_of_service(gate, table)
        stoppable.proceed()
        until_page(table, "/healthz", lambda found: found["status"] == "ready")
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""


def test_a_chip_that_never_answers_keeps_the_reader_lost_and_no_longer_than_it_lies_there(
    pcscd: Pcscd, table: Table, tmp_path: Path
) -> None:
    """Its driver is still in the call, and holds the reader: that is no reader to serve with."""
    table["simulation"]["repeat"] = "genuine"
    hands, chip = Hands(pcscd), SilentChip()
    hands.lay_chip(chip)
    try:
        with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
            cause = gate.until_said("device_lost", role="chip-reader")["cause"]
            assert cause == f"chip-reader: {STUCK}"
            refused = gate.until_said("transaction_closed")
            assert refused["decision"] == "refer"
            cause = gate.until_said("device_lost", role="chip-reader")["cause"]
            assert "another program holds the reader" in cause
            chip.answer.set()
            hands.take_away()
            until_page(table, "/healthz", lambda found: found["status"] == "ready")
            gate.send(signal.SIGTERM)
            assert gate.ended() == 0
            assert gate.errors == ""
    finally:
        chip.answer.set()
        hands.take_away()


class SilentChip:
    """A chip that is asked and says nothing until it is let."""

    def __init__(self) -> None:
        self.answer = threading.Event()

    def transmit(self, command: bytes) -> bytes:
        assert self.answer.wait(STUCK_S)
        return bytes.fromhex("6F00")

    def reset(self) -> None:
        """It has no session."""


def test_sigterm_ends_a_daemon_while_the_card_service_hangs(
    stoppable: Pcscd, table: Table, tmp_path: Path
) -> None:
    with egated(daemon.write(tmp_path / "gate.toml", table), tmp_path) as gate:
        gate.until_ready()
        stoppable.hang()
        until_out_of_service(gate, table)
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert gate.errors == ""
    assert daemon.journal(table)[-1] == "device.stopped"
