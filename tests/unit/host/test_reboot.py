"""A reboot is asked of a program, and its refusal is told."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from edge.host import reboot


def test_a_program_that_agrees(tmp_path: Any) -> None:
    mark = tmp_path / "rebooted"
    program = [sys.executable, "-c", f"open({str(mark)!r}, 'w')"]
    assert asyncio.run(_run(program))
    assert mark.exists()


async def _run(program: list[str], patience_s: float = 30.0) -> bool:
    return await reboot.by_program(program, patience_s)()


def test_a_program_that_refuses() -> None:
    with pytest.raises(reboot.RebootFailed, match="ended with 3"):
        asyncio.run(_run([sys.executable, "-c", "raise SystemExit(3)"]))


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(reboot.RebootFailed, match="No such file"):
        asyncio.run(_run(["/nowhere/reboot"]))


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(reboot.RebootFailed, match="did not end"):
        asyncio.run(_run([sys.executable, "-c", "import time; time.sleep(600)"], 0.05))


def test_in_training_nothing_is_restarted() -> None:
    assert asyncio.run(_pretended()) is False


async def _pretended() -> bool:
    return await reboot.pretend()
