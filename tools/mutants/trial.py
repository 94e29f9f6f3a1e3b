"""Tries one fault in a process of its own: imports the mutated module, and runs the tests."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType, ModuleType

from typing_extensions import override

from tools.mutants.dependents import forget
from tools.mutants.mutant import Module, Mutant

PRELOADED = (
    "pytest",
    "hypothesis",
    "hypothesis.strategies",
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


def preload() -> None:
    """Import what many tests need before the first fork."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads must not fork
    for name in PRELOADED:
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


def start(mutant: Mutant, tests: Sequence[Path], root: Path) -> int:
    """Fork a process that tries a mutant; return its id.

    It ends with SURVIVED, BROKEN (no verdict), or KILLED and the place of the tests that failed.
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
        for place, test in enumerate(tests):
            if not _passes(test):
                os._exit(KILLED + place)
        os._exit(SURVIVED)


def observe(test: Path, root: Path, found: Path) -> int:
    """Fork a process that writes to `found` which functions a file of tests runs, and how long."""
    process = os.fork()
    if process:
        return process
    ran: set[CodeType] = set()

    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            ran.add(frame.f_code)

    with _forked(root):
        began = time.process_time()
        threading.setprofile(called)
        sys.setprofile(called)
        passes = _passes(test)
        sys.setprofile(None)
        core = str(root / "edge") + os.sep
        names = {f"{c.co_filename}:{c.co_qualname}" for c in ran if c.co_filename.startswith(core)}
        names = {name.removeprefix(f"{root}{os.sep}") for name in names}
        seconds = time.process_time() - began
        text = json.dumps({"passes": passes, "seconds": seconds, "ran": sorted(names)})
        found.write_text(text, encoding="utf-8")
        os._exit(SURVIVED)


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


def _passes(test: Path) -> bool:
    """Run one file of tests; True also when nothing of it runs without a server."""
    import hypothesis  # noqa: PLC0415 -- in the forked process only
    import pytest  # noqa: PLC0415

    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    hypothesis.settings.load_profile("mutants")
    plain = ["-q", "-x", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist"]
    plain += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # preloaded on purpose
    result = pytest.main([*plain, "-m", WITHOUT_SERVERS, str(test)])
    return result in {0, NOTHING_COLLECTED}
