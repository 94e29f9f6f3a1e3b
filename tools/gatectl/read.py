"""gatectl read: a document on a PC/SC reader, step by step, with every check."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from drivers import registry
from drivers.virtual.chip.personalisation import FILE_NAMES
from edge import mrz
from edge.border import eligibility
from edge.border.policy import Policy
from edge.contract.json_object import JsonObject
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg1
from edge.emrtd.progress import AccessGranted, Advanced, FileRead, Progress
from edge.errors import EdgeError, MalformedFile, SettingsError, UnreadableMrz
from edge.lane.document_inspection import InspectionTerms, PrintedPage
from edge.mrz import MachineReadableZone
from tools.gatectl import printed, reading
from tools.gatectl.examined_document import ExaminedDocument
from tools.gatectl.gate_rules import GateRules
from tools.gatectl.reading import Reading
from tools.gatectl.trust import now
from tools.specimen.description import SPECIMEN_ISSUERS


def read(  # noqa: PLR0913, PLR0917  # one for each option
    reader: str,
    lines: tuple[str, ...],
    can: str | None,
    trust: tuple[Path, ...],
    store: Path,
    config: Path | None,
    policy: Path | None,
    wait_s: float,
    show: bool,
    save: Path | None,
    as_json: bool,
) -> None:
    """Run `gatectl read`."""
    page = printed.take(lines, can)
    for name in printed.mistyped(page):
        click.echo(f"the check digit of {name} does not fit: is it mistyped?", err=True)
    rules = GateRules.of(config, policy)
    if save is not None:
        _require_empty(save)
    at = now()
    trusted = rules.trusted(trust, store, at)
    clock = rules.clock(trusted)
    terms = InspectionTerms(
        settings=rules.chip.model_copy(update={"wait_s": wait_s}),
        store=trusted,
        at=at,
        random=secrets.token_bytes,
        besides=_besides(page, clock.date_of(at), rules.policy),
    )
    found = _read(reader, page, terms)
    examined = ExaminedDocument.on_reader(page.zone, found.outcome, rules.policy, clock, at)
    zone = _zone(found)
    report = _report(found, examined, zone if show else None)
    click.echo(json.dumps(report, indent=2) if as_json else _told(found, examined, report))
    if found.fault is not None:
        raise EdgeError(found.fault.text)
    if save is not None:
        _save(found, save, rules.in_training or _is_specimen(zone))
    sys.exit(examined.exit_status)


def _besides(page: PrintedPage, today: date, policy: Policy) -> tuple[ElementaryFile, ...]:
    """The files that the gate reads besides; DG12 where no MRZ tells whether it is wanted."""
    if page.zone is None:
        return (ElementaryFile.DG12,)
    return eligibility.files_to_read(page.zone, today, policy)


def _read(reader: str, page: PrintedPage, terms: InspectionTerms) -> Reading:
    driver = registry.load("pcsc")
    with driver(driver.Settings(reader=reader)) as opened:
        click.echo("lay the document on the reader and leave it there ...", err=True)
        return reading.read(opened.connect, page, terms, _progress())


def _progress() -> Callable[[Progress], None]:
    """Lines as things happen; the share that has arrived where somebody watches."""
    watched = sys.stderr.isatty()
    over = "\r" if watched else ""

    def tell(progress: Progress) -> None:
        match progress:
            case AccessGranted(access):
                click.echo(f"open by {access.protocol}", err=True)
            case FileRead(file, content):
                click.echo(f"{over}{file.name:13} {len(content):7} bytes", err=True)
            case Advanced(done, total) if watched:
                click.echo(f"\r{100 * done // max(total, 1):3} %", err=True, nl=False)
            case _:
                pass

    return tell


def _zone(found: Reading) -> MachineReadableZone | None:
    """The MRZ in DG1 as read, proven or not; None when there is none."""
    try:
        return mrz.parse(dg1.decode(found.files[ElementaryFile.DG1]))
    except (KeyError, MalformedFile, UnreadableMrz):
        return None


def _report(
    found: Reading, examined: ExaminedDocument, shown: MachineReadableZone | None
) -> JsonObject:
    report: JsonObject = {
        **examined.report(),
        "timings_ms": {step.name: round(step.millis, 1) for step in found.steps},
        "commands": {step.name: step.commands for step in found.steps if step.commands},
        "files": {file.name: len(content) for file, content in found.files.items()},
    }
    if found.fault is not None:
        report["fault"] = {"kind": found.fault.kind, "text": found.fault.text}
    if shown is not None:
        report["mrz"] = list(shown.lines)
    return report


def _told(found: Reading, examined: ExaminedDocument, report: JsonObject) -> str:
    issuer, *checks = examined.told()
    lines = [issuer, *report.get("mrz", ()), *checks]
    lines += [
        f"{step.name:26} {step.millis:8.1f} ms"
        + (f" {step.commands:4} commands {step.transferred:7} bytes" if step.commands else "")
        for step in found.steps
    ]
    whole = sum(step.millis for step in found.steps)
    lines += [f"{'together':26} {whole:8.1f} ms", examined.verdict.told()]
    return "\n".join(lines)


def _is_specimen(zone: MachineReadableZone | None) -> bool:
    return zone is not None and zone.issuing_state in SPECIMEN_ISSUERS


def _require_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; name a new folder")


def _save(found: Reading, folder: Path, allowed: bool) -> None:
    if not allowed:
        raise SettingsError(
            "not saved: the files of a document may be kept only if it is a specimen (UTO), or by"
            ' a gate with operation = "training" (--config)'
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file, content in found.files.items():
            (folder / FILE_NAMES[file]).write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror}") from error
    click.echo(f"saved: {len(found.files)} files in {folder}", err=True)
