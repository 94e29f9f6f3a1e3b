"""A broker lets each gate speak for itself only; on Debian's mosquitto, as config/ describes it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.messages import BrokerHealth
from edge.errors import DeliveryError
from edge.journal.outbox import Topics
from edge.mqtt.client import client_id
from edge.settings.delivery import PROTOCOLS, Broker, Tls
from tests.support import mosquitto
from tests.support.central import running, settings
from tests.support.fort import HOST, Fort
from tests.support.sending_gate import PATIENCE_S, SendingGate
from tests.support.tls_authority import Authority, context
from tools.central.leaving import leave
from tools.fleet.mosquitto import Mosquitto
from tools.gatectl.command_client import Address, CommandClient
from tools.simulation.broker import free_port

A, B = Topics("site", "lane-a"), Topics("site", "lane-b")
PASSWORD = "a password of a test"  # noqa: S105
pytestmark = [
    pytest.mark.mosquitto,
    mosquitto.needed,
    # Paho leaves the socket of a failed handshake to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    found = Fort(tmp_path)
    with found.broker:
        yield found


def until(met: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_gate_with_its_certificate_delivers(fort: Fort, protocol: str) -> None:
    with fort.central(protocol) as central, fort.gate(A, protocol=protocol) as gate:
        gate.happen(300)
        gate.until(lambda: gate.acknowledged == 300)
        assert [received.sequence for received in central.received] == list(range(1, 301))
        assert gate.publisher.health() == BrokerHealth(connected=True, fault="", denied={})


def test_the_central_side_shows_its_certificate(fort: Fort, tmp_path: Path) -> None:
    roles = ("steward", "worker-0")
    steward, _ = (fort.authority.issue(f"central/{role}") for role in roles)
    table = settings(tmp_path, fort.broker.port)
    files = {name: str(file).replace("steward", "{role}") for name, file in steward}
    table["broker"] |= {"host": HOST, "tls": files}
    with fort.gate(A) as gate, running(tmp_path, table) as side:
        gate.happen(20)
        gate.until(lambda: gate.acknowledged == 20)
        # A renewed one is shown by the next connection.
        for role in roles:
            fort.authority.issue("nobody", file=f"central-{role}")
        fort.broker.kill()
        fort.broker.start()
        side.until_said("broker_connection_lost")
        gate.happen(1)
        side.until_said("event_subscription_opened")
        for role in roles:
            fort.authority.issue(f"central/{role}")
        fort.broker.kill()
        fort.broker.start()
        gate.until(lambda: gate.acknowledged == 21)


def test_an_order_shows_its_certificate(fort: Fort) -> None:
    address = Address(HOST, fort.broker.port, tls=fort.authority.issue("central/command"))
    with fort.gate(A) as gate:
        gate.until(lambda: gate.is_connected)
        with CommandClient(address, A.root, "diagnostics") as client:
            assert list(client.send("1", "no token", 0.1)) == []
            gate.until(lambda: gate.commands)


def test_who_may_not_command_is_told_so(fort: Fort) -> None:
    address = Address(HOST, fort.broker.port, tls=fort.authority.issue(f"{A.site}/{A.device}"))
    with (
        CommandClient(address, A.root, "diagnostics") as client,
        pytest.raises(DeliveryError, match=r"refuses the command: Not authorized"),
    ):
        list(client.send("1", "no token", PATIENCE_S))


def test_a_gate_without_a_certificate_is_refused(fort: Fort) -> None:
    bare = Tls(ca=fort.authority.certificate)
    with fort.gate(A, bare) as gate:
        gate.happen(1)
        until(lambda: gate.publisher.health().fault)
        assert not gate.publisher.connected
        assert gate.connections == []


def test_a_gate_without_tls_is_refused(fort: Fort) -> None:
    with SendingGate(fort.folder, fort.settings(None), A) as gate:
        until(lambda: gate.publisher.health().fault)
        assert gate.connections == []


def test_the_certificate_of_another_authority_is_refused(fort: Fort, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    forged = Authority(tmp_path / "other").issue(f"{A.site}/{A.device}")
    forged = forged.model_copy(update={"ca": fort.authority.certificate})
    with fort.gate(A, forged) as gate:
        until(lambda: gate.publisher.health().fault)
        assert gate.connections == []


def test_a_broker_of_another_authority_is_not_trusted(fort: Fort, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    own = fort.authority.issue(f"{A.site}/{A.device}")
    deceived = own.model_copy(update={"ca": Authority(tmp_path / "other").certificate})
    with fort.gate(A, deceived) as gate:
        until(lambda: "certificate" in gate.publisher.health().fault)
        assert gate.connections == []


def test_a_broker_with_another_name_is_not_trusted(tmp_path: Path) -> None:
    fort = Fort(tmp_path, host="another.example")
    with fort.broker, fort.gate(A) as gate:
        until(lambda: "IP address mismatch" in gate.publisher.health().fault)
        assert gate.connections == []


def test_a_gate_cannot_publish_in_the_name_of_another(fort: Fort) -> None:
    impostor = fort.authority.issue(f"{A.site}/{A.device}")
    with fort.central() as central, fort.gate(B, impostor) as gate:
        gate.happen(3)
        until(lambda: gate.publisher.health().denied)
        assert gate.publisher.health().denied == {"publish": "Not authorized"}
        with fort.gate(A) as honest:
            honest.happen(1)
            honest.until(lambda: honest.acknowledged == 1)
        assert all("lane-b" not in received.topic for received in central.received)
        assert all("lane-b" not in topic for topic in central.retained)
        assert gate.acknowledged == 0
        assert gate.journal.backlog().events == 3  # nothing of it counts as delivered


def test_a_gate_cannot_hear_what_is_said_to_another(fort: Fort) -> None:
    """Commands and acknowledgements for B never reach whoever holds the certificate of A."""
    spy = fort.authority.issue(f"{A.site}/{A.device}")
    heard: list[str] = []
    listening = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, "spy", protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(context(spy))

    def on_connect(found: Client, *_: Any) -> None:
        found.subscribe([("#", 1), (f"{B.root}/#", 1), (f"{A.root}/#", 1)])

    def on_message(_client: Client, _data: Any, message: MQTTMessage) -> None:
        heard.append(message.topic)

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: listening.set()
    client.on_message = on_message
    client.connect(HOST, fort.broker.port)
    client.loop_start()
    assert listening.wait(PATIENCE_S)
    with fort.central(), fort.gate(B) as gate:
        gate.happen(5)
        gate.until(lambda: gate.acknowledged == 5)
        for root in (B.root, A.root):
            order(fort, f"{root}/cmd/diagnostics", json.dumps({"sequence": 0}))
        gate.until(lambda: gate.commands)
        until(lambda: heard)
    leave(client)
    assert set(heard) == {f"{A.root}/cmd/diagnostics"}  # once for each filter


def order(fort: Fort, topic: str, body: str) -> None:
    """Publish as whoever may order."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(context(fort.authority.issue("central/command")))
    client.connect(HOST, fort.broker.port)
    client.loop_start()
    client.publish(topic, body, qos=1).wait_for_publish(PATIENCE_S)
    leave(client)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_gate_cannot_take_over_the_session_of_another(fort: Fort, protocol: str) -> None:
    """A client id is the certificate's name, whatever the client calls itself."""
    with fort.central(protocol), fort.gate(B, protocol=protocol) as gate:
        gate.happen(1)
        gate.until(lambda: gate.acknowledged == 1)
        version = PROTOCOLS[protocol]
        thief = Client(
            CallbackAPIVersion.VERSION2,
            client_id(B),
            protocol=version,
            clean_session=None if version == MQTTProtocolVersion.MQTTv5 else False,
        )
        thief.tls_set_context(context(fort.authority.issue(f"{A.site}/{A.device}")))
        heard: list[str] = []
        resumed: list[bool] = []
        thief.on_message = lambda _client, _data, message: heard.append(message.topic)
        thief.on_connect = lambda _c, _d, flags, *_: resumed.append(flags.session_present)
        if protocol == "5":
            thief.connect(HOST, fort.broker.port, clean_start=False)
        else:
            thief.connect(HOST, fort.broker.port)
        thief.loop_start()
        until(lambda: resumed)
        order(fort, f"{B.root}/cmd/diagnostics", "{}")
        gate.until(lambda: gate.commands)
        leave(thief)
        assert resumed == [False]
        assert heard == []
        assert len(gate.connections) == 1  # it was never thrown off
        gate.happen(1)
        gate.until(lambda: gate.acknowledged == 2)


