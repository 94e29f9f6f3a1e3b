"""The central side as an operator meets it: real processes, real brokers, gates that keep on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.settings.delivery import Broker
from tests.support import central, egated, mosquitto, postgresql
from tests.support.central import bodies, bodies_of, heads, running, settings, until
from tests.support.central_chains import Gate
from tests.support.egated import STUCK_S, Table
from tests.support.gates import Gates
from tests.support.postgresql import Postgresql
from tests.support.sending_gate import TOPICS, SendingGate
from tools.central.commands import central as main_group
from tools.central.sqlite import Sqlite
from tools.central.store import Store
from tools.fleet import audit
from tools.fleet.mosquitto import Mosquitto
from tools.simulation.broker import VirtualBroker, free_port

AnyBroker = VirtualBroker | Mosquitto


MOSQUITTO = pytest.param("mosquitto", marks=pytest.mark.mosquitto)
ON_MOSQUITTO = pytest.mark.parametrize("broker", [MOSQUITTO], indirect=True)


@pytest.fixture(params=["iotcore-5"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyBroker]:
    if request.param == "mosquitto":
        if mosquitto.missing():
            pytest.skip(mosquitto.missing())
        with Mosquitto(tmp_path) as real:
            yield real
    else:
        with VirtualBroker(protocol=request.param.removeprefix("iotcore-")) as virtual:
            yield virtual


@pytest.fixture
def gates() -> list[Gate]:
    return [Gate(f"hall/lane-{number}", number) for number in range(1, 6)]


def command(*arguments: str) -> str:
    """Run `egate-central`; what it prints."""
    return CliRunner().invoke(main_group, arguments, catch_exceptions=False).stdout


def assert_all_there(table: Table, sent: Gates) -> None:
    """Every event that was written is stored, once, in order, byte for byte."""
    assert bodies(table) == sent.written


@ON_MOSQUITTO
def test_three_workers_share_the_events_and_nothing_is_lost_or_doubled(
    tmp_path: Path, broker: AnyBroker, gates: list[Gate]
) -> None:
    table = settings(tmp_path, broker.port, workers=3)
    with Gates(broker.port, gates) as sent, running(tmp_path, table) as side:
        side.until_said("gate_enrolled_on_first_use")
        for _ in range(4):
            for gate in gates:
                sent.happen(gate, 25)
        assert sent.until_acknowledged(STUCK_S)
        assert len(side.workers()) == 3
        assert side.stop() == 0
        assert side.errors == ""
    assert_all_there(table, sent)


@ON_MOSQUITTO
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    tmp_path: Path, broker: AnyBroker, gates: list[Gate]
) -> None:
    table = settings(tmp_path, broker.port, workers=2, batch=50)
    with Gates(broker.port, gates) as sent, running(tmp_path, table) as side:
        for round_ in range(3):
            for gate in gates:
                sent.happen(gate, 40)
            until(lambda: sum(heads(table).values()) > 0, "something is stored")
            os.kill(side.workers()[round_ % 2], signal.SIGKILL)
            side.until_said("worker_replaced")
            sent.send_again()
        assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
    assert_all_there(table, sent)


def test_the_whole_central_side_killed_and_started_later_catches_up_by_itself(
    tmp_path: Path, broker: AnyBroker, gates: list[Gate]
) -> None:
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, gates) as sent:
        with running(tmp_path, table, "first") as side:
            for gate in gates:
                sent.happen(gate, 10)
            assert sent.until_acknowledged(STUCK_S)
            workers = side.kill()
            until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "they end")
        for gate in gates:
            sent.happen(gate, 30)  # the broker takes them, and nobody hears
        with running(tmp_path, table, "second") as side:
            assert sent.until_acknowledged(STUCK_S)
            assert side.stop() == 0
    assert_all_there(table, sent)


@ON_MOSQUITTO
def test_a_broker_that_is_killed_loses_nothing(
    tmp_path: Path, broker: AnyBroker, gates: list[Gate]
) -> None:
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, gates) as sent, running(tmp_path, table) as side:
        for gate in gates:
            sent.happen(gate, 10)
        assert sent.until_acknowledged(STUCK_S)
        broker.kill()
        for gate in gates:
            sent.happen(gate, 10)
        broker.start()
        assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
    assert_all_there(table, sent)


def test_events_that_were_lost_on_the_way_are_asked_for(tmp_path: Path, broker: AnyBroker) -> None:
    gate = Gate()
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, [gate]) as sent, running(tmp_path, table) as side:
        sent.happen(gate, 3)
        assert sent.until_acknowledged(STUCK_S)
        sent.replays.clear()
        sent.written[gate.source] += [gate.write(), gate.write()]  # never sent
        sent.happen(gate, 2)
        assert sent.until_asked(STUCK_S)
        assert sent.replays[0][1]["from"] == 4
        assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
    assert_all_there(table, sent)


def test_the_last_events_lost_are_missed_by_the_signed_head(
    tmp_path: Path, broker: AnyBroker
) -> None:
    gate = Gate()
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, [gate]) as sent, running(tmp_path, table) as side:
        sent.happen(gate, 3)
        assert sent.until_acknowledged(STUCK_S)
        sent.written[gate.source] += [gate.write(), gate.write()]  # never sent, and nothing after
        sent.tell_head(gate)
        assert sent.until_acknowledged(STUCK_S, send_again=False)
        assert side.stop() == 0
    assert_all_there(table, sent)


def test_a_gate_is_believed_by_the_key_that_was_enrolled(tmp_path: Path, broker: AnyBroker) -> None:
    gate, impostor = Gate(), Gate(number=2)
    table = settings(tmp_path, broker.port, trust_on_first_use=False)
    config = str(egated.write(tmp_path / "cli.toml", table))
    with running(tmp_path, table) as side:
        side.until_said("event_subscription_opened")
        with Gates(broker.port, [impostor]) as sent:
            sent.happen(impostor, 3)
            side.until_said("message_refused", reason="unknown_device")
        key = tmp_path / "key.json"
        key.write_text(json.dumps({"keys": [gate.key.public_jwk(gate.source)]}))
        told = command("enroll", gate.name, "--jwk", str(key), "--config", config)
        assert "enrolled" in told
        with Gates(broker.port, [impostor]) as sent:
            sent.happen(impostor, 3)
            side.until_said("message_refused", reason="key_changed")

            def refused() -> bool:
                sent.send_again()
                return "unknown_key" in command("quarantine", "--config", config)

            until(refused, "the impostor's events are refused")
        with Gates(broker.port, [gate]) as sent:
            sent.happen(gate, 3)
            assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
    assert_all_there(table, sent)
    assert f"{gate.journal}\t3" in command("chains", "--config", config)
    told = command("quarantine", "--config", config)
    assert "unknown_key" in told
    assert "key_changed" in told


def test_a_store_that_does_not_take_events_keeps_the_gates_waiting(
    tmp_path: Path, broker: AnyBroker
) -> None:
    gate = Gate()
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, [gate]) as sent, running(tmp_path, table) as side:
        sent.happen(gate, 5)
        assert sent.until_acknowledged(STUCK_S)
        held = sqlite3.connect(table["store"]["path"], isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        sent.happen(gate, 5)
        assert not sent.until_acknowledged(1.0)
        held.execute("ROLLBACK")
        held.close()
        assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
    assert_all_there(table, sent)


def test_an_event_the_store_does_not_take_stops_nobody_else(
    tmp_path: Path, broker: AnyBroker
) -> None:
    """Whatever it is about that one, the rest of its batch and every other gate go on."""
    poisoned, other = Gate("hall/lane-1", 1), Gate("hall/lane-2", 2)
    table = settings(tmp_path, broker.port)
    with Gates(broker.port, [poisoned, other]) as sent, running(tmp_path, table) as side:
        for gate in (poisoned, other):
            sent.happen(gate, 2)
        assert sent.until_acknowledged(STUCK_S)
        with closing(sqlite3.connect(table["store"]["path"])) as store:
            chain = store.execute("SELECT id FROM chain WHERE source LIKE '%lane-1'").fetchone()[0]
            store.execute(
                f"CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.chain = {chain}"
                " AND NEW.sequence = 4 BEGIN SELECT RAISE(ABORT, 'not this one'); END"
            )
            sent.happen(poisoned, 2)
            sent.happen(other, 20)
            side.until_said("message_refused", reason="store")
            until(lambda: sent.acknowledged[other.source] == 22, "the other gate is heard")
            assert heads(table)[poisoned.chain] == 3
            store.execute("DROP TRIGGER refuse")
        assert sent.until_acknowledged(STUCK_S)
        assert side.stop() == 0
        assert side.errors == ""
    assert_all_there(table, sent)


@pytest.mark.whole
@pytest.mark.postgresql
def test_a_postgresql_that_is_killed_loses_nothing(
    tmp_path: Path, broker: AnyBroker, gates: list[Gate]
) -> None:
    if postgresql.missing():
        pytest.skip(postgresql.missing())
    with Postgresql() as server:
        conninfo = server.database()
        table = settings(tmp_path, broker.port, workers=2)
        table["store"] = {"kind": "postgresql", "conninfo": conninfo}
        with Gates(broker.port, gates) as sent, running(tmp_path, table) as side:
            for gate in gates:
                sent.happen(gate, 10)
            assert sent.until_acknowledged(STUCK_S)
            server.stop()
            for gate in gates:
                sent.happen(gate, 10)
            side.until_said("store_failed")
            server.start()
            assert sent.until_acknowledged(STUCK_S)
            assert side.stop() == 0
        from tools.central.postgres import Postgres

        assert bodies_of(Postgres(conninfo)) == sent.written


@pytest.mark.parametrize("workers", [1, pytest.param(3, marks=pytest.mark.mosquitto)])
def test_a_gate_whose_disk_was_turned_back_delivers_all_it_writes(
    tmp_path: Path, workers: int
) -> None:
    """With the journal, the outbox and the publisher of a real gate."""
    if workers > 1 and mosquitto.missing():
        pytest.skip(mosquitto.missing())
    with Mosquitto(tmp_path) if workers > 1 else VirtualBroker() as broker:
        table = settings(tmp_path, broker.port, workers=workers)
        settings_of_gate = Broker(port=broker.port)
        with running(tmp_path, table) as side:
            written: list[bytes] = []
            for life in ("before", "lost", "after"):
                gate = SendingGate(tmp_path, settings_of_gate)
                with gate:
                    gate.happen(40)
                    last = gate.journal.last_sequence
                    gate.until(lambda: gate.acknowledged == last)  # noqa: B023  # waited for here
                    gate.journal.append([], acknowledged=last)
                    assert gate.journal.backlog().events == 0
                    written += audit.bodies_of(gate.path.parent)
                saved = tmp_path / "saved.db"
                if life == "before":
                    shutil.copy(gate.path, saved)
                elif life == "lost":
                    shutil.copy(saved, gate.path)
            assert side.until_said("message_refused", reason="forked")["device"] == TOPICS.source
            assert side.stop() == 0
    with closing(Store(Sqlite(Path(table["store"]["path"])))) as store:
        stored = [kept.body for kept in store.events(audit.EARLIEST, audit.LATEST)]
    assert sorted(stored) == sorted({*written})
    assert len({*written}) == 120
    config = str(egated.write(tmp_path / "cli.toml", table))
    assert "80\tforked" in command("chains", "--config", config)


def test_a_broker_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    with running(tmp_path, settings(tmp_path, free_port())) as side:
        side.until_said("broker_connection_failed", cause="connection refused")
        assert side.stop() == 0


def test_one_worker_works_with_mqtt_3_1_1_and_two_are_refused(tmp_path: Path) -> None:
    gate = Gate()
    with VirtualBroker(protocol="3.1.1") as broker:
        table = settings(tmp_path, broker.port)
        table["broker"]["protocol"] = "3.1.1"
        with Gates(broker.port, [gate], "3.1.1") as sent, running(tmp_path, table) as side:
            sent.happen(gate, 30)
            assert sent.until_acknowledged(STUCK_S)
            assert side.stop() == 0
        assert_all_there(table, sent)
        table["intake"]["workers"] = 2
        with running(tmp_path, table, "two") as side:
            assert side.ended() == 78
            assert "MQTT 5" in side.errors


def test_the_real_gate_and_the_central_side_start_in_any_order_and_again(
    tmp_path: Path, specimens: Path
) -> None:
    lane = egated.lane(tmp_path, specimens)
    config = egated.write(tmp_path / "gate.toml", lane)
    table = settings(tmp_path, lane["broker"]["port"])

    def caught_up() -> bool:
        return sum(heads(table).values()) >= len(egated.journal(lane)) > 0

    with running(tmp_path, table, "first") as side:
        with egated.egated(config, tmp_path, "one") as gate:
            gate.until_ready()
            until(caught_up, "the first start is stored")
        with egated.egated(config, tmp_path, "two") as gate:
            gate.until_ready()
            until(caught_up, "the second start is stored")
            assert side.stop() == 0
            with running(tmp_path, table, "second") as again:
                again.until_said("event_subscription_opened")
                gate.send(signal.SIGTERM)
                assert gate.ended() == 0
                assert again.stop() == 0
    (stored,) = bodies(table).values()
    connection = sqlite3.connect(f"file:{lane['state_dir']}/journal.db?mode=ro", uri=True)
    written = [b for (b,) in connection.execute("SELECT body FROM journal ORDER BY sequence")]
    connection.close()
    assert stored == written[: len(stored)]
    assert central.heads(table)


def test_where_nothing_else_acknowledges_events_wait_until_it_has_stored_them(
    tmp_path: Path, specimens: Path
) -> None:
    """`make run` without the central system of the virtual lane, then `make central`."""
    lane = egated.lane(tmp_path, specimens)
    lane["simulation"]["central"] = False
    table = settings(tmp_path, lane["broker"]["port"])
    with egated.egated(egated.write(tmp_path / "gate.toml", lane), tmp_path) as gate:
        gate.until_ready()
        until_outbox(lane, lambda found: found["connected"] and found["depth"] > 0)
        with running(tmp_path, table) as side:
            side.until_said("gate_enrolled_on_first_use")
            until_outbox(lane, lambda found: found["depth"] == 0)
            assert list(heads(table).values()) == [len(egated.journal(lane))]
            assert side.stop() == 0


def until_outbox(lane: Table, suits: Callable[[Table], bool]) -> None:
    """Wait until the gate says so of what waits for the central system."""
    egated.until_page(lane, "/healthz", lambda found: suits(found["outbox"]))
