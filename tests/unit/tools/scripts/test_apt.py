"""tools/scripts/apt.sh with Debian's own apt, on a state folder of the test's own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.egated import ROOT, STUCK_S

STATUS = """
Package: libold0
Status: install ok installed
Version: 1
Architecture: all
Maintainer: nobody
Description: one name everywhere

Package: librenamed0t64
Status: install ok installed
Version: 1
Architecture: all
Maintainer: nobody
Description: another name since Debian 13

Package: libremoved0t64
Status: deinstall ok config-files
Version: 1
Architecture: all
Maintainer: nobody
Config-Version: 1
Description: known, and not installed
"""

pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt is not installed")


@pytest.fixture
def apt(tmp_path: Path) -> dict[str, str]:
    """The environment in which apt and dpkg keep their state in a folder of ours."""
    for folder in ("lists/partial", "cache/archives/partial", "info", "updates"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").write_text(STATUS.lstrip(), encoding="ascii")
    configuration = tmp_path / "apt.conf"
    configuration.write_text(
        f'Dir::State "{tmp_path}"; Dir::State::status "{tmp_path}/status";\n'
        f'Dir::State::Lists "{tmp_path}/lists"; Dir::Cache "{tmp_path}/cache";\n'
        'Dir::Etc::SourceList "/dev/null"; Dir::Etc::SourceParts "/dev/null";\n',
        encoding="utf-8",
    )
    return {**os.environ, "APT_CONFIG": str(configuration), "DPKG_ADMINDIR": str(tmp_path)}


def started(command: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    script = f"set -eu; . tools/scripts/apt.sh; {command}"
    return subprocess.Popen(  # noqa: S603
        ["/bin/bash", "-c", script],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def said(command: str, environment: dict[str, str]) -> str:
    with started(command, environment) as process:
        output, _ = process.communicate(timeout=STUCK_S)
    assert process.returncode == 0, output
    return output


def test_a_library_that_was_renamed_is_installed_under_either_name(apt: dict[str, str]) -> None:
    wanted = "libold0 librenamed0 libremoved0 libunknown0"
    assert said(f"missing_packages {wanted}", apt).split() == ["libremoved0", "libunknown0"]


def test_what_is_missing_is_asked_for_by_its_name_in_this_release(apt: dict[str, str]) -> None:
    found = said("named_here libold0 libremoved0 libunknown0", apt).split()
    assert found == ["libold0", "libremoved0t64", "libunknown0"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
@pytest.mark.parametrize(
    ("lock", "command"),
    [("lists/lock", "apt_get update"), ("lock-frontend", "apt_get install -y libold0")],
)
def test_another_program_that_holds_the_lock_is_waited_for(
    apt: dict[str, str], tmp_path: Path, lock: str, command: str
) -> None:
    with (tmp_path / lock).open("a") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        process = started(command, apt)
        assert process.stdout is not None
        assert "waiting up to 600 s" in process.stdout.readline()
    with process:
        rest, _ = process.communicate(timeout=STUCK_S)
    assert process.returncode == 0, rest
    assert rest == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_a_lock_that_is_never_released_is_an_error_in_the_end(
    apt: dict[str, str], tmp_path: Path
) -> None:
    with (tmp_path / "lists/lock").open("a") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        with started("apt_get update", {**apt, "APT_WAIT_S": "0"}) as process:
            output, _ = process.communicate(timeout=STUCK_S)
    assert process.returncode != 0
    assert "Could not get lock" in output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_what_is_wrong_otherwise_is_said_at_once(apt: dict[str, str]) -> None:
    with started("apt_get install -y libunknown0", apt) as process:
        output, _ = process.communicate(timeout=STUCK_S)
    assert process.returncode != 0
    assert "Unable to locate package libunknown0" in output
    assert "waiting" not in output
