"""What many tests need: specimens issued once, and a lane that does not dawdle."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from edge.gate.states import Topology
from edge.host import telemetry
from edge.settings.tree import Settings
from tests.support.quick_lane import lane_settings
from tools.simulation.card_service import Pcscd
from tools.simulation.card_service import missing as pcscd_missing
from tools.specimen.issue import PORTRAITS, issue_all

# No property fails because the machine is busy.
hypothesis.settings.register_profile(
    "egate", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "brief", hypothesis.settings.get_profile("egate"), max_examples=20
)
hypothesis.settings.load_profile("egate")


SERVERS = {"pcscd", "openpace", "mosquitto", "postgresql", "browser"}
"""Markers of tests whose servers `make setup` installs, wherever packages can be installed."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a server that is missing fails the tests that need it, instead of skipping them.

    `EGATE_TESTS_WITHOUT` names, with blanks between, the servers that this CI is meant to lack.
    """
    report = yield
    needed = SERVERS - set(os.environ.get("EGATE_TESTS_WITHOUT", "").split())
    missing = needed & {mark.name for mark in item.iter_markers()}
    if os.environ.get("CI") == "true" and report.skipped and missing:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, without {' '.join(sorted(missing))}: {report.longrepr}"
    return report


def pytest_configure() -> None:
    """Hear Ctrl-C, and with us every process that a test starts.

    A shell ignores it for what it starts in the background, and whoever is started inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


UNCOUNTED = ("architecture", "conformance", "property", "scenarios", "unit/tools")
"""Folders of tests that do not count for the coverage of the core.  They pass through it on their
way to something else, or by chance, and take twice as long when they are watched."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measure the coverage of the tests that count, where it is measured."""
    if config.pluginmanager.hasplugin("_cov"):
        uncounted = tuple(str(Path(__file__).parent / folder) for folder in UNCOUNTED)
        for item in items:
            if str(item.path).startswith(uncounted):
                item.add_marker("no_cover")


LARGEST_MB = 1500
"""What a process may take that runs tests, one after the other: more is a leak."""
PEAKS = pytest.StashKey[dict[str, int]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker of xdist took; one that was killed has said nothing."""
    said = getattr(node, "workeroutput", None) or {}
    if "peak_mb" in said:
        node.config.stash.setdefault(PEAKS, {})[node.gateway.id] = said["peak_mb"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when a process that ran tests took too much memory."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak_mb = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["peak_mb"] = peak_mb
        return
    peaks = session.config.stash.setdefault(PEAKS, {}) or {"here": peak_mb}
    session.config.stash[PEAKS] = peaks
    if max(peaks.values()) > LARGEST_MB:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what each process that ran tests took."""
    peaks = sorted(config.stash.get(PEAKS, {}).items())
    told = ", ".join(f"{name} {peak} MB" for name, peak in peaks)
    terminalreporter.write_line(f"memory at most: {told}; allowed: {LARGEST_MB} MB")


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
