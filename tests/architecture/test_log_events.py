"""Log events are past facts with fields, and the runbook explains every one."""

from __future__ import annotations

import pytest

from edge.host.telemetry import ALLOWED
from tools.scripts.log_events import (
    RUNBOOK,
    BadLogCall,
    LogCall,
    calls,
    collected,
    parts_of,
    rendered,
)
from tools.scripts.log_meanings import MEANINGS

HEAD = "import structlog\nlog = structlog.get_logger()\n"
CALLS = collected()
OF_EACH_LINE = {"event", "level", "timestamp"}


def test_the_list_in_the_runbook_is_the_one_of_the_code() -> None:
    _, found, _ = parts_of(RUNBOOK.read_text(encoding="utf-8"))
    assert found == rendered(), "run: python -m tools.scripts.log_events"


def test_every_event_has_a_meaning_of_its_own() -> None:
    assert {call.event for call in CALLS} == MEANINGS.keys()
    assert len({each.meaning for each in MEANINGS.values()}) == len(MEANINGS)


def test_an_event_has_the_same_level_and_fields_wherever_it_is_logged() -> None:
    facts = {(call.event, call.level, call.fields) for call in CALLS}
    assert len(facts) == len({call.event for call in CALLS})


def test_the_allow_list_has_every_field_and_no_other() -> None:
    assert {field for call in CALLS for field in call.fields} | OF_EACH_LINE == ALLOWED


def test_a_log_call_is_found_with_its_level_and_fields() -> None:
    source = HEAD + 'log.warning("device_lost", role="camera", cause=f"{1}")\n'
    source += (
        'def f():\n    log.exception("driver_failed")\n    log.error("a_failed", exc_info=1)\n'
    )
    assert calls(source, "x.py") == [
        LogCall("device_lost", "warning", ("cause", "role"), "x.py"),
        LogCall("driver_failed", "error", ("exception",), "x.py"),
        LogCall("a_failed", "error", ("exception",), "x.py"),
    ]
    assert calls("import math\nlog = math.log(2)", "x.py") == []


@pytest.mark.parametrize(
    "line",
    [
        'log.info("device")',
        'log.info("a device was lost")',
        'log.info("Device_lost")',
        'log.info("device_is_away")',
        'log.info(f"device_{role}_lost")',
        'log.info("device_lost" if lost else "device_found")',
        "log.info(event)",
        'log.info("device_lost", role)',
        'log.info("device_lost", **facts)',
        'log.info(event="device_lost")',
        'log.bind(role="camera").info("device_lost")',
        'log.msg("device_lost")',
        "say = log.info",
        "other = log",
        'structlog.get_logger().info("device_lost")',
        "logger = structlog.get_logger()",
        "from structlog import get_logger",
        "from structlog import get_logger as log",
    ],
)
def test_a_log_call_that_hides_something_is_refused(line: str) -> None:
    with pytest.raises(BadLogCall):
        calls(HEAD + line, "x.py")
