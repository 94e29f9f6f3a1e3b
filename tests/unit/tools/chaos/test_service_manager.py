"""The service manager of a lane under accidents: what systemd would see, it sees."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.errors import SettingsError
from tools import shipped
from tools.chaos.log_pipe import LogPipe
from tools.chaos.service_manager import UNIT, ServiceManager, Unit

STUCK_S = 60.0


def test_the_numbers_are_those_of_the_unit_that_ships() -> None:
    unit = Unit.read(shipped.beside(UNIT))
    assert unit == Unit(watchdog_s=20, restart_s=2, stop_s=45, descriptors=4096)


def test_a_unit_without_a_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "egated.service"
    path.write_text("[Service]\nWatchdogSec=20\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="RestartSec"):
        Unit.read(path)


def test_a_daemon_whose_configuration_is_wrong_is_a_fault_and_not_started_again(
    tmp_path: Path,
) -> None:
    config = tmp_path / "gate.toml"
    config.write_text("site = ", encoding="utf-8")
    with LogPipe(tmp_path / "log") as log:
        with ServiceManager(config, tmp_path, log) as manager:
            deadline_s = time.monotonic() + STUCK_S
            while not manager.faults:
                assert time.monotonic() < deadline_s, "its end was not noticed"
                time.sleep(0.01)
        assert manager.faults == ["the daemon ended with 78"]
        assert manager.starts == 1
    assert "is not a TOML file" in (tmp_path / "log").read_text(encoding="utf-8")
