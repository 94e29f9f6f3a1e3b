"""The settings of a lane that does not make a test wait."""

from __future__ import annotations

from pathlib import Path

from edge.gate.states import Topology
from edge.settings import tree as settings
from edge.settings.devices import DeviceSettings
from edge.settings.keys import Central
from edge.settings.tree import Settings

ROOT = Path(__file__).parents[2]


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
