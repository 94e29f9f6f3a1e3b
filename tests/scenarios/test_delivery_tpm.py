"""A gate whose TLS key never leaves its TPM: the real daemon, a real broker, a TPM of software.

Everything is done as docs/delivery.md says, which is where the commands and the configuration of
OpenSSL are read from.
"""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal.outbox import Topics
from edge.settings.delivery import Tls
from tests.support import egated as daemon
from tests.support import mosquitto, tpm
from tests.support.egated import STUCK_S, Given, Table, egated, journal, page
from tests.support.fort import HOST, Fort
from tests.support.tpm import SoftwareTpm

DOCUMENT = Path(__file__).parents[2] / "docs/delivery.md"
TOPICS = Topics("airport-1", "lane-1")
pytestmark = [
    pytest.mark.mosquitto,
    mosquitto.needed,
    pytest.mark.tpm,
    pytest.mark.skipif(bool(tpm.missing()), reason=tpm.missing()),
]


@pytest.fixture
def chip() -> Iterator[SoftwareTpm]:
    with SoftwareTpm() as found:
        yield found


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    found = Fort(tmp_path)
    with found.broker:
        yield found


def told(language: str) -> str:
    """The block of a language in the section about the TPM."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("## A key in a TPM")[2]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def enrolled(fort: Fort, chip: SoftwareTpm, folder: Path) -> Tls:
    """A key made in the TPM, and the certificate its request was answered with."""
    for command in told("sh").replace("\\\n", " ").splitlines():
        words = shlex.split(command)
        assert words[0] == "openssl"
        chip.run([str(folder / word) if word.startswith("gate.") else word for word in words[1:]])
    return fort.authority.certify(folder / "gate.csr", folder / "gate.key")


def environment(chip: SoftwareTpm, folder: Path) -> dict[str, str]:
    path = folder / "openssl-tpm.cnf"
    path.write_text(told("ini"), encoding="utf-8")
    return chip.environment | {"OPENSSL_CONF": str(path)}


def lane(fort: Fort, tls: Tls, folder: Path, specimens: Path) -> Table:
    found = daemon.lane(folder, specimens)
    found |= {"site": TOPICS.site, "device": TOPICS.device}
    found["simulation"]["broker"] = False
    found["broker"] = {
        "host": HOST,
        "port": fort.broker.port,
        "tls": {name: str(path) for name, path in tls},
    }
    return found


def test_a_gate_delivers_by_a_key_in_its_tpm_and_again_after_the_broker_was_away(
    fort: Fort, chip: SoftwareTpm, tmp_path: Path, specimens: Path
) -> None:
    tls = enrolled(fort, chip, tmp_path)
    assert tls.key is not None
    assert tls.key.read_text().startswith("-----BEGIN TSS2 PRIVATE KEY-----")
    table = lane(fort, tls, tmp_path, specimens)
    config = daemon.write(tmp_path / "gate.toml", table)
    with (
        fort.central() as central,
        egated(config, tmp_path, given=Given(environment(chip, tmp_path))) as gate,
    ):
        gate.until_ready()
        gate.until_said("broker_connected", session="new")
        assert central.wait_for(lambda found: bool(found.received), STUCK_S)
        fort.broker.kill()
        fort.broker.start()
        gate.until_said("broker_connected", session="new")
        gate.send(signal.SIGTERM)
        assert gate.ended() == 0
        assert central.faults == []
        assert central.received[0].content["type"] == "int.egate.device.started"


@pytest.mark.whole
def test_a_gate_that_has_lost_its_tpm_serves_and_delivers_after_it_was_restarted(
    fort: Fort, chip: SoftwareTpm, tmp_path: Path, specimens: Path
) -> None:
    tls = enrolled(fort, chip, tmp_path)
    table = lane(fort, tls, tmp_path, specimens)
    config = daemon.write(tmp_path / "gate.toml", table)
    found = environment(chip, tmp_path)
    with fort.central() as central:
        with egated(config, tmp_path, "first", Given(found)) as gate:
            gate.until_ready()
            gate.until_said("broker_connected", session="new")
            chip.unplug()
            fort.broker.kill()
            fort.broker.start()
            while "TLS: " not in gate.until_said("broker_connection_failed")["cause"]:
                pass
            assert page(table, "/healthz")[0] == 200
            gate.send(signal.SIGTERM)
            assert gate.ended() == 0
        chip.plug()
        with egated(config, tmp_path, "second", Given(found)) as gate:
            gate.until_ready()
            assert central.wait_for(
                lambda found: len(found.received) >= len(journal(table)), STUCK_S
            )
            gate.send(signal.SIGTERM)
            assert gate.ended() == 0
        assert central.faults == []
