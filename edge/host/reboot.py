"""Restarts the computer of the gate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import structlog

from edge.errors import EdgeError

PATIENCE_S = 30.0
KILLED_S = 2.0

Rebooter: TypeAlias = Callable[[], Awaitable[bool]]
"""Asks for a restart; True when it comes.  RebootFailed when it was refused."""

log = structlog.get_logger()


class RebootFailed(EdgeError):
    """The computer was not restarted; the message says why."""


async def pretend() -> bool:
    """Restart nothing: in training the computer has other work."""
    log.info("reboot_skipped")
    return False


def by_program(argv: Sequence[str], patience_s: float = PATIENCE_S) -> Rebooter:
    """Restart by a program such as `systemctl reboot`, which ends within `patience_s`."""

    async def reboot() -> bool:
        quiet = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=quiet, stdout=quiet, stderr=quiet
            )
        except OSError as error:
            raise RebootFailed(f"{argv[0]}: {error.strerror}") from error
        try:
            async with asyncio.timeout(patience_s):
                status = await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            with contextlib.suppress(TimeoutError):  # the kernel ends it when it can
                async with asyncio.timeout(KILLED_S):
                    await process.wait()
            raise RebootFailed(f"{argv[0]} did not end in {patience_s:.0f} s") from None
        if status != 0:
            raise RebootFailed(f"{argv[0]} ended with {status}")
        return True

    return reboot
