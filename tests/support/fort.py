"""A broker that lets each gate speak for itself only: mosquitto as config/ describes it."""

from __future__ import annotations

from pathlib import Path

from edge.journal.outbox import Topics
from edge.settings.delivery import Broker, Tls
from tests.support.sending_gate import SendingGate
from tests.support.tls_authority import Authority, context
from tools.fleet.mosquitto import Mosquitto
from tools.simulation.central import VirtualCentral

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"


class Fort:
    """The broker of config/mosquitto.example.conf with certificates of a test."""

    def __init__(self, folder: Path, host: str = HOST) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        server = self.authority.issue("broker", host=host)
        text = (ROOT / "config/mosquitto.example.conf").read_text(encoding="utf-8")
        for shipped, ours in {
            "listener 8883": f"listener {{port}} {HOST}",
            "/etc/mosquitto/certs/gates-ca.pem": str(server.ca),
            "/etc/mosquitto/certs/broker.pem": str(server.certificate),
            "/etc/mosquitto/certs/broker.key": str(server.key),
            "/etc/mosquitto/mosquitto.example.acl": str(self._acl()),
            "/var/lib/mosquitto/": f"{folder}/",
        }.items():
            assert shipped in text
            text = text.replace(shipped, ours)
        # As root mosquitto would become another user, who may not read what a test wrote.
        self.broker = Mosquitto(folder, f"user root\n{text}")

    def _acl(self) -> Path:
        path = self.folder / "gates.acl"
        shipped = (ROOT / "config/mosquitto.example.acl").read_text(encoding="utf-8")
        path.write_text(shipped, encoding="utf-8")
        path.chmod(0o600)
        return path

    def settings(self, tls: Tls | None, protocol: str = "5") -> Broker:
        return Broker.model_validate(
            {"host": HOST, "port": self.broker.port, "protocol": protocol, "tls": tls}
        )

    def gate(self, topics: Topics, tls: Tls | None = None, protocol: str = "5") -> SendingGate:
        tls = tls or self.authority.issue(f"{topics.site}/{topics.device}")
        return SendingGate(self.folder, self.settings(tls, protocol), topics)

    def central(self, protocol: str = "5") -> VirtualCentral:
        found = VirtualCentral(HOST, self.broker.port, protocol)
        found._client.tls_set_context(context(self.authority.issue("central/worker-0")))
        return found
