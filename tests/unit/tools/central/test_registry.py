"""The registry of keys: new gates soon known, revoked keys soon gone, strangers cheap."""

from __future__ import annotations

import pytest

from tests.support.central_chains import Gate
from tools.central import registry
from tools.central.records import DeviceKey
from tools.central.registry import Registry


class Source:
    """What is enrolled, and how often somebody looked."""

    def __init__(self) -> None:
        self.keys: dict[str, list[DeviceKey]] = {}
        self.looked = 0

    def read(self, source: str) -> list[DeviceKey]:
        self.looked += 1
        return self.keys.get(source, [])


def test_a_gates_keys_are_read_once() -> None:
    gate, source = Gate(), Source()
    source.keys[gate.source] = gate.enrolled
    found = Registry(source.read)
    keys = [found.of(gate.source) for _ in range(5)]
    assert all(key is not None and len(key) == 1 for key in keys)
    assert source.looked == 1


def test_a_stranger_is_looked_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, source = Gate(), Source()
    found = Registry(source.read)
    assert [found.of(gate.source) for _ in range(5)] == [None] * 5
    assert source.looked == 1
    source.keys[gate.source] = gate.enrolled
    monkeypatch.setattr(registry, "MISSED_S", 0.0)
    assert found.of(gate.source) is not None


def test_a_revoked_key_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, source = Gate(), Source()
    source.keys[gate.source] = gate.enrolled
    found = Registry(source.read)
    assert found.of(gate.source) is not None
    source.keys.clear()
    monkeypatch.setattr(registry, "REFRESH_S", 0.0)
    assert found.of(gate.source) is None
    assert found.of(gate.source) is None


def test_invented_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "STRANGERS_LIMIT", 10)
    found = Registry(Source().read)
    for number in range(100):
        assert found.of(f"/egate/v1/x/{number}") is None
    assert len(found._strangers) <= 10
