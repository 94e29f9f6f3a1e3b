"""Tries one fault in a process of its own: imports the mutated module, and runs the tests."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType

import hypothesis
import pytest
from typing_extensions import override

from tools.mutants.dependents import forget
from tools.mutants.mutant import Module, Mutant

PRELOADED = (
    "hypothesis.strategies",
    "_hypothesis_pytestplugin",
    "numpy",
    "pydantic",
    "asn1crypto.cms",
    "cryptography.x509",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "joserfc.jwe",
    "structlog",
    "starlette.applications",
    "PIL.Image",
    "tests.conftest",
)
"""What many tests need; imported once, before the processes fork."""
WITHOUT_SERVERS = (
    "not whole and not shared and not pcscd and not openpace and not mosquitto and not tpm"
    " and not postgresql and not browser and not qemu"
)
SURVIVED, BROKEN, KILLED = 0, 1, 100
NOTHING_COLLECTED = 5


def preload(modules: Iterable[str] = ()) -> None:
    """Import what many tests need, and these modules of ours, before the first fork.

    A trial imports only those of ours again that need the mutated one (`forget`).
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads must not fork
    for name in (*PRELOADED, *modules):
        importlib.import_module(name)


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the mutated module before the one on disk."""

    def __init__(self, module: Module, code: CodeType) -> None:
        self._module = module
        self._code = code

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module.name:
            return None
        where = str(self._module.path)
        package = self._module.path.name == "__init__.py"
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=where, is_package=package)
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [str(self._module.path.parent)]
        return spec

    @override
    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102 -- it is our own module


def start(
    mutant: Mutant,
    tests: Sequence[tuple[Path, Collection[str]]],
    root: Path,
    *,
    quick: bool = False,
) -> int:
    """Fork a process that tries a mutant by files of tests; return its id.

    The tests that are named beside each file are run first, in all files; then, unless it is to be
    quick, the others of each.  The process ends with SURVIVED, BROKEN (no verdict), or KILLED and
    the place of the file that failed.
    """
    process = os.fork()
    if process:
        return process
    with _forked(root):
        mutant.apply()
        tree = ast.fix_missing_locations(mutant.module.tree)
        finder = _Mutated(mutant.module, compile(tree, mutant.module.path, "exec"))
        forget(mutant.module.name)
        sys.meta_path.insert(0, finder)
        for others in (False,) if quick else (False, True):
            for place, (path, near) in enumerate(tests):
                if (near or others) and not _passes(path, _Chosen(near, others=others)):
                    os._exit(KILLED + place)
        os._exit(SURVIVED)


def observe(test: Path, root: Path, found: Path, longest_s: int) -> int:
    """Fork a process that writes to `found` which functions a file of tests runs, and how long.

    What takes more than `longest_s` of the processor counts as tests that do not pass.
    """
    process = os.fork()
    if process:
        return process
    watch = _Watch()
    with _forked(root):
        began = time.process_time()
        found.write_text(json.dumps({"passes": False}), encoding="utf-8")
        resource.setrlimit(resource.RLIMIT_CPU, (longest_s, longest_s))
        threading.setprofile(watch.called)
        sys.setprofile(watch.called)
        passes = _passes(test, watch)
        sys.setprofile(None)
        seconds = time.process_time() - began
        ran = {each: sorted(_named(codes, root)) for each, codes in watch.ran.items()}
        text = json.dumps({"passes": passes, "seconds": seconds, "ran": ran})
        found.write_text(text, encoding="utf-8")
        os._exit(SURVIVED)


class _Watch:
    """Notes what each test runs."""

    def __init__(self) -> None:
        self.ran: dict[str, set[CodeType]] = {"": set()}
        self._now = self.ran[""]

    def called(self, frame: FrameType, event: str, _: object) -> None:
        """Note a function (`sys.setprofile`)."""
        if event == "call":
            self._now.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what a test runs, and its fixtures."""
        self._now = self.ran[item.nodeid] = set()
        try:
            return (yield)
        finally:
            self._now = self.ran[""]


def _named(codes: Iterable[CodeType], root: Path) -> set[str]:
    core = str(root / "edge") + os.sep
    names = {f"{c.co_filename}:{c.co_qualname}" for c in codes if c.co_filename.startswith(core)}
    return {name.removeprefix(f"{root}{os.sep}") for name in names}


def end(process: int) -> None:
    """Kill a process that was forked here, and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


@contextlib.contextmanager
def _forked(root: Path) -> Iterator[None]:
    """Make a forked process one of its own: a group, no terminal, no return."""
    try:
        os.setsid()
        output = root / "var/mutants/last-output.txt"
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        yield
    except BaseException:  # noqa: BLE001 -- a forked process must not go on as its parent
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(BROKEN)


class _Chosen:
    """Chooses the tests that are near a mutant, or the others.

    An example costs little, a property many examples: the examples are run first.
    """

    def __init__(self, near: Collection[str], *, others: bool) -> None:
        self._near = near
        self._others = others

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose and sort the tests of a file; those of one sort stay in their order."""
        items[:] = [each for each in items if (each.nodeid in self._near) is not self._others]
        items.sort(key=lambda item: item.get_closest_marker("hypothesis") is not None)


def _passes(test: Path, plugin: object) -> bool:
    """Run one file of tests; True also when nothing of it is chosen."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # looking for plugins takes half a second
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    hypothesis.settings.load_profile("mutants")
    plain = ["-q", "-x", "--no-header", "--tb=line", "-p", "no:cacheprovider"]
    plain += ["-p", "_hypothesis_pytestplugin"]
    plain += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # preloaded on purpose
    result = pytest.main([*plain, "-m", WITHOUT_SERVERS, str(test)], [plugin])
    return result in {0, NOTHING_COLLECTED}
