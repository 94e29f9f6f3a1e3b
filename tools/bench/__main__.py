"""The benchmark: what the bars of the project are measured by.

`make bench`, `make bench ONLY=chip`, `make bench JSON=1`.  `python -m tools.bench face --embedders`
puts comparisons of faces beside each other, on sets of pictures that are given (docs/face.md).

Absolute times say as much about the machine as about the program: what counts is how many times
its floor a figure is, both measured in turns in one run (docs/speed.md).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from edge.contract.signature import KeyKind
from edge.host import telemetry
from tools.bench import central as bench_central
from tools.bench import chip as bench_chip
from tools.bench import daemon as bench_daemon
from tools.bench import delivery as bench_delivery
from tools.bench import embedders as bench_embedders
from tools.bench import events as bench_events
from tools.bench import face as bench_face
from tools.bench import fleet as bench_fleet
from tools.bench import journal as bench_journal
from tools.bench import match as bench_match
from tools.bench import passage as bench_passage
from tools.bench.floors import face as floors_face
from tools.bench.floors.spent import Beside
from tools.bench.rows import Row, beside_floor

INSPECTIONS: Final = 7
GROWTH_MB: Final = 2.0
"""What allocators move about; a leak of one frame in a hundred would be ninety."""
FACE_BARS: Final[Mapping[str, float | None]] = {"look": None, "frame": 1.25, "match": 1.4}


def main() -> None:
    """Measure, print a table or JSON; the exit status is 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("only", nargs="?", choices=BENCHES, help="one benchmark of them all")
    bench_embedders.add_arguments(parser)
    arguments = parser.parse_args()
    telemetry.configure("error")
    if arguments.embedders:
        if arguments.only != "face" or arguments.people is None or not arguments.set:
            parser.error("--embedders wants: face, --set for the worst group, and --people")
        rows = list(bench_embedders.rows(arguments, _progress))
    else:
        chosen = [arguments.only] if arguments.only else BENCHES
        rows = [row for name in chosen for row in _timed(name)]
    if arguments.json:
        click.echo(json.dumps([{**asdict(row), "holds": row.holds} for row in rows], indent=2))
    else:
        for row in rows:
            bar = "" if row.bar is None else f"  bar {row.bar:g} {'ok' if row.holds else 'MISSED'}"
            click.echo(f"{row.name:48} {row.value:9.{row.digits}f} {row.unit:4}{bar}")
    sys.exit(0 if all(row.holds for row in rows) else 1)


def _journal_rows() -> Iterator[Row]:
    """Bursts, and whether ten million events, or a million that wait, slow anything."""
    with bench_journal.folder() as made:
        folder = Path(made)
        rate = bench_journal.bursts(folder)
        yield Row("journal: events a second, in bursts", rate, "/s", 1000.0, at_least=True)
        _progress(f"making a journal of {bench_journal.EVENTS} events ...")
        bench_journal.build(folder / "big", bench_journal.EVENTS, bench_journal.WAITING)
        bench_journal.build(folder / "small", bench_journal.FEW, bench_journal.FEW)
        started_s = bench_journal.start_s(folder / "big")
        yield Row("journal: start with a million waiting", 1000 * started_s, "ms", 2000.0)
        for found in bench_journal.compare(folder / "big", folder / "small"):
            yield Row(f"journal: {found.name}, big to small", found.big_s / found.small_s, "x", 1.5)
            yield Row("  in the big one, median", 1000 * found.big_s, "ms")


def _delivery_rows() -> Iterator[Row]:
    """Whether the door waits for the broker, and how fast a backlog is sent."""
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as made:
        folder = Path(made)
        _progress("decisions with the broker alive and dead, in turns ...")
        dead_s, alive_s = bench_delivery.decision_to_door_s(folder / "door")
        ratio = dead_s / alive_s
        yield Row("delivery: decision to door, broker dead to alive", ratio, "x", 1.1)
        yield Row("  with the broker alive, median", 1000 * alive_s, "ms")
        _progress(f"sending {bench_delivery.BACKLOG} events that waited ...")
        rate = bench_delivery.drained_per_s(folder / "backlog")
        yield Row("delivery: a backlog, events a second", rate, "/s", 1000.0, at_least=True)


