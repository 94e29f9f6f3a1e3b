"""Runs fuzz targets: one after the other, each in a process of its own.

Example:  python -m tools.fuzz --seconds 60 sod certificate
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from edge.errors import EdgeError
from tools.fuzz.targets import TARGETS, load

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "var/fuzz"
SPECIMENS = ROOT / "var/specimens"
LONGEST_S = 1
"""No input may take longer."""
LARGEST_MB = 64
"""No input may make a single allocation, or the whole process, grow by more."""
LONGEST_INPUT = 65_536
EXAMPLES = """\b
Examples:
  make fuzz                                      # every target, five minutes each
  make fuzz SECONDS=20
  python -m tools.fuzz --seconds 600 sod         # one of them, longer
  python -m tools.fuzz --replay var/fuzz/sod/crash-0123 sod"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.argument("targets", nargs=-1, type=click.Choice(sorted(TARGETS)))
@click.option("--seconds", default=300, show_default=True, help="How long each target is fuzzed.")
@click.option("--replay", type=click.Path(exists=True, path_type=Path), help="Run one input again.")
@click.option("--inside", is_flag=True, hidden=True)
def main(targets: tuple[str, ...], seconds: int, replay: Path | None, inside: bool) -> None:
    """Feed parsers what a fuzzer thinks of, guided by the branches it reaches.

    An input that crashes, hangs or takes too much memory is kept in var/fuzz/TARGET; what was found
    interesting stays there too, so that the next run goes on from it.  Exits with 1 when a target
    fails.
    """
    names = targets or tuple(TARGETS)
    if replay is not None:
        _tried(names[0], replay.read_bytes())
        return
    if inside:
        _fuzz(names[0], seconds)
    # What is fuzzed must not be imported before it is instrumented.
    from tools.specimen.issue import issue_if_needed  # noqa: PLC0415

    issue_if_needed(SPECIMENS, progress=click.echo)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        failed = [name for name in pool.map(lambda n: _run(n, seconds), names) if name]
    if failed:
        raise click.ClickException(f"look into {FOUND} and correct: {', '.join(failed)}")


def _run(name: str, seconds: int) -> str:
    """Fuzz one target in a process; its name when it failed."""
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    click.echo(f"fuzz: {name} for {seconds} s ...")
    command = [sys.executable, "-m", "tools.fuzz", "--inside", "--seconds", str(seconds), name]
    with log.open("wb") as output:
        status = subprocess.run(command, stdout=output, stderr=output, cwd=ROOT, check=False)  # noqa: S603
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    last = next((line for line in reversed(lines) if line.startswith("Done")), "nothing was run")
    click.echo(f"fuzz: {name}: {f'FAILED, see {log}' if status.returncode else last}")
    return name if status.returncode else ""


def _fuzz(name: str, seconds: int) -> None:
    """Fuzz in this process until the time is over; never returns."""
    try:
        import atheris  # noqa: PLC0415  # there are no builds of it for a gate
    except ImportError:
        raise click.ClickException("atheris is missing; it is there on x86-64: make fuzz") from None
    with atheris.instrument_imports(include=["edge", "tools", "asn1crypto", "rfc8785"]):
        function = load(name)
    folder = FOUND / name / "corpus"
    folder.mkdir(exist_ok=True)
    target = TARGETS[name]
    seeds = [*SPECIMENS.glob(target.seeds or "-"), *ROOT.glob(target.examples or "-")]
    for number, seed in enumerate(sorted(seeds)):
        shutil.copy(seed, folder / f"specimen-{number}")

    def once(data: bytes) -> None:
        with contextlib.suppress(EdgeError):
            function(data)

    atheris.Setup(
        [
            sys.argv[0],
            str(folder),
            f"-artifact_prefix={FOUND / name}/",
            f"-max_total_time={seconds}",
            f"-timeout={LONGEST_S}",
            f"-malloc_limit_mb={LARGEST_MB}",
            f"-max_len={LONGEST_INPUT}",
        ],
        once,
    )
    atheris.Fuzz()


def _tried(name: str, data: bytes) -> None:
    try:
        click.echo(repr(load(name)(data)))
    except EdgeError as error:
        click.echo(f"refused: {error}")


if __name__ == "__main__":
    main()
