"""What many tests need: specimens issued once, and a lane that does not dawdle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.gate.states import Topology
from edge.host import telemetry
from edge.settings import tree as settings
from edge.settings.devices import DeviceSettings
from edge.settings.keys import Central
from edge.settings.tree import Settings
from tests.support.pcscd import Pcscd
from tests.support.pcscd import missing as pcscd_missing
from tools.specimen.issue import PORTRAITS, issue_all

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _logs_of_the_daemon() -> None:
    """Log as the daemon does: with its allow-list, and without the values of variables."""
    telemetry.configure()


@pytest.fixture(scope="session")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Specimen travellers, issued for this run."""
    folder = tmp_path_factory.mktemp("issued") / "specimens"
    issue_all(folder, PORTRAITS, datetime.now(UTC), progress=lambda _: None)  # noqa: TID251
    return folder


@pytest.fixture
def quick_lane(specimens: Path) -> Settings:
    """The virtual lane of `make run` with a barrier, quick doors and no radio to wait for."""
    return lane_settings(specimens, Topology.BARRIER)


@pytest.fixture
def quick_mantrap(specimens: Path) -> Settings:
    """The same with two doors."""
    return lane_settings(specimens, Topology.MANTRAP)


def lane_settings(specimens: Path, topology: Topology) -> Settings:
    loaded = settings.load(ROOT / "config/gate.virtual.toml")
    assert loaded.simulation is not None
    gate = {
        "driver": "virtual-gate",
        "topology": topology.value,
        "door_travel_s": 0.05,
        "walk_s": 0.05,
    }
    devices = {
        "chip_reader": DeviceSettings.model_validate({"driver": "virtual-reader"}),
        "camera": DeviceSettings.model_validate(
            {"driver": "virtual-camera", "frames_per_s": 10, "hurried": True}
        ),
        "gate": DeviceSettings.model_validate(gate),
    }
    return loaded.model_copy(
        update={
            "topology": topology,
            "trust": loaded.trust.model_copy(update={"anchors": (specimens / "trust",)}),
            "central": Central(keys=specimens / "central.jwks.json"),
            "devices": loaded.devices.model_copy(update=devices),
            "chip": loaded.chip.model_copy(update={"wait_s": 0.3}),
            "face": loaded.face.model_copy(update={"patience_s": 20.0, "answer_s": 1.5}),
            "simulation": loaded.simulation.model_copy(update={"specimens": specimens}),
        }
    )


@pytest.fixture(scope="session")
def _pcscd_of_the_run() -> Iterator[Pcscd]:
    reason = pcscd_missing()
    if reason:
        pytest.skip(reason)
    pcscd = Pcscd()
    pcscd.start()
    yield pcscd
    pcscd.stop()


@pytest.fixture
def pcscd(_pcscd_of_the_run: Pcscd) -> Pcscd:
    """A private pcscd with a virtual reader, running."""
    _pcscd_of_the_run.ensure()
    return _pcscd_of_the_run
