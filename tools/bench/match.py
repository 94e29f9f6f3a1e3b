"""The match as the daemon does it, and the memory that faces take: one specimen, before a camera.

The portrait comes out of a chip's files by passive authentication, as every portrait does.  What
memory is taken is asked of a process of its own that allocates as `egated` does and does nothing
else: it authenticates, watches, compares and forgets, traveller after traveller.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge import mrz
from edge.emrtd.contents import Access, AccessProtocol, ChipContents
from edge.emrtd.files import ElementaryFile
from edge.errors import SettingsError
from edge.face import FacePipeline, FaceTemplate, match
from edge.host import freed_memory, hardening
from edge.host.allocation import trim
from edge.host.device_thread import DeviceThread
from edge.imaging import Decoder
from edge.inference.models import ModelStore
from edge.inference.side_by_side import SideBySide
from edge.lane.face_session import FaceEngine
from edge.settings.face import Models
from edge.trust import AuthenticPortrait, TrustStore, inspect, verify_sod
from tools.bench.face import MODELS, ROOT

NEXT_DECODER_S: Final = 1.0
"""Between two travellers, in which the decoder's next confined process is started."""
TRAVELLERS: Final = 3
FRAMES: Final = 10
"""Of each traveller whose memory is measured; every one is embedded, as a best frame is."""
AS_DEPLOYED: Final = """
import pathlib, sys
sys.modules["rich"] = None
from tools.bench.match import main
main(*map(pathlib.Path, sys.argv[1:]))
"""
"""What only developers have, and structlog would load, is not the gate's."""
CSCA: Final = "csca.cer"
PAGE: Final = "page"
FRAME: Final = "frame.npy"


def issue(folder: Path) -> None:
    """Write the files of a genuine specimen's chip, its CSCA and what the camera sees of it.

    Raises:
        SettingsError: the specimen photographs are missing.
    """
    from PIL import Image  # noqa: PLC0415  # the memory of the stack is measured without these

    from tools.specimen import pictures  # noqa: PLC0415
    from tools.specimen.authority import Authority  # noqa: PLC0415
    from tools.specimen.chip import SpecimenChip, adult  # noqa: PLC0415

    photographs = MODELS.weights / "portraits"
    authority = Authority.establish(_now())
    portrait = pictures.portrait(photographs, pictures.FIRST_PORTRAIT)
    specimen = SpecimenChip.issue(authority, adult(_now()), portrait)
    for file, content in specimen.files.items():
        (folder / file.name).write_bytes(content)
    (folder / PAGE).write_text("\n".join(specimen.lines), encoding="ascii")
    (folder / CSCA).write_bytes(authority.csca_der)
    seen = io.BytesIO(pictures.live(photographs, pictures.FIRST_LIVE))
    np.save(folder / FRAME, np.array(Image.open(seen).convert("RGB")))


def authentic(folder: Path) -> AuthenticPortrait:
    """The portrait in the files of a chip; RuntimeError when it is not found genuine."""
    store = TrustStore.of([(folder / CSCA).read_bytes()])
    files = {
        f: (folder / f.name).read_bytes() for f in ElementaryFile if (folder / f.name).exists()
    }
    contents = ChipContents(Access(AccessProtocol.NONE, pace_offered=False), files, None, None)
    verdict = verify_sod(files[ElementaryFile.SOD], store, _now())
    zone = mrz.parse((folder / PAGE).read_text(encoding="ascii").splitlines())
    document = inspect(contents, verdict, zone, dumped=True).document
    if document is None or document.portrait is None:
        raise RuntimeError("the specimen was not found genuine")
    return document.portrait


def peak_mb(models: Models = MODELS) -> float:
    """The most memory that was ever resident while faces are watched and compared.

    Raises:
        SettingsError: the specimen photographs are missing, or its process failed.
    """
    with tempfile.TemporaryDirectory(prefix="egate-bench-") as made:
        issue(Path(made))
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
            (sys.executable, "-c", AS_DEPLOYED, made, models.manifest, models.weights),
            env={**os.environ, **freed_memory.ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SettingsError(f"the memory of faces cannot be measured: {reason}")
    return float(done.stdout)


@contextmanager
def warm_engine(
    pipeline: FacePipeline | None = None, models: Models = MODELS
) -> Iterator[FaceEngine]:
    """A face engine, warm, while entered; by default with the pipeline of the daemon."""
    embedders, thread = SideBySide(1), DeviceThread("face")
    try:
        with Decoder() as decoder:
            store = ModelStore(models.manifest, models.weights)
            pipeline = pipeline or store.pipeline(embedders)
            pipeline.warm_up()
            threshold = max(store.manifest.comparison.thresholds.values())
            yield FaceEngine(
                thread,
                pipeline,
                decoder,
                threshold,
                store.manifest.comparison.same_picture,
                trim,
                None,
            )
    finally:
        thread.close()
        embedders.close()


def watched(engine: FaceEngine, frame: NDArray[np.uint8], times: int) -> FaceTemplate:
    """The template of the last of so many frames."""
    kept: FaceTemplate | None = None
    for _ in range(times):
        observation = engine.pipeline.observe(frame)
        if observation.face is None:
            break
        if kept is not None:
            kept.wipe()
        kept = engine.pipeline.embed(frame, observation.face)
    if kept is None:
        raise SettingsError("no face in the specimen photograph")
    return kept


def similarity(engine: FaceEngine, portrait: AuthenticPortrait, live: FaceTemplate) -> float:
    """The similarity of an authentic portrait with a live face; SettingsError without a face."""
    reference = engine.reference(portrait)
    if reference is None:
        raise SettingsError("no face in the specimen portrait")
    similarity = match(reference, live)
    reference.template.wipe()
    return similarity


def _resident_mb(which: str) -> float:
    """`VmRSS`, what is resident, or `VmHWM`, the most that ever was."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(which))
    return int(found.split()[1]) * 1024 / 1e6


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the shell's clock: this is no part of the gate


def main(folder: Path, manifest: Path, weights: Path) -> None:
    """Some travellers one after the other; says the peak."""
    frame = np.load(folder / FRAME)
    with warm_engine(models=Models(manifest=manifest, weights=weights)) as engine:
        for _ in range(TRAVELLERS):
            live = watched(engine, frame, FRAMES)
            if similarity(engine, authentic(folder), live) < engine.threshold:
                raise RuntimeError("the specimen does not match itself")
            live.wipe()
            hardening.sweep()
            engine.forget()
    sys.stdout.write(f"{_resident_mb('VmHWM')}\n")
