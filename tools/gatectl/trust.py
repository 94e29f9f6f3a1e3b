"""gatectl trust: master lists, LDIF, revocation lists and certificates into the trust store."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.contract.json_object import JsonObject
from edge.pki.trust_folder import Index, StoredObject, TrustFolder, read_pieces
from edge.trust import TrustStore, intake
from edge.trust.anchors import Standing
from edge.trust.intake import IntakeFinding, PieceRole
from edge.trust.material import Piece


def import_(
    files: tuple[Path, ...], store: Path, at: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Run `gatectl trust import`."""
    folder, as_of = TrustFolder(store), at or now()
    with folder.locked() if not dry_run else nullcontext():
        index = folder.index()
        new = [piece for file in every(files) for piece in read_pieces(file)]
        outcome = intake.take([*folder.pieces(), *new], as_of, index.published)
        if not dry_run:
            folder.save(outcome, as_of)
    report = _report(every(files), outcome.findings, index, dry_run=dry_run)
    click.echo(json.dumps(report, indent=2) if as_json else _told(report))
    sys.exit(1 if any(file["status"] == "refused" for file in report["files"]) else 0)


def list_(store: Path, as_json: bool) -> None:
    """Run `gatectl trust list`."""
    objects = TrustFolder(store).index().objects
    if as_json:
        click.echo(json.dumps([_brief(each) for each in objects], indent=2))
        return
    for country in sorted({each.country for each in objects}):
        counted = Counter(_word(each) for each in objects if each.country == country)
        words = ", ".join(f"{count} {word}" for word, count in sorted(counted.items()))
        click.echo(f"{country or '??'}  {words}")
    click.echo(f"{len(objects)} objects in {store}")


def show(which: str, store: Path, as_json: bool) -> None:
    """Run `gatectl trust show`."""
    index = TrustFolder(store).index()
    found = [each for each in index.objects if _is_meant(each, which)]
    if not found:
        raise click.UsageError(f"nothing of `{which}` in {store}")
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in found], indent=2))
        return
    for each in found:
        until = f", until {each.expires:%Y-%m-%d}" if each.expires else ""
        click.echo(f"{each.sha256}\n  {_word(each)}, {each.country or '??'}{until}\n  {each.title}")
        if each.reason:
            click.echo(f"  {each.reason}")
        for source in each.provenance:
            by = f" in the master list of {source.publisher}" if source.publisher else ""
            click.echo(f"  from {source.file}{by}, imported {source.imported[:19]}")


