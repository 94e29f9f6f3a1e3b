"""The floors of faces: the networks alone, run on the very tensors that the gate gave them.

It runs as a process of its own that allocates as `egated` does, one round after the other; each
frame and each portrait is worked on by the gate and by the networks alone, in turns.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.errors import SettingsError
from edge.face import FacePipeline
from edge.face.embedding import Network
from edge.host import freed_memory
from edge.inference.models import ModelStore
from edge.lane.face_session import FaceEngine
from edge.trust import AuthenticPortrait
from tools.bench import match as bench_match
from tools.bench.face import MODELS, ROOT, frames
from tools.bench.floors.spent import Beside, Pair, Spent

ROUNDS: Final = 5
PORTRAITS: Final = 9
SEEN: Final = "frames.npy"
NANO: Final = 1e-9

Run: TypeAlias = tuple[Network, NDArray[np.float32]]
Tensors: TypeAlias = NDArray[np.float32]


class Recording:
    """Networks that remember what they are given, while somebody listens."""

    def __init__(self) -> None:
        self._heard: list[Run] | None = None

    def of(self, network: Network) -> Network:
        """The same network, which is heard."""

        def heard(tensor: Tensors) -> list[Tensors]:
            if self._heard is not None:
                self._heard.append((network, tensor.copy()))
            return network(tensor)

        return heard

    def during(self, work: Callable[[], object]) -> list[Run]:
        """Every run of a network in some work."""
        heard: list[Run] = []
        self._heard = heard
        work()
        self._heard = None
        return heard


def pipeline(recording: Recording) -> FacePipeline:
    """The pipeline of the manifest, its networks heard, one after the other."""
    store = ModelStore(MODELS.manifest, MODELS.weights)
    embedders = [
        replace(each, network=recording.of(each.network)) for each in store.embedders().values()
    ]
    detector = recording.of(store.network(store.manifest.comparison.detector))
    return FacePipeline(detector, embedders)


def measure() -> dict[str, Beside]:
    """`look` (a frame observed), `frame` (embedded too) and `match` beside their floors.

    Raises:
        SettingsError: a model or a specimen photograph is missing, or the process failed.
    """
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as made:
        bench_match.issue(Path(made))
        np.save(Path(made, SEEN), frames())
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
            (sys.executable, "-m", "tools.bench.floors.face", made),
            env={**os.environ, **freed_memory.ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SettingsError(f"the floors of faces cannot be measured: {reason}")
    found = json.loads(done.stdout)
    return {
        name: Beside.of([Pair(Spent(*gate), Spent(*floor)) for gate, floor in pairs])
        for name, pairs in found.items()
    }


def main(folder: Path) -> None:
    """Print the seconds of every pair, as JSON."""
    found = {
        **_frames(np.load(folder / SEEN)),
        "match": list(_matches(bench_match.authentic(folder))),
    }
    told = {
        name: [[(each.cpu_s, each.wall_s) for each in (pair.gate, pair.floor)] for pair in pairs]
        for name, pairs in found.items()
    }
    sys.stdout.write(json.dumps(told))


def _frames(seen: NDArray[np.uint8]) -> dict[str, list[Pair]]:
    recording = Recording()
    gate = pipeline(recording)

    def whole(frame: NDArray[np.uint8]) -> None:
        face = gate.observe(frame).face
        if face is None:
            raise SettingsError("no face in the specimen photograph")
        gate.embed(frame, face).wipe()

    found = {}
    for name, work in (("look", gate.observe), ("frame", whole)):
        runs = [recording.during(partial(work, frame)) for frame in seen]
        found[name] = [_in_turn(work, seen, runs) for _ in range(ROUNDS)]
    return found


def _in_turn(
    work: Callable[[NDArray[np.uint8]], object], seen: NDArray[np.uint8], runs: list[list[Run]]
) -> Pair:
    """One round over all frames; the mean frame, and the mean of its networks alone."""
    gate, floor = Spent(0, 0), Spent(0, 0)
    for frame, alone in zip(seen, runs, strict=True):
        gate += Spent.on(partial(work, frame))
        floor += Spent.on(partial(_run, alone))
    return Pair(gate / len(seen), floor / len(seen))


def _matches(portrait: AuthenticPortrait) -> Iterator[Pair]:
    """From the bytes of an authentic portrait to its template."""
    recording = Recording()
    with bench_match.warm_engine(pipeline(recording)) as engine:
        alone = recording.during(lambda: _reference(engine, portrait))

        def floor() -> None:
            Image.open(io.BytesIO(portrait.image)).convert("RGB").load()
            _run(alone)

        for _ in range(PORTRAITS):
            with _decoders(engine) as decoding:
                gate = Spent.on(lambda: _reference(engine, portrait))
            yield Pair(Spent(gate.cpu_s + decoding[0], gate.wall_s), Spent.on(floor))


@contextmanager
def _decoders(engine: FaceEngine) -> Iterator[list[float]]:
    """Processor seconds of the confined process for one picture; its start is not the match's."""
    time.sleep(bench_match.NEXT_DECODER_S)
    before_s = _children_s()
    started = Path(f"/proc/{engine.decoder.pid}/schedstat").read_text(encoding="ascii")
    used: list[float] = []
    yield used
    used.append(_children_s() - before_s - int(started.split()[0]) * NANO)


def _children_s() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reference(engine: FaceEngine, portrait: AuthenticPortrait) -> None:
    reference = engine.reference(portrait)
    if reference is None:
        raise SettingsError("no face in the specimen portrait")
    reference.template.wipe()


def _run(runs: list[Run]) -> None:
    for network, tensor in runs:
        network(tensor)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
