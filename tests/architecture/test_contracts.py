"""The import contracts hold, and refuse every line that would break them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from drivers import registry
from tests.support.import_contracts import CONTRACTS, PURE, ROOT, impurities

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
SOURCES = ("edge", "drivers", "tools")
LOOSE = {"__init__", "__main__", "daemon", "errors", "checks", "ports"}
MOST_LINES = 400
MOST_MODULES = 20
DIVIDED_BY_STANDARD = {"edge/emrtd", "edge/emrtd/lds"}
"""One module a protocol, and one a data group, of Doc 9303-10 and -11."""
TYPES_ONLY = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import edge.lane.loop"
# fmt: off
PROBES = [
    # the core, towards the shell
    ("edge/gate/step.py", "from edge.journal.writer import JournalWriter", "pure"),
    ("edge/gate/step.py", "import edge.inference.loaded_network", "pure"),
    ("edge/trust/sod.py", "from edge.host import telemetry", "pure"),
    ("edge/emrtd/bac.py", "from edge.lane.event_log import EventLog", "pure"),
    ("edge/emrtd/bac.py", "import edge.host.kernel_clock", "pure"),
    ("edge/emrtd/bac.py", "import edge.host.device_thread as thread", "pure"),
    ("edge/mrz/dates.py", "from edge.mqtt import connection", "pure"),
    ("edge/mrz/dates.py", "from edge.screen.board import Board", "pure"),
    ("edge/border/decide.py", "def f():\n    import edge.mqtt.client", "rooms"),
    ("edge/gate/events.py", TYPES_ONLY, "pure"),
    ("edge/face/pose.py", "import edge.journal.capacity", "pure"),
    ("edge/contract/seal.py", "import edge.keys.jwks", "layers"),
    # the core, towards the machine
    ("edge/mrz/digits.py", "import os", "pure"),
    ("edge/mrz/digits.py", "import threading", "pure"),
    ("edge/trust/store.py", "def f():\n    from time import monotonic", "pure"),
    ("edge/contract/canonical.py", "import urllib.request", "pure"),
    ("edge/errors.py", "import ctypes", "pure"),
    ("edge/face/pose.py", "import onnxruntime", "pure"),
    # within the core, and in a circle
    ("edge/errors.py", "from edge.checks import Check", "layers"),
    ("edge/mrz/dates.py", "import edge.emrtd.apdu", "layers"),
    ("edge/mrz/digits.py", "import edge.mrz.zone", "circles"),
    # the shell
    ("edge/management/health.py", "import edge.screen.board", "layers"),
    ("edge/lane/loop.py", "from tools.simulation.broker import VirtualBroker", "layers"),
    ("edge/daemon.py", "import tools.gatectl.gate", "layers"),
    ("edge/lane/loop.py", "from drivers.virtual.stage import stage", "picks"),
    ("edge/composition/plan.py", "from drivers import registry", "picks"),
    # the drivers
    ("drivers/mrz_serial.py", "import drivers.camera_files", "drivers"),
    ("drivers/camera_v4l2.py", "from drivers.virtual.stage import stage", "drivers"),
    ("drivers/pcsc.py", "import edge.lane.chip_session", "ports"),
    ("drivers/virtual/gate.py", "from edge.host import telemetry", "ports"),
    ("drivers/virtual/stage.py", "import tools.simulation.simulator", "ports"),
    # the central side
    ("tools/central/worker.py", "import edge.lane.clock", "central"),
    ("tools/central/worker.py", "from edge.host import hardening", "central"),
    ("tools/central/settings.py", "from edge.settings import tree", "central"),
    ("tools/central/statistics/report.py", "import tools.gatectl.moments", "central"),
    ("tools/central/options.py", "import drivers.registry", "central"),
    # what has no place
    ("edge/newroom/__init__.py", '"""A room nobody gave a place."""', "rooms"),
    ("edge/loose.py", '"""A module nobody gave a room."""', "rooms"),
]
# fmt: on


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources that the contracts are about, to plant probes in."""
    folder = tmp_path_factory.mktemp("copy")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder: Path) -> set[str]:
    """The ids of the contracts that do not hold in a folder."""
    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", LINT], capture_output=True, text=True, check=False, cwd=folder
    ).stdout
    names = {contract["name"]: key for key, contract in CONTRACTS.items()}
    assert all(f"{name} " in said for name in names), said
    return {key for name, key in names.items() if f"{name} BROKEN" in said}


