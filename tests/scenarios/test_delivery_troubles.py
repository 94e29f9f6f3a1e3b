"""Nothing is lost by a month without a broker, a clock that is set, or a broker that dies often."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from edge.journal.capacity import Level, OutboxUsage, judge
from edge.journal.outbox import Topics
from edge.settings.delivery import Broker, JournalSettings
from tests.support import egated as daemon
from tests.support.sending_gate import NOON, SendingGate
from tests.support.tls_authority import Authority
from tools.simulation.broker import VirtualBroker, free_port
from tools.simulation.central import VirtualCentral

MONTH_D = 31
A_DAY = 40
GATES = 30


@pytest.fixture
def broker() -> Iterator[VirtualBroker]:
    with VirtualBroker() as found:
        yield found


def test_a_month_without_a_broker_is_told_and_then_delivered_in_order(tmp_path: Path) -> None:
    port = free_port()
    today = NOON
    with SendingGate(tmp_path, Broker(port=port), clock=lambda: today) as gate:
        levels = [Level.FINE]
        for day in range(MONTH_D):
            today = NOON + timedelta(days=day)
            gate.happen(A_DAY)
            backlog = gate.journal.backlog()
            assert backlog.oldest == NOON
            age_s = (today - NOON).total_seconds()
            standing = OutboxUsage(backlog.events, backlog.octets, age_s, 10**12)
            levels.append(judge(standing, JournalSettings(), levels[-1]).level)
        assert levels == [Level.FINE] * 3 + [Level.ALARM] * (MONTH_D - 2)
        with VirtualBroker(port), VirtualCentral("127.0.0.1", port) as central:
            count = MONTH_D * A_DAY
            gate.until(lambda: gate.acknowledged == count)
            assert [received.sequence for received in central.received] == list(range(1, count + 1))
            assert central.faults == []
            moments = [received.content["recordedtime"] for received in central.received]
            assert moments == sorted(moments)
            assert moments[0][:10] == "2026-11-24"
            assert moments[-1][:10] == "2026-12-24"


def test_a_clock_that_jumps_changes_neither_the_order_nor_the_chain(
    tmp_path: Path, broker: VirtualBroker
) -> None:
    settings = Broker(port=broker.port)
    moments = [NOON + timedelta(days=day) for day in (0, 9000, -9000, 1, 0)]
    with (
        SendingGate(tmp_path, settings) as gate,
        VirtualCentral("127.0.0.1", broker.port) as central,
    ):
        for moment in moments:
            gate.clock = lambda moment=moment: moment  # type: ignore[misc]
            gate.happen(3)
        gate.until(lambda: gate.acknowledged == 15)
        assert [received.sequence for received in central.received] == list(range(1, 16))
        assert central.faults == []
        told = [received.content["recordedtime"][:10] for received in central.received[::3]]
        assert told == [moment.date().isoformat() for moment in moments]


def test_many_gates_lose_nothing_while_the_broker_dies(
    tmp_path: Path, broker: VirtualBroker
) -> None:
    settings = Broker(port=broker.port)
    with VirtualCentral("127.0.0.1", broker.port) as central, ExitStack() as stack:
        gates = [
            stack.enter_context(SendingGate(tmp_path, settings, Topics("fleet", f"lane-{number}")))
            for number in range(GATES)
        ]
        for _ in range(3):
            for gate in gates:
                gate.happen(5)
            broker.kill()
            for gate in gates:
                gate.happen(5)
            broker.start()
        for gate in gates:
            gate.until(partial(_has_all, gate))
        assert len(central.received) == 30 * GATES
        by_gate: dict[str, list[int]] = {}
        for received in central.received:
            by_gate.setdefault(received.content["source"], []).append(received.sequence)
        assert all(found == list(range(1, 31)) for found in by_gate.values())
        assert central.faults == []


def _has_all(gate: SendingGate) -> bool:
    return gate.acknowledged == 30


def test_the_last_good_configuration_needs_no_broker(tmp_path: Path) -> None:
    """A gate that was away for weeks goes on by what stands on its own disk."""
    dead = free_port()
    with SendingGate(tmp_path, Broker(port=dead)) as gate:
        gate.happen(3)
    with SendingGate(tmp_path, Broker(port=dead)) as again:
        assert again.journal.last_sequence == 3
        assert again.journal.backlog().events == 3
        again.happen(1)
        assert again.journal.last_sequence == 4


@pytest.mark.parametrize("kind", ["dead", "silent", "silent in the handshake"])
def test_a_broker_that_never_answers_keeps_neither_travellers_nor_a_stop_waiting(
    tmp_path: Path, specimens: Path, kind: str
) -> None:
    """The whole daemon: a traveller passes, and SIGTERM ends it in good order."""
    table = daemon.lane(tmp_path, specimens)
    table["simulation"] |= {"broker": False, "central": False, "repeat": "genuine"}
    with ExitStack() as stack:
        if kind != "dead":
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            table["broker"] = {"host": "127.0.0.1", "port": silent.getsockname()[1]}
        if kind == "silent in the handshake":
            table["broker"]["tls"] = {"ca": str(Authority(tmp_path).certificate)}
        config = daemon.write(tmp_path / "gate.toml", table)
        with daemon.egated(config, tmp_path) as gate:
            gate.until_ready()
            gate.until_said("transaction_closed", decision="open")
            gate.send(signal.SIGTERM)
            assert gate.ended() == 0
