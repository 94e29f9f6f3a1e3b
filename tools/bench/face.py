"""The face benchmark: one frame of the camera, from pixels to a template, beside what others do.

Each contender is a process of its own, single-threaded; rounds over the same frames alternate, so
what else the machine does hits all alike.  Time is the processor's.  The gate allocates as `egated`
does, which overwrites what is freed; the others as they like.  The same work is: find the
face and its landmarks, align, embed with the mirror image, measure quality.  OpenCV is given its
best: its newest version, and SFace with whole numbers already turned into floats (as shipped, that
version cannot load it).  It detects in the whole frame, as its documentation does, and once more in
a frame of half the size, as the gate does first; the gate then looks again at the face.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from edge.errors import SettingsError
from edge.face import FacePipeline
from edge.host import freed_memory
from edge.inference.models import ModelStore
from edge.ports import Closeable
from edge.settings.face import Models
from tools.bench.peers.rounds import serve

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = Models(manifest=ROOT / "models/manifest.toml", weights=ROOT / "models/weights")
LOCK: Final = ROOT / "requirements/bench.lock"
PEERS: Final = ROOT / "var/bench"
ROUNDS: Final = 7
SHIFTS: Final = ((0, 0), (30, 10), (-40, 0), (10, -20))
FOREVER: Final = 10_000
"""Frames over which memory must not grow; each `EMBED_EVERY`th is embedded too."""
EMBED_EVERY: Final = 20
SETTLED: Final = 500
"""Frames after which everything that is kept has been allocated."""
UNQUANTISED: Final = ("dequantise", "fold-batch-norms", "free-batch")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contender:
    """A name, and the command that answers rounds."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one contender: the median of its rounds."""

    cpu_ms: float
    peak_mb: float


def frames() -> NDArray[np.uint8]:
    """Frames [N, 480, 640, 3] of both specimens at several places."""
    from tools.specimen import pictures  # noqa: PLC0415  # the memory is measured without these

    made = []
    for crop in (pictures.FIRST_LIVE, pictures.SECOND_LIVE):
        picture = _decoded(pictures.live(MODELS.weights / "portraits", crop))
        made += [np.roll(picture, shift, (1, 0)) for shift in SHIFTS]
    return np.stack(made)


def measure(say: Say) -> Mapping[str, Figures]:
    """Rounds of everybody who can be had, by name.

    Raises:
        SettingsError: a model is missing.
    """
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as folder:
        file = Path(folder, "frames.npz")
        np.savez(file, frames=frames())
        everybody = [*_ours(file), *_peers(file, Path(folder), say)]
        with ExitStack() as stack:
            workers = {each.name: stack.enter_context(_Worker(each)) for each in everybody}
            rounds: dict[str, list[dict[str, float]]] = {name: [] for name in workers}
            for number in range(ROUNDS + 1):
                say(f"face: round {number} of {ROUNDS} ...")
                for name, worker in workers.items():
                    answer = worker.round()
                    rounds[name] += [answer] if number else []  # the first warms up
    return {
        name: Figures(
            1000 * statistics.median(each["cpu_s"] for each in found), found[-1]["peak_mb"]
        )
        for name, found in rounds.items()
    }


def _ours(file: Path) -> Iterator[Contender]:
    for name, which in (("gate", "sface"), ("gate, both embedders", "all")):
        command = (sys.executable, "-m", "tools.bench.face", str(file), which)
        yield Contender(name, command, freed_memory.ENVIRONMENT)


def _peers(file: Path, folder: Path, say: Say) -> Iterator[Contender]:
    try:
        python = _installed(say)
    except SettingsError as error:
        say(f"face: without peers, {error}")
        return
    module = (str(python), "-m", "tools.bench.peers.opencv", str(file))
    models = (str(MODELS.weights / "yunet.onnx"), str(_unquantised(folder)))
    for name, width in (("OpenCV", 640), ("OpenCV, half the size", 320)):
        yield Contender(name, (*module, *models, str(width)))
    command = (str(python), "-m", "tools.bench.peers.recognition", str(file))
    yield Contender("face_recognition", command)


def _unquantised(folder: Path) -> Path:
    """SFace as OpenCV likes it best."""
    from tools.models.install import published  # noqa: PLC0415  # as is preparation: on demand
    from tools.models.packages import Packages  # noqa: PLC0415
    from tools.models.prepare import prepare  # noqa: PLC0415

    store = ModelStore(MODELS.manifest, MODELS.weights)
    model = store.manifest.models["sface"]
    packages = Packages(store.manifest.packages, folder, lambda _: None)
    path = folder / "sface-for-opencv.onnx"
    path.write_bytes(prepare(published(model, packages), UNQUANTISED))
    return path


def _installed(say: Say) -> Path:
    """The interpreter with the peers, made when it is not there; SettingsError when it cannot."""
    python = PEERS / "bin/python"
    stamp = PEERS / "lock.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return python
    say("face: installing the peers into var/bench ...")
    install = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(PEERS)),
        (*install, "--no-deps", "--require-hashes", "-r", str(LOCK)),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SettingsError(f"they cannot be installed: {reason}")
    stamp.write_text(wanted, encoding="ascii")
    return python


class _Worker(Closeable):
    """A contender's process."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender

    @override
    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603  # our own command
            self._contender.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", **self._contender.environment},
            text=True,
        )
        return self

    @override
    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def round(self) -> dict[str, float]:
        """One round over all frames."""
        if self._process.stdin is None or self._process.stdout is None:
            raise BrokenPipeError
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SettingsError(f"{self._contender.name} has ended without an answer")
        answer: dict[str, float] = json.loads(line)
        if not answer["faces"]:
            raise SettingsError(f"{self._contender.name} found no face")
        return answer


def growth_mb(count: int) -> float:
    """How much more memory is resident after so many frames than after the first few hundred."""
    pipeline, shown = ModelStore(MODELS.manifest, MODELS.weights).pipeline(), frames()
    settled = 0.0
    for number in range(count):
        frame = shown[number % len(shown)]
        observation = pipeline.observe(frame)
        if number % EMBED_EVERY == 0 and observation.face is not None:
            pipeline.embed(frame, observation.face).wipe()
        if number == min(SETTLED, count // 2):
            settled = resident_mb()
    return resident_mb() - settled


def resident_mb() -> float:
    """Memory of this process that is resident."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _decoded(data: bytes) -> NDArray[np.uint8]:
    import io  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415  # the memory of the stack is measured without it

    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def main() -> None:
    """A worker of our own: arguments are the frames and which embedders."""
    store = ModelStore(MODELS.manifest, MODELS.weights)
    if sys.argv[2] == "all":
        pipeline = store.pipeline()
    else:
        detector = store.network(store.manifest.comparison.detector)
        pipeline = FacePipeline(detector, [store.embedders()["sface"]])

    def work(frame: NDArray[np.uint8]) -> int:
        found = pipeline.observe(frame)
        if found.face is None:
            return 0
        pipeline.embed(frame, found.face)
        return 1

    serve(work)


if __name__ == "__main__":
    main()
