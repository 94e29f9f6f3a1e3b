"""Builds the face engine: the decoder, the networks, and the thread they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import structlog

from edge.face.pad import Means
from edge.host import hardening
from edge.host.allocation import trim
from edge.host.device_thread import DeviceThread
from edge.imaging import Decoder
from edge.inference.models import ModelStore
from edge.inference.side_by_side import SideBySide
from edge.lane.face_session import FaceEngine
from edge.settings.face import FaceSettings

EMBEDDING_THREADS = 1
"""Beside the one that asks: the embedders of a comparison run two at a time."""

log = structlog.get_logger()


@contextmanager
def face_engine(
    models: ModelStore, settings: FaceSettings, threshold: float
) -> Iterator[FaceEngine]:
    """A face engine, warm, while entered.

    Raises:
        SettingsError: a model is missing, or is not what the manifest says.
    """
    with ExitStack() as stack:
        decoder = stack.enter_context(Decoder())
        embedders = SideBySide(EMBEDDING_THREADS)
        stack.callback(embedders.close)
        pipeline = models.pipeline(embedders)
        pipeline.warm_up()
        thread = DeviceThread("face")
        stack.callback(thread.close, finish=True)  # the last traveller is wiped as well

        def forget() -> None:
            """After a traveller."""
            hardening.sweep()
            trim()

        same_picture = models.manifest.comparison.same_picture
        yield FaceEngine(
            thread, pipeline, decoder, threshold, same_picture, forget, _means(models, settings)
        )


def _means(models: ModelStore, settings: FaceSettings) -> Means | None:
    """What presentation attacks are detected with, as far as it is there."""
    pad = models.manifest.pad
    if pad is None:
        return None
    network = None
    if models.has_texture:
        network = models.network(pad.texture)
        network(np.zeros((1, 3, 128, 128), np.float32))
    else:
        log.warning("attack_cue_disabled", model=pad.texture)
    recognition = models.manifest.comparison.recognition
    return Means(
        pad.weights(), recognition, network, os.urandom, settings.asking, settings.answer_s
    )
