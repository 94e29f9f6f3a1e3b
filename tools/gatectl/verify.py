"""gatectl verify: passive authentication of dumped files, with the checks the gate makes."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from edge.checks import Check, Result
from edge.emrtd.contents import Access, AccessProtocol, ChipContents
from edge.emrtd.files import ElementaryFile
from edge.errors import UnreadableMrz
from edge.mrz import MachineReadableZone, parse
from edge.trust import card_security_of, inspect, verify_sod
from tools.gatectl import dump
from tools.gatectl.trust import now, trusted_with


def verify(  # noqa: PLR0913  # one for each option
    path: Path,
    *,
    material: tuple[Path, ...],
    at: datetime | None,
    printed: tuple[str, ...],
    store: Path,
    as_json: bool,
) -> None:
    """Run `gatectl verify`."""
    zone, as_of = _zone(printed), at or now()
    clock = _Clock()
    files = dump.read(path)
    clock.lap("read")
    trusted = trusted_with(store, material, as_of)
    clock.lap("trust")
    verdict = verify_sod(files[ElementaryFile.SOD], trusted, as_of)
    clock.lap("signature")
    contents = ChipContents(Access(AccessProtocol.NONE, pace_offered=False), files, None, None)
    signed = card_security_of(contents, trusted, as_of)
    found = inspect(contents, verdict, zone, card_security=signed, dumped=True)
    clock.lap("inspection")
    if as_json:
        checks = [
            {"id": c.id.value, "result": c.result.value, "detail": c.detail} for c in found.checks
        ]
        report = {"issuer": found.issuer, "checks": checks, "timings_ms": clock.laps_ms}
        click.echo(json.dumps(report, indent=2))
    else:
        click.echo(f"issuer: {found.issuer or 'unknown'}")
        click.echo("\n".join(_line(check) for check in found.checks))
    sys.exit(1 if any(check.result is Result.FAILED for check in found.checks) else 0)


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._last_s = time.perf_counter()
        self.laps_ms: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now_s = time.perf_counter()
        self.laps_ms[name] = round((now_s - self._last_s) * 1000, 3)
        self._last_s = now_s


def _zone(printed: Sequence[str]) -> MachineReadableZone | None:
    """Read the MRZ as given: lines apart, joined by line breaks, or as one text."""
    if not printed:
        return None
    lines = [line for text in printed for line in re.split(r"\s+|\\n|,|\|", text.strip()) if line]
    try:
        return parse([line.upper() for line in lines])
    except UnreadableMrz as error:
        raise click.BadParameter(
            "not a machine readable zone of two or three lines", param_hint="--mrz"
        ) from error


def _line(check: Check) -> str:
    detail = f"  {check.detail}" if check.detail else ""
    return f"{check.id.value:28} {check.result.value:14}{detail}".rstrip()
