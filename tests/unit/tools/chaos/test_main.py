"""python -m tools.chaos: its help shows how, and an accident that there is not is refused."""

from __future__ import annotations

from click.testing import CliRunner

from tools.chaos.__main__ import chaos


def test_the_help_has_examples_and_hides_the_process_of_a_lane() -> None:
    told = CliRunner().invoke(chaos, ["--help"]).output
    assert "python -m tools.chaos --rounds" in told.partition("Examples:")[2]
    assert "--wire" not in told


def test_an_accident_that_there_is_not_is_refused_with_those_there_are() -> None:
    told = CliRunner().invoke(chaos, ["--only", "camera pushed"])
    assert told.exit_code == 2
    assert "camera pulled" in told.output
