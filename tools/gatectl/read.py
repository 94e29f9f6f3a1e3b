"""gatectl read: a document on a PC/SC reader, step by step, with every check."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import click

from drivers import registry
from drivers.virtual.chip.personalisation import FILE_NAMES
from edge import mrz
from edge.__main__ import INSTALLED
from edge.checks import Result
from edge.contract.json_object import JsonObject
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg1
from edge.emrtd.progress import AccessGranted, Advanced, FileRead, Progress
from edge.errors import MalformedFile, SettingsError, UnreadableMrz
from edge.lane.document_inspection import InspectionTerms, PrintedPage
from edge.mrz import MachineReadableZone
from edge.pki.trust_anchors import trust_store
from edge.settings import tree as settings
from edge.settings.chip import ChipSettings
from edge.settings.tree import Operation, Settings
from edge.trust import TrustStore
from tools.gatectl import printed, reading
from tools.gatectl.reading import Reading
from tools.gatectl.trust import now, trusted_with
from tools.specimen.description import SPECIMEN_ISSUERS


def read(  # noqa: PLR0913, PLR0917  # one for each option
    reader: str,
    lines: tuple[str, ...],
    can: str | None,
    trust: tuple[Path, ...],
    store: Path,
    config: Path | None,
    wait_s: float,
    show: bool,
    save: Path | None,
    as_json: bool,
) -> None:
    """Run `gatectl read`."""
    page = printed.take(lines, can)
    for name in printed.mistyped(page):
        click.echo(f"the check digit of {name} does not fit: is it mistyped?", err=True)
    configured = _configured(config)
    if save is not None:
        _require_empty(save)
    chip = ChipSettings() if configured is None else configured.chip
    terms = InspectionTerms(
        settings=chip.model_copy(update={"wait_s": wait_s}),
        store=_trusted(trust, store, configured),
        at=now(),
        random=secrets.token_bytes,
    )
    found = _read(reader, page, terms)
    zone = _zone(found)
    report = _report(found, zone if show else None)
    click.echo(json.dumps(report, indent=2) if as_json else _told(found, report))
    if found.fault is not None:
        raise found.fault
    if save is not None:
        _save(found, save, _may_be_saved(zone, configured))
    sys.exit(1 if any(check.result is Result.FAILED for check in found.outcome.checks) else 0)


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


def _configured(config: Path | None) -> Settings | None:
    path = config or (INSTALLED if INSTALLED.is_file() else None)
    return None if path is None else settings.load(path)


def _trusted(trust: tuple[Path, ...], store: Path, configured: Settings | None) -> TrustStore:
    if trust or configured is None:
        found = trusted_with(store, trust, now())
    else:
        found = trust_store(configured.trust.anchors, now())
    if not found.anchors:
        click.echo("nothing to trust: name --trust, or gatectl trust import", err=True)
    return found


def _zone(found: Reading) -> MachineReadableZone | None:
    """The MRZ in DG1 as read, proven or not; None when there is none."""
    try:
        return mrz.parse(dg1.decode(found.files[ElementaryFile.DG1]))
    except (KeyError, MalformedFile, UnreadableMrz):
        return None


def _report(found: Reading, shown: MachineReadableZone | None) -> JsonObject:
    outcome = found.outcome
    report: JsonObject = {
        "issuer": outcome.issuer,
        "checks": [
            {"id": check.id.value, "result": check.result.value, "detail": check.detail}
            for check in outcome.checks
        ],
        "timings_ms": {step.name: round(step.millis, 1) for step in found.steps},
        "commands": {step.name: step.commands for step in found.steps if step.commands},
        "files": {file.name: len(content) for file, content in found.files.items()},
    }
    if found.fault is not None:
        report["fault"] = {"kind": reading.kind_of(found.fault), "text": str(found.fault)}
    if shown is not None:
        report["mrz"] = list(shown.lines)
    return report


def _told(found: Reading, report: JsonObject) -> str:
    lines = [f"issuer: {found.outcome.issuer or 'unknown'}", *report.get("mrz", ())]
    lines += [
        f"{check.id.value:26} {check.result.value:14} {check.detail}".rstrip()
        for check in found.outcome.checks
    ]
    lines += [
        f"{step.name:26} {step.millis:8.1f} ms"
        + (f" {step.commands:4} commands {step.transferred:7} bytes" if step.commands else "")
        for step in found.steps
    ]
    whole = sum(step.millis for step in found.steps)
    lines.append(f"{'together':26} {whole:8.1f} ms")
    return "\n".join(lines)


def _may_be_saved(zone: MachineReadableZone | None, configured: Settings | None) -> bool:
    in_training = configured is not None and configured.operation is Operation.TRAINING
    return in_training or (zone is not None and zone.issuing_state in SPECIMEN_ISSUERS)


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