def test_every_contract_holds(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize(("path", "line", "contract"), PROBES)
def test_a_line_that_breaks_a_contract_is_refused(
    copy: Path, path: str, line: str, contract: str
) -> None:
    file = copy / path
    kept = file.read_bytes() if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    try:
        file.write_bytes((kept or b"") + f"\n{line}\n".encode())
        assert contract in broken(copy)
    finally:
        if kept is not None:
            file.write_bytes(kept)
        elif file.name == "__init__.py":
            shutil.rmtree(file.parent)
        else:
            file.unlink()


@pytest.mark.parametrize(
    "text",
    [
        "async def f(): pass",
        "async def f():\n    await g()",
        "import threading",
        "import os.path",
        "from time import monotonic",
        "open('x')",
        "path.read_bytes()",
        "datetime.now(UTC)",
        "date.today()",
        "import_module('os')",
        "np.random.default_rng()",
    ],
)
def test_what_is_impure_is_found(text: str) -> None:
    assert impurities(ast.parse(text))


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_waits_for_nothing_opens_nothing_and_reads_no_clock(path: Path) -> None:
    assert impurities(ast.parse(path.read_text(encoding="utf-8"))) == []


def rooms_of(layers: list[str]) -> list[set[str]]:
    return [
        {room.strip().removeprefix("edge.") for room in layer.split("|")}
        for layer in layers
        if layer not in {"tools", "drivers"}
    ]


def test_both_lists_of_layers_name_the_same_rooms() -> None:
    assert rooms_of(CONTRACTS["layers"]["layers"]) == rooms_of(CONTRACTS["rooms"]["layers"])
    assert CONTRACTS["rooms"]["exhaustive"] is True


def test_the_table_of_packages_in_the_documentation_is_the_list_of_layers() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([a-z_.]+)` \|", text, re.MULTILINE)
    assert rows == [
        (str(number), room.strip())
        for number, layer in enumerate(CONTRACTS["layers"]["layers"], 1)
        for room in layer.split("|")
    ]


def test_what_is_pure_is_the_gate_and_everything_below_it() -> None:
    layers = rooms_of(CONTRACTS["rooms"]["layers"])
    below = set.union(*layers[layers.index({"gate"}) :])
    assert {name.removeprefix("edge.") for name in CONTRACTS["pure"]["source_modules"]} == below


def test_no_import_is_excused() -> None:
    excuses = {"ignore_imports", "exhaustive_ignores", "skip_descendants", "allow_indirect_imports"}
    assert [key for key, contract in CONTRACTS.items() if excuses & contract.keys()] == []


def test_every_driver_of_the_registry_is_kept_from_the_others() -> None:
    modules = {entry.target.partition(":")[0] for entry in registry.DRIVERS.values()}
    kept = {"drivers.virtual" if name.startswith("drivers.virtual.") else name for name in modules}
    assert set(CONTRACTS["drivers"]["modules"]) == kept


def test_nothing_lies_loose_in_edge() -> None:
    assert {path.stem for path in (ROOT / "edge").glob("*.py")} == LOOSE


def test_no_room_of_edge_is_crowded() -> None:
    inside = Counter(
        str(path.parent.relative_to(ROOT))
        for path in (ROOT / "edge").rglob("*.py")
        if path.name != "__init__.py"
    )
    crowded = {room for room, count in inside.items() if count > MOST_MODULES}
    assert crowded <= DIVIDED_BY_STANDARD


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    long = [
        str(path.relative_to(ROOT))
        for name in SOURCES
        for path in (ROOT / name).rglob("*.py")
        if len(path.read_bytes().splitlines()) > MOST_LINES
    ]
    assert long == []
