"""gatectl face: templates and comparisons of pictures, with the networks of the gate."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import numpy as np
from numpy.typing import NDArray

from edge.contract.json_object import JsonObject
from edge.errors import SettingsError
from edge.inference.models import ModelStore
from edge.settings.policy import load_policy
from tools.evaluation.face import pictures, report
from tools.evaluation.face.compare import compare
from tools.evaluation.face.embed import Embedded, dimension, embed
from tools.evaluation.face.faces import Networks, Side
from tools.evaluation.face.similarities import of_every_pair, read_templates

DEFAULT_RATE = "1e-4"
MANY = 20
"""From so many pictures on, the progress is worth a line."""
SHOWN_EVERY_S = 0.2
SAID_EVERY_S = 30.0
"""Where there is no terminal: a file is not to be filled with progress."""


def compare_pictures(  # noqa: PLR0913  # one for each option
    portrait: Path,
    live: tuple[str, ...],
    *,
    rate: str | None,
    policy: Path | None,
    as_json: bool,
    manifest: Path,
    weights: Path,
) -> None:
    """Run `gatectl face compare`."""
    if rate is not None and policy is not None:
        raise click.UsageError("give --fmr or --policy, not both")
    if policy is not None:
        rate = load_policy(policy, live=False).false_match_rate
    networks = Networks(ModelStore(manifest, weights))
    found = compare(networks, portrait, pictures.named(live), rate or DEFAULT_RATE)
    click.echo(report.as_json(found) if as_json else report.as_text(found))
    sys.exit(1 if found.score is None else 0)


def embed_pictures(  # noqa: PLR0913  # one for each option
    images: tuple[str, ...],
    *,
    out: Path,
    side: Side,
    threads: int | None,
    as_json: bool,
    manifest: Path,
    weights: Path,
) -> None:
    """Run `gatectl face embed`."""
    paths = pictures.named(images)
    _require_writable(out)
    networks = Networks(ModelStore(manifest, weights))
    started_s = time.monotonic()
    templates = np.full((len(paths), dimension(networks)), np.nan, np.float32)
    missing: list[Embedded] = []
    progress = _Progress(len(paths))
    for row, embedded in enumerate(embed(networks, paths, side, threads)):
        if embedded.template is None:
            missing.append(embedded)
            progress.clear()
            click.echo(f"gatectl: {embedded.path}: {embedded.why}", err=True)
        else:
            templates[row] = embedded.template
        progress.show(row + 1)
    progress.clear()
    named = np.array([str(path) for path in paths])
    _write(out, lambda file: np.savez(file, templates=templates, paths=named))
    summary = _summary(templates, missing)
    summary |= {"out": str(out), "seconds": round(time.monotonic() - started_s, 3)}
    if as_json:
        click.echo(json.dumps(summary | {"models": networks.identities}, indent=2))
    else:
        click.echo(
            f"{out}: {summary['acquired']} of {summary['pictures']} pictures, "
            f"{summary['dimension']} numbers each"
        )
    sys.exit(1 if summary["unreadable"] else 0)


def write_similarities(
    templates: Path | None,
    *,
    out: Path | None,
    rate: str | None,
    manifest: Path,
    weights: Path,
) -> None:
    """Run `gatectl face similarities`."""
    if (templates is None) != (out is None) or (templates is None and rate is None):
        raise click.UsageError("give TEMPLATES and --out, or --threshold, or all of them")
    if rate is not None:
        click.echo(f"{ModelStore(manifest, weights).threshold(rate):g}")
    if templates is None or out is None:
        return
    _require_writable(out)
    found = of_every_pair(read_templates(templates))
    _write(out, lambda file: np.save(file, found, allow_pickle=False))
    click.echo(f"{out}: {len(found)} x {len(found)} similarities", err=True)


def _summary(templates: NDArray[np.float32], missing: Sequence[Embedded]) -> JsonObject:
    unreadable = sum(each.unreadable for each in missing)
    return {
        "pictures": len(templates),
        "acquired": len(templates) - len(missing),
        "no_face": len(missing) - unreadable,
        "unreadable": unreadable,
        "missing": [{"path": str(each.path), "why": each.why} for each in missing],
        "dimension": templates.shape[1],
    }


def _require_writable(out: Path) -> None:
    """Say so before the work rather than after it; SettingsError."""
    folder = out.resolve().parent
    if out.exists() and not out.is_file():
        raise SettingsError(f"{out} is no file; templates are written to files only")
    if not folder.is_dir():
        raise SettingsError(f"{out}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise SettingsError(f"{out}: the folder {folder} cannot be written to")


def _write(out: Path, save: Callable[[BinaryIO], None]) -> None:
    """The whole file or none, for nobody but its owner; a link stays one."""
    target = out.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                save(file)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}") from error


class _Progress:
    """One line on a terminal, rewritten; elsewhere a line now and then."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._is_rewritten = sys.stderr.isatty()
        self._every_s = SHOWN_EVERY_S if self._is_rewritten else SAID_EVERY_S
        self._started_s = self._shown_s = time.monotonic()

    def show(self, done: int) -> None:
        """So many are done."""
        now_s = time.monotonic()
        if self._total < MANY or now_s - self._shown_s < self._every_s:
            return
        self._shown_s = now_s
        rate = done / max(now_s - self._started_s, 1e-3)
        left_s = round((self._total - done) / rate)
        text = f"{done}/{self._total} pictures, {rate:.0f} a second, {left_s} s left"
        if self._is_rewritten:
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)
        else:
            click.echo(f"gatectl: {text}", err=True)

    def clear(self) -> None:
        """Make room for a line that stays."""
        if self._is_rewritten and self._shown_s > self._started_s:
            click.echo("\r\x1b[K", nl=False, err=True)
