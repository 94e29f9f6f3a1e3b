"""How long a gate waits before it tries its broker again."""

from __future__ import annotations

import pytest

from edge.mqtt.back_off import BackOff


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_pauses_double_up_to_half_a_minute_and_are_spread_by_half(chance: float) -> None:
    back_off = BackOff(lambda: chance)
    lengths_s = [1, 2, 4, 8, 16, 30, 30]
    assert [back_off.next_s() for _ in lengths_s] == [(0.5 + chance) * each for each in lengths_s]


def test_after_a_reset_the_first_pause_comes_again() -> None:
    back_off = BackOff(lambda: 0.5)
    for _ in range(4):
        back_off.next_s()
    back_off.reset()
    assert [back_off.next_s(), back_off.next_s()] == [1.0, 2.0]
