"""The central side at a broker that asks everybody for a certificate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.delivery_settings import Tls
from edge.outbox import Topics
from tests import central, mosquitto
from tests.fort import HOST, Fort
from tests.gatectl import gatectl
from tools.central_key import CentralKey, Use

GATE = Topics("site", "lane-a")
NO_ANSWER = 3
pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(mosquitto.PROGRAM is None, reason="mosquitto is not installed"),
]


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    found = Fort(tmp_path)
    with found.broker:
        yield found


def test_it_takes_events_in_with_its_certificate(fort: Fort, tmp_path: Path) -> None:
    table = central.settings(tmp_path, fort.broker.port)
    table["broker"]["tls"] = named(fort.authority.issue("central"))
    with central.running(tmp_path, table), fort.gate(GATE) as gate:
        gate.happen(5)
        gate.until(lambda: gate.acknowledged == 5)


def test_a_command_comes_through_with_its_certificate(fort: Fort, tmp_path: Path) -> None:
    key = tmp_path / "central.sig.jwk"
    CentralKey.make(Use.SIGN, "Ed25519").write(key)
    tls = named(fort.authority.issue("central"))
    with fort.gate(GATE) as gate:
        gate.until(lambda: gate.connections)
        told = gatectl(
            "command", "diagnostics", "--gate", GATE.root, "--key", str(key), "--wait", "0.5",
            "--broker", f"{HOST}:{fort.broker.port}", "--ca", tls["ca"],
            "--cert", tls["certificate"], "--cert-key", tls["key"],
        )  # fmt: skip
        assert told.status == NO_ANSWER  # of this gate, which only listens
        gate.until(lambda: gate.commands)
        assert gate.commands[0].name == "diagnostics"


def named(tls: Tls) -> dict[str, str]:
    return {name: str(path) for name, path in tls}