def _fleet_rows() -> Iterator[Row]:
    """A thousand gates for five minutes: what is lost, and how long an event takes."""
    load = bench_fleet.Load()
    _progress(f"{load.gates} gates at {load.events_per_s:g} events/s for {load.seconds:g} s ...")
    found = bench_fleet.measure(load, _progress)
    # Within two in a hundred: when travellers come is drawn by chance.
    least = 0.98 * load.events_per_s
    yield Row("fleet: events a second, sustained", found.events_per_s, "/s", least, at_least=True)
    yield Row("fleet: from `time` to stored, median", 1000 * found.median_s, "ms")
    yield Row("fleet: from `time` to stored, 99 of 100", 1000 * found.p99_s, "ms", 2000.0)
    yield Row("fleet: from `time` to stored, worst", 1000 * found.worst_s, "ms")
    wrong = found.audit.lost + found.audit.strange + found.audit.unproven
    yield Row("fleet: events lost, doubled or unproven", wrong, "", 0.0)


def _event_rows() -> Iterator[Row]:
    """How fast one core makes and signs events, and verifies them."""
    for kind in KeyKind:
        made, verified = bench_events.rates(kind)
        yield Row(f"events, {kind}: made and signed a second", made, "/s")
        yield Row(f"events, {kind}: verified a second", verified, "/s", 3000.0, at_least=True)


def _central_rows() -> Iterator[Row]:
    """How fast one core of the central side verifies and stores."""
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as made:
        found = bench_central.rates(Path(made))
        yield Row("central: verified and stored, one core", found.cpu, "/s", 1500.0, at_least=True)
        yield Row("  waiting for the disk as well", found.wall, "/s")


def _chip_rows() -> Iterator[Row]:
    """What the gate adds to the radio in whole inspections, at both lengths of reply."""
    for length, name in ((bench_chip.SHORT, "256 bytes"), (bench_chip.EXTENDED, "extended")):
        _progress(f"{INSPECTIONS} chips at {name} ...")
        found = list(bench_chip.measure(length, INSPECTIONS))
        overhead = statistics.median(each.overhead for each in found)
        wall_s = statistics.median(each.wall_s for each in found)
        late = statistics.median(each.late_s / each.radio_s for each in found)
        most = max(each.commands for each in found)
        yield Row(f"chip, {name}: inspection, median", 1000 * wall_s, "ms")
        yield Row(f"chip, {name}: beyond the radio, median", 100 * overhead, "%", 2.0)
        yield Row(f"chip, {name}: of the radio, woken late, median", 100 * late, "%")
        yield Row(f"chip, {name}: commands beyond bulk reads, most", most, "", 12.0)
        beside = Beside.of([each.pair for each in found])
        yield from beside_floor(f"chip, {name}: host", beside, 2.5)


def _face_rows() -> Iterator[Row]:
    """A frame and a match beside their floors, a frame beside others, and memory."""
    _progress("frames and portraits beside their networks alone ...")
    for name, beside in floors_face.measure().items():
        yield from beside_floor(f"face: a {name}", beside, FACE_BARS[name])
    found = bench_face.measure(_progress)
    for name, figures in found.items():
        yield Row(f"face: a frame, {name}", figures.cpu_ms, "ms")
    gate = found["gate"].cpu_ms
    for name, bar in (("OpenCV", 1.5), ("OpenCV, half the size", 1.3), ("face_recognition", None)):
        if name in found:
            times = found[name].cpu_ms / gate
            yield Row(f"face: times as fast as {name}", times, "x", bar, at_least=True)
    for name, figures in found.items():
        yield Row(f"face: peak memory, frames alone, {name}", figures.peak_mb, "MB")
    _progress("frames and matches ...")
    yield Row("face: peak memory, frames and matches", bench_match.peak_mb(), "MB", 180.0)
    _progress(f"{bench_face.FOREVER} frames, a few minutes ...")
    grown = bench_face.growth_mb(bench_face.FOREVER)
    yield Row(f"face: memory grown over {bench_face.FOREVER} frames", grown, "MB", GROWTH_MB)


def _timed(name: str) -> Iterator[Row]:
    """The rows of one benchmark, and what the whole of it took, its processes included."""
    began_s, used_s = time.monotonic(), _cpu_s()
    yield from BENCHES[name]()
    yield Row(f"{name}, the whole benchmark: by the clock", time.monotonic() - began_s, "s")
    yield Row(f"{name}, the whole benchmark: processor", _cpu_s() - used_s, "s")


def _cpu_s() -> float:
    """Processor seconds of this process and of those it has started that have ended."""
    return sum(os.times()[:4])


def _progress(line: str) -> None:
    click.echo(f"bench: {line}", err=True)


BENCHES: Mapping[str, Callable[[], Iterable[Row]]] = {
    "daemon": lambda: bench_daemon.rows(_progress),
    "passage": lambda: bench_passage.rows(_progress),
    "chip": _chip_rows,
    "face": _face_rows,
    "journal": _journal_rows,
    "delivery": _delivery_rows,
    "events": _event_rows,
    "central": _central_rows,
    "fleet": _fleet_rows,
}


if __name__ == "__main__":
    main()
