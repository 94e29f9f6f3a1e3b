"""The configuration of a virtual lane with a place of its own, as a file for `egated`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from edge.settings.loader import Table
from tools import shipped
from tools.simulation.broker import free_port


def virtual_lane(folder: Path, specimens: Path) -> Table:
    """What config/gate.virtual.toml says, with ports, a state and specimens of its own."""
    found = tomllib.loads(shipped.virtual_lane().read_text(encoding="utf-8"))
    found |= {
        "state_dir": str(folder / "state"),
        "policy": str(shipped.config("policy.example.toml")),
        "trust": {"anchors": [str(specimens / "trust")]},
        "models": {
            "manifest": str(shipped.manifest()),
            "weights": str(shipped.weights()),
        },
    }
    found["devices"] |= {
        "chip-reader": {"driver": "virtual-reader"},
        "gate": {"driver": "virtual-gate", "door_travel_s": 0.05, "walk_s": 0.05},
    }
    found["central"] = {"keys": str(specimens / "central.jwks.json")}
    found["broker"]["port"] = free_port()
    found["screen"]["port"] = free_port()
    found["simulation"] |= {"specimens": str(specimens), "repeat": ""}
    return found


def write(path: Path, table: Table) -> Path:
    """Write a configuration; texts, numbers and lists are the same in JSON and TOML."""
    path.write_text("\n".join(_lines(table, "")) + "\n", encoding="utf-8")
    return path


def _lines(table: Table, name: str) -> Iterator[str]:
    if name:
        yield f"[{name}]"
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{key} = {json.dumps(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{name}.{key}" if name else key)
