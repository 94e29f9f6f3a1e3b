"""The passage benchmark: genuine travellers on the virtual lane, and the floor of a passage."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.face.pad.liveness import SOONEST
from edge.settings import tree as settings
from edge.settings.devices import DeviceSettings
from tools.bench import chip as bench_chip
from tools.bench.daemon import CONFIG
from tools.bench.floors import face as floors_face
from tools.bench.floors.spent import Beside, Spent
from tools.bench.rows import Row
from tools.simulation import lane
from tools.specimen.issue import issue_if_needed

PASSAGES: Final = 7
CHIPS: Final = 3
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Passage:
    timings: Mapping[str, float]
    spent: Spent


def rows(say: Say) -> Iterator[Row]:
    """With a chip as of `make run`, and how long the rest takes beside one that needs no time."""
    loaded = settings.load(CONFIG)
    issue_if_needed(lane.specimens_of(loaded), progress=say)
    passages = asyncio.run(_passages(loaded, say))
    yield from _timing_rows([each.timings for each in passages])
    reader = DeviceSettings(driver=loaded.devices.chip_reader.driver)
    devices = loaded.devices.model_copy(update={"chip_reader": reader})
    at_once = asyncio.run(_passages(loaded.model_copy(update={"devices": devices}), say))
    whole = statistics.median(each.timings["decision"] for each in at_once)
    yield Row("passage: decision, of a chip that needs no time, median", whole, "ms")
    say("the floors of face and chip ...")
    faces = floors_face.measure()
    chip = Beside.of([each.pair for each in bench_chip.measure(bench_chip.EXTENDED, CHIPS)])
    yield from _beside(passages, faces, chip)


def _beside(passages: list[_Passage], faces: Mapping[str, Beside], chip: Beside) -> Iterator[Row]:
    """The daemon, its simulator and its central side run in this process: all of them count."""
    template = faces["frame"].floor.cpu_s - faces["look"].floor.cpu_s
    looks = SOONEST * faces["look"].floor.cpu_s
    floor = chip.floor.cpu_s + faces["match"].floor.cpu_s + looks + template
    used = statistics.median(each.spent.cpu_s for each in passages)
    yield Row("passage: processor, with the simulator, median", 1000 * used, "ms")
    yield Row("  its floor", 1000 * floor, "ms")
    yield Row("  times its floor", used / floor, "x", 1.8)
    last = statistics.median(each.timings["decision_after_last_byte"] for each in passages)
    match = 1000 * faces["match"].floor.wall_s
    yield Row(
        "passage: decision after the last byte, times the match's floor", last / match, "x", 1.4
    )


async def _passages(loaded: settings.Settings, say: Say) -> list[_Passage]:
    """Genuine passages on the virtual lane."""
    found: list[_Passage] = []
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as folder:
        async with lane.running(loaded, Path(folder)) as running:
            for number in range(PASSAGES):
                say(f"passage {number + 1}/{PASSAGES} ...")
                wall_s, cpu_s = time.perf_counter(), time.process_time()
                timings = (await running.passage("genuine"))["timings_ms"]
                used_s = time.process_time() - cpu_s
                found.append(_Passage(timings, Spent(used_s, time.perf_counter() - wall_s)))
    return found


def _timing_rows(timings: list[Mapping[str, float]]) -> Iterator[Row]:
    for step in ("mrz", "chip", "match", "decision_after_last_byte", "decision"):
        values = [timing[step] for timing in timings]
        yield Row(f"passage: {step}, median", statistics.median(values), "ms")
        yield Row(f"passage: {step}, worst of {len(values)}", max(values), "ms")