def test_a_renewed_certificate_is_used_by_the_next_connection(fort: Fort) -> None:
    wrong = fort.authority.issue(f"{B.site}/{B.device}", file="gate")
    with fort.central(), fort.gate(A, wrong) as gate:
        gate.happen(1)
        until(lambda: gate.publisher.health().denied)
        fort.authority.issue(f"{A.site}/{A.device}", file="gate")
        fort.broker.kill()
        fort.broker.start()
        gate.until(lambda: gate.acknowledged == 1)
        assert gate.publisher.health().denied == {}


def test_a_half_renewed_certificate_does_not_cut_the_gate_off(fort: Fort) -> None:
    with fort.central(), fort.gate(A) as gate:
        gate.happen(1)
        gate.until(lambda: gate.acknowledged == 1)
        tls = fort.authority.issue(f"{A.site}/{A.device}")
        assert tls.certificate is not None
        tls.certificate.unlink()
        fort.broker.kill()
        fort.broker.start()
        gate.happen(1)
        gate.until(lambda: gate.acknowledged == 2)


def test_a_user_and_a_password_are_enough_where_the_broker_says_so(tmp_path: Path) -> None:
    passwords, password = tmp_path / "passwords", tmp_path / "password"
    passwords.write_text(f"gate:{_hashed(PASSWORD)}\n", encoding="utf-8")
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    for file in (passwords, password):
        file.chmod(0o600)
    config = (
        f"user root\nlistener {{port}} {HOST}\nallow_anonymous false\npassword_file {passwords}\n"
    )
    with Mosquitto(tmp_path, config) as broker:
        known = Broker(host=HOST, port=broker.port, username="gate", password_file=password)
        with SendingGate(tmp_path, known, A) as gate:
            gate.until(lambda: gate.connections)
            assert gate.connections == [True]
        unknown = Broker(host=HOST, port=broker.port, username="nobody", password_file=password)
        with SendingGate(tmp_path, unknown, B) as stranger:
            until(lambda: stranger.publisher.health().fault)
            assert stranger.connections == []


def test_a_dead_port_is_told_in_words(tmp_path: Path) -> None:
    with SendingGate(tmp_path, Broker(host=HOST, port=free_port()), A) as gate:
        until(lambda: gate.publisher.health().fault == "connection refused")


def _hashed(password: str) -> str:
    """As mosquitto_passwd writes it: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    words = (base64.b64encode(part).decode() for part in (salt, derived))
    return f"$7$101${'$'.join(words)}"
