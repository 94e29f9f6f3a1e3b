"""python -m tools.fleet: what is refused, and that each help shows how."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tools.fleet.__main__ import fleet


@pytest.mark.parametrize("site", ["A", "a b", "a/b", "", "-a"])
def test_a_site_no_topic_can_have_is_refused(site: str) -> None:
    told = CliRunner().invoke(fleet, ["run", "--site", site])
    assert told.exit_code == 2
    assert "is no name of a site" in told.output


@pytest.mark.parametrize("command", ["run", "chaos"])
def test_every_help_has_examples(command: str) -> None:
    told = CliRunner().invoke(fleet, [command, "--help"]).output
    assert f"python -m tools.fleet {command}" in told.partition("Examples:")[2]
