"""However deep an error comes from, egated ends with one line and the status systemd acts on."""

from __future__ import annotations

import pytest

from edge.__main__ import EXIT_CONFIGURATION, exit_status
from edge.errors import DeviceBusy, EdgeError, SettingsError


def raising(error: Exception) -> int:
    def run() -> None:
        raise error

    return exit_status(run)


def in_tasks(error: Exception) -> Exception:
    return ExceptionGroup("unhandled errors", [ExceptionGroup("of the lane", [error])])


def test_an_end_in_good_order_is_0_and_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(lambda: None) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (SettingsError("mend it"), EXIT_CONFIGURATION, "egated: mend it\n"),
        (DeviceBusy("broker", "stop it"), 1, "egated: broker: stop it\n"),
    ],
)
def test_an_error_is_one_line_whether_a_task_raised_it_or_not(
    error: EdgeError, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for raised in (error, in_tasks(error)):
        assert raising(raised) == status
        assert capsys.readouterr().err == line


def test_what_nobody_foresaw_is_not_hidden_behind_what_somebody_did() -> None:
    both = ExceptionGroup("unhandled errors", [SettingsError("mend it"), ZeroDivisionError()])
    with pytest.raises(ExceptionGroup) as caught:
        raising(both)
    assert [type(error) for error in caught.value.exceptions] == [ZeroDivisionError]
