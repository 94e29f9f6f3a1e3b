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

from edge.emrtd.contents import Access, AccessProtocol, ChipContents
from edge.emrtd.files import ElementaryFile
from edge.errors import UnreadableMrz
from edge.mrz import MachineReadableZone, parse
from edge.trust import card_security_of, inspect, verify_sod
from tools.gatectl import dump
from tools.gatectl.examined_document import ExaminedDocument
from tools.gatectl.gate_rules import GateRules
from tools.gatectl.trust import now


def verify(  # noqa: PLR0913  # one for each option
    path: Path,
    *,
    material: tuple[Path, ...],
    at: datetime | None,
    printed: tuple[str, ...],
    store: Path,
    config: Path | None,
    policy: Path | None,
    as_json: bool,
) -> None:
    """Run `gatectl verify`."""
    zone, as_of = _zone(printed), at or now()
    rules = GateRules.of(config, policy)
    stopwatch = _Stopwatch()
    files = dump.read(path)
    stopwatch.lap("read")
    trusted = rules.trusted(material, store, as_of)
    stopwatch.lap("trust")
    sod, accept_sha1 = files[ElementaryFile.SOD], rules.chip.accept_sha1
    verdict = verify_sod(sod, trusted, as_of, accept_sha1=accept_sha1)
    stopwatch.lap("signature")
    contents = ChipContents(Access(AccessProtocol.NONE, pace_offered=False), files, None, None)
    signed = card_security_of(contents, trusted, as_of)
    found = inspect(contents, verdict, zone, card_security=signed, dumped=True)
    stopwatch.lap("inspection")
    clock = rules.clock(trusted)
    examined = ExaminedDocument.in_files(zone, found, files, rules.policy, clock, as_of)
    if as_json:
        report = {**examined.report(), "timings_ms": stopwatch.laps_ms}
        click.echo(json.dumps(report, indent=2))
    else:
        click.echo("\n".join((*examined.told(), examined.verdict.told())))
    sys.exit(examined.exit_status)


class _Stopwatch:
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
