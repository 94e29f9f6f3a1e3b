"""What must hold of the source itself: names that are true, links that lead somewhere."""

from __future__ import annotations

import ast
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers import registry
from edge.border.reasons import WORDS
from edge.checks import CheckId, Reason
from edge.contract.event_types import EventType
from edge.errors import EdgeError
from edge.inference.manifest import read_manifest
from edge.settings import tree as settings
from edge.settings.loader import validate
from edge.settings.policy import load_policy
from tests.support import picamera2_stand_in
from tools.central import settings as central
from tools.fuzz.targets import TARGETS, load

ROOT = Path(__file__).parents[2]
FOLDERS = ("config", "docs", "drivers", "edge", "models", "requirements", "systemd", "tests")
PYTHON = sorted(
    path
    for folder in ("drivers", "edge", "tests", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*.md")])
# fmt: off
FAMILIES = (
    "boarding", "chip", "clock", "doc", "elig", "face", "lane", "list", "mrz", "optical", "stay",
)
# fmt: on
CHECK_OR_EVENT = re.compile(rf"(?:{'|'.join(FAMILIES)})\.(?!toml|txt)[a-zA-Z][a-zA-Z0-9_-]*")
REASON = re.compile(r"\bR-[A-Z]+(?:-[A-Z]+)*\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(
    r"`((?:config|docs|drivers|edge|models|requirements|systemd|tests|tools)/[^`\s]*)`"
)
INDEXES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("anaconda", "org"),
    )
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


def test_what_a_with_block_closes_is_a_closeable() -> None:
    found = [
        name_of(path)
        for path in PYTHON
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and node.name == "__exit__"
    ]
    assert found == ["edge/ports.py"] * 2, "inherit edge.ports.Closeable and write `close`"


@pytest.mark.parametrize("name", registry.DRIVERS)
def test_every_driver_of_the_registry_is_a_device_with_options(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "pcsc":
        pytest.importorskip("smartcard", reason="pyscard is not installed")
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_stand_in)  # it is Debian's only
    driver = registry.load(name)
    assert callable(driver)
    assert issubclass(driver.Settings, BaseModel)
    assert driver.Settings.model_config.get("extra") == "forbid"
    assert all(hasattr(driver, method) for method in ("__enter__", "__exit__", "probe"))


def test_every_driver_is_in_the_table_of_the_documentation() -> None:
    text = (ROOT / "docs/drivers.md").read_text(encoding="utf-8")
    assert [name for name in registry.DRIVERS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_fuzz_target_is_a_function_that_refuses_with_our_errors(name: str) -> None:
    for data in (b"", b"\x30\x80", bytes(64)):
        with contextlib.suppress(EdgeError):
            load(name)(data)


def test_nothing_that_is_fuzzed_is_imported_before_it_is_instrumented() -> None:
    script = "import sys, tools.fuzz.__main__ as _; print(*(m for m in sys.modules if '.' in m))"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert {name for name in loaded if name.startswith("edge.")} == {"edge.errors"}


def test_every_event_is_in_the_documentation_for_the_central_system() -> None:
    text = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    assert [kind.value for kind in EventType if f"`{kind}`" not in text] == []


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.toml")), ids=name_of)
def test_every_configuration_that_is_shipped_loads(path: Path) -> None:
    if path.name.startswith("policy."):
        assert load_policy(path, live=True).requirements
        return
    if path.name.startswith("central."):
        assert central.load(path).store.kind
        return
    if path.name.startswith("models."):
        assert read_manifest(path).models
        return
    loaded = settings.load(path)
    assert load_policy(loaded.policy, live=loaded.live).version
    for role, device in loaded.devices.named().items():
        validate(registry.load(device.driver).Settings, device.options, role)


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the project; what is installed or written by a run is none of it."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not {"weights", "__pycache__"} & set(path.parts):
                yield path, path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and path.name != ".coverage":
            yield path, path.read_text(encoding="utf-8", errors="replace")


def strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_check_and_event_the_code_names_is_in_the_vocabulary() -> None:
    known = {*CheckId, *EventType}
    unknown = {
        f"{name_of(path)}: {text}"
        for path in PYTHON
        if "tests" not in path.parts
        for text in strings(tree_of(path))
        if CHECK_OR_EVENT.fullmatch(text) and text not in known
    }
    assert unknown == set()


def test_every_reason_that_is_named_anywhere_is_in_the_vocabulary() -> None:
    known = {reason.value for reason in Reason}
    unknown = {
        f"{name_of(path)}: {found}"
        for path, text in texts()
        if "tests" not in path.parts
        for found in REASON.findall(text)
        if found not in known
    }
    assert unknown == set()


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_file_a_document_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    links = [link for link in LINK.findall(text) if "://" not in link]
    lost = [link for link in links if not (path.parent / link).exists()]
    lost += [name for name in PATH.findall(text) if "<" not in name and not (ROOT / name).exists()]
    assert lost == []


def test_no_file_names_the_host_of_a_package_index() -> None:
    found = [
        f"{name_of(path)}: {host}" for path, text in texts() for host in INDEXES if host in text
    ]
    assert found == []
