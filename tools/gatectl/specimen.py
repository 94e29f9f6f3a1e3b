"""gatectl specimen: specimen passports for the virtual lane, and single chips to try readers on."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import FrameType

import click

from drivers.virtual.chip.personalisation import FILE_NAMES
from drivers.virtual.vpcd import VpcdCard
from edge.errors import DeviceLost, SettingsError
from tools.specimen import described, description
from tools.specimen.described import Described
from tools.specimen.issue import SCENARIOS, issue_all, issue_if_needed

EXAMPLE = files(__package__) / "specimen.example.toml"


def issue(out: Path, portraits: Path, if_needed: bool) -> None:
    """Run `gatectl specimen issue`."""
    if if_needed:
        issued = issue_if_needed(out, click.echo, portraits)
    else:
        issue_all(out, portraits, _now(), click.echo)
        issued = True
    if issued:
        click.echo(f"issued: {', '.join(scenario.name for scenario in SCENARIOS)}")


def serve(file: Path | None, port: int, csca: Path | None, example: bool, portraits: Path) -> None:
    """Run `gatectl specimen serve`."""
    if example:
        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        return
    if file is None:
        raise click.UsageError("name a description; --example prints one")
    issued = described.issue(description.load(file), _now(), portraits)
    with tempfile.TemporaryDirectory(prefix="egate-specimen-") as folder:
        anchor = csca or Path(folder) / "csca.der"
        _write(anchor, issued.csca)
        _serve(issued, port, anchor)


def dump(file: Path, out: Path, portraits: Path) -> None:
    """Run `gatectl specimen chip`."""
    if out.exists() and any(out.iterdir()):
        raise SettingsError(f"{out} is not empty; name a new folder")
    issued = described.issue(description.load(file), _now(), portraits)
    for found, content in issued.chip.files.items():
        _write(out / FILE_NAMES[found], content)
    _write(out / "csca.der", issued.csca)
    click.echo("\n".join(_about(issued)))
    click.echo(f"written: {len(issued.chip.files)} files and csca.der in {out}")


def _serve(issued: Described, port: int, anchor: Path) -> None:
    card = VpcdCard(issued.insert(), issued.chip.personalisation().atr, port)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        with card:
            click.echo("\n".join(_about(issued)))
            click.echo(f"read it: gatectl read {_key(issued)} --trust {anchor}")
            click.echo(f"on the reader at port {port}; Ctrl-C takes it away")
            card.wait()
    except OSError as error:
        raise DeviceLost(
            "vpcd",
            f"nobody listens on port {port} ({error.strerror}): are pcscd and vsmartcard-vpcd"
            " installed, and does pcscd run?",
        ) from error
    except KeyboardInterrupt:
        click.echo("taken away")
        sys.exit(0)
    raise DeviceLost("vpcd", "the reader is gone: does pcscd run?")


def _about(issued: Described) -> Iterator[str]:
    """What a chip is, line by line; nothing in it is of a real person."""
    asked = issued.description
    offers = ", ".join(
        f"{offer.mapping} {offer.parameter_id} {offer.cipher.label}" for offer in asked.offers
    )
    yield f"specimen {asked.document.type} of {asked.document.state}, access {asked.access}"
    if offers:
        yield f"  PACE: {offers}"
    if asked.chip_authentication is not None:
        chip = asked.chip_authentication
        yield f"  chip authentication: parameter id {chip.parameter_id} {chip.cipher.label}"
    if asked.active_authentication is not None:
        active = asked.active_authentication
        size = f"{active.bits} bits" if active.key == "rsa" else f"curve {active.parameter_id}"
        yield f"  active authentication: {active.key} {size}"
    signing = asked.signing
    yield (
        f"  signed: {signing.signer.value} under a CSCA with {signing.csca.value},"
        f" {signing.digest}, country {signing.country}"
    )
    yield f"  files: {' '.join(file.name for file in issued.chip.files)}"
    quirks = asked.quirks.model_dump(exclude_defaults=True)
    for name, values in (("quirks", quirks), ("attacks", asked.attacks)):
        if values:
            yield f"  {name}: {', '.join(values)}"


def _key(issued: Described) -> str:
    """How to open the chip; a whole MRZ, so that it can be compared with DG1."""
    lines = " ".join(f"--mrz '{line}'" for line in issued.chip.lines)
    return f"{lines} --can {issued.chip.can}" if issued.chip.can else lines


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    """Take a SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the tool is where the clock is
