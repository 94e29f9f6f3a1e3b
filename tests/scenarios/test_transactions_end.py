"""Every transaction that began is closed, once: at a stop, or at the start after a power cut."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support import egated as daemon
from tests.support.egated import STUCK_S, Table, egated, journal, write

OUTCOMES = {"Inspecting": "left", "Authorised": "not_passed", "Referred": "referred"}
WHO = {"Inspecting": "genuine", "Authorised": "genuine", "Referred": "expired-document"}


@pytest.fixture
def table(tmp_path: Path, specimens: Path) -> Table:
    """A lane where every step lasts long enough for a daemon to be ended in it."""
    found = daemon.lane(tmp_path, specimens)
    found["devices"]["gate"] |= {"walk_s": 30.0, "lingers_s": 600.0}
    return found


def send(table: Table, who: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{table['screen']['port']}/simulator/run",
        json.dumps({"scenario": who}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own page
        assert answer.status == 202


def stories(table: Table) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of each event of a transaction, in order."""
    connection = sqlite3.connect(Path(table["state_dir"]) / "journal.db")
    try:
        rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
    finally:
        connection.close()
    found = [json.loads(body) for (body,) in rows]
    return [
        (each["type"].removeprefix("int.egate."), each["data"])
        for each in found
        if each.get("correlationid")
    ]


def until_begun(table: Table) -> None:
    """Wait until the disk has the beginning: what a power cut takes before has not begun."""
    deadline_s = time.monotonic() + STUCK_S
    while not stories(table):
        assert time.monotonic() < deadline_s, "no transaction was stored"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("state", OUTCOMES)
def test_a_daemon_that_ends_during_a_transaction(
    tmp_path: Path, table: Table, state: str, number: signal.Signals
) -> None:
    if state == "Inspecting":
        table["devices"]["chip-reader"]["apdu_latency_s"] = 1.0
    config = write(tmp_path / "gate.toml", table)
    with egated(config, tmp_path, "first") as gate:
        gate.until_ready()
        send(table, WHO[state])
        gate.until_said("gate_state_changed", state=state)
        until_begun(table)
        gate.send(number)
        gate.ended() if number is signal.SIGTERM else gate.dies_of(number)
        gate.until_alone()
    with egated(config, tmp_path, "second") as gate:
        gate.until_ready()
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
    assert journal(table)[-1] == "device.stopped"
    told = stories(table)
    counted = Counter(kind for kind, _ in told)
    assert (counted["transaction.started"], counted["transaction.closed"]) == (1, 1)
    assert [data["outcome"] for kind, data in told if kind == "transaction.closed"] == [
        OUTCOMES[state]
    ]
