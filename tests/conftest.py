"""What many tests need: specimens issued once, and a lane that does not dawdle."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

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