def prune(store: Path, at: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Run `gatectl trust prune`."""
    folder, as_of = TrustFolder(store), at or now()
    with folder.locked() if not dry_run else nullcontext():
        index = folder.index()
        expired = {each.sha256 for each in index.objects if _has_expired(each, as_of)}
        kept = [piece for piece in folder.pieces() if _fingerprint(piece) not in expired]
        outcome = intake.take(kept, as_of, index.published)
        if not dry_run:
            folder.save(outcome, as_of)
    remaining = {each.fingerprint for each in outcome.findings if _is_kept(each)}
    gone = [each for each in index.objects if each.sha256 not in remaining]
    if as_json:
        report = {"dry_run": dry_run, "removed": [_brief(each) for each in gone]}
        click.echo(json.dumps(report, indent=2))
        return
    for each in gone:
        click.echo(f"{each.sha256[:16]} {_word(each)} {each.country} {each.title}")
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{len(gone)} {verb}, {len(remaining)} stay")


def now() -> datetime:
    """The clock of the commands."""
    return datetime.now(UTC)  # noqa: TID251  # here it is injected from


def trusted_with(store: Path, material: Sequence[Path], as_of: datetime) -> TrustStore:
    """What is imported, and what is given for this call; nothing is written."""
    folder = TrustFolder(store)
    if not material:
        return folder.load()
    new = [piece for file in every(material) for piece in read_pieces(file)]
    outcome = intake.take([*folder.pieces(), *new], as_of, folder.index().published)
    fresh = [each for each in outcome.findings if not each.piece.imported]
    for line in rejected_lines(fresh):
        click.echo(f"gatectl: not trusted: {line}", err=True)
    return outcome.store


def rejected_lines(findings: Iterable[IntakeFinding]) -> list[str]:
    """One line for each file and reason of what was rejected, members of refused lists aside."""
    return [
        f"{file}: {reason}"
        for file, reason in dict.fromkeys(
            (each.piece.source, each.reason)
            for each in findings
            if each.standing is Standing.REJECTED and each.reason != intake.UNBELIEVED
        )
    ]


def every(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those in the folders named."""
    found: list[Path] = []
    for path in paths:
        found += (
            sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        )
    return found


def _report(
    files: Sequence[Path], findings: Sequence[IntakeFinding], index: Index, *, dry_run: bool
) -> JsonObject:
    new = [each for each in findings if not each.piece.imported]
    members = [each for each in new if each.role != PieceRole.MASTER_LIST]
    remaining = {each.fingerprint for each in findings if _is_kept(each)}
    names = dict.fromkeys(map(str, files))
    return {
        "dry_run": dry_run,
        "files": [
            _file(name, [each for each in new if each.piece.source == name]) for name in names
        ],
        "totals": _totals(members),
        "certificates": [_entry(each) for each in members],
        "withdrawn": [_brief(each) for each in index.objects if each.sha256 not in remaining],
    }


def _file(name: str, findings: list[IntakeFinding]) -> JsonObject:
    """What became of a file; refused when a list in it, or everything in it, was."""
    lists = [each for each in findings if each.role == PieceRole.MASTER_LIST]
    refused = [each for each in lists if each.standing is Standing.REJECTED]
    kept = any(each.standing is not Standing.REJECTED for each in findings)
    told = lists if kept else refused or findings
    reasons = dict.fromkeys(each.reason for each in told if each.reason)
    return {
        "file": name,
        "kind": sorted({each.piece.kind.value for each in lists or findings}),
        "status": "imported" if kept else "refused",
        "detail": "; ".join(reasons) if findings else "nothing in it to import",
        **_totals([each for each in findings if each.role != PieceRole.MASTER_LIST]),
    }


def _totals(findings: Iterable[IntakeFinding]) -> dict[str, int]:
    counted = Counter(each.standing for each in findings)
    return {standing.value: counted[standing] for standing in Standing}


def _entry(finding: IntakeFinding) -> JsonObject:
    return {
        "file": finding.piece.source,
        "sha256": finding.fingerprint,
        "role": finding.role,
        "country": finding.country,
        "subject": finding.title,
        "expires": finding.expires.isoformat() if finding.expires else None,
        "status": finding.standing.value,
        "reason": finding.reason,
    }


def _told(report: JsonObject) -> str:
    lines = []
    for file in report["files"]:
        counts = ", ".join(f"{file[each.value]} {each.value}" for each in Standing)
        detail = f": {file['detail']}" if file["detail"] else ""
        lines.append(f"{file['file']}: {file['status']}{detail}; {counts}")
        reasons = Counter(
            each["reason"]
            for each in report["certificates"]
            if each["file"] == file["file"] and each["status"] == Standing.REJECTED.value
        )
        lines += [f"  {count} rejected: {reason}" for reason, count in reasons.most_common()]
    if report["withdrawn"]:
        lines.append(f"{len(report['withdrawn'])} no longer trusted: withdrawn or replaced")
    if report["dry_run"]:
        lines.append("nothing was changed (--dry-run)")
    return "\n".join(lines)


def _brief(found: StoredObject) -> JsonObject:
    kept = found.model_dump(mode="json", exclude={"keys", "kind"})
    return {"status": kept.pop("standing"), **kept}


def _word(found: StoredObject) -> str:
    return "link" if found.standing is Standing.LINK else found.role


def _is_meant(found: StoredObject, which: str) -> bool:
    if len(which) <= 3:
        return found.country == which.upper()
    return found.sha256.startswith(which.lower())


def _is_kept(finding: IntakeFinding) -> bool:
    return finding.standing is not Standing.REJECTED and finding.role != PieceRole.MASTER_LIST


def _has_expired(found: StoredObject, moment: datetime) -> bool:
    lists = {PieceRole.REVOCATION_LIST, PieceRole.DEVIATION_LIST}
    return found.role not in lists and found.expires is not None and found.expires < moment


def _fingerprint(piece: Piece) -> str:
    return intake.fingerprint(piece.data)
