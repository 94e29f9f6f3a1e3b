"""The portrait of the chip, animated over its landmarks, fed in instead of the camera's picture."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drivers.virtual.performance import Act
from drivers.virtual.stage import stage
from drivers.virtual.traveller import Traveller
from edge.checks import CheckId, Result
from edge.emrtd.files import ElementaryFile
from edge.emrtd.lds import dg2
from edge.imaging import Decoder
from edge.settings.tree import Settings
from tests.support.face.faces import pipeline
from tools.simulation import lane
from tools.simulation.script import load


def puppet(traveller: Traveller, share: float) -> Traveller:
    """A traveller whose live face is the portrait of the chip, this much of the frame high."""
    assert traveller.chip is not None
    image = dg2.decode(traveller.chip.files[ElementaryFile.DG2])[0].image.data
    with Decoder() as decoder:
        pixels = decoder.decode(image)
    height = int(480 * share)
    width = pixels.shape[1] * height // pixels.shape[0]
    frame = np.full((480, 640, 3), 150, np.uint8)
    top, left = (480 - height) // 2, (640 - width) // 2
    frame[top : top + height, left : left + width] = np.asarray(
        Image.fromarray(pixels).resize((width, height))
    )
    face = pipeline().portrait(frame)
    assert face is not None
    landmarks = np.array(face.landmarks, float)
    return replace(traveller, live=(frame,), landmarks=landmarks, act=Act.LIVE)


@pytest.mark.parametrize("share", [0.9, 0.7])
def test_the_portrait_of_the_chip_as_a_puppet(
    quick_lane: Settings, tmp_path: Path, share: float
) -> None:
    async def story() -> None:
        async with lane.running(quick_lane, tmp_path) as running:
            genuine = load(lane.specimens_of(quick_lane) / "genuine")
            shown = puppet(genuine, share)
            passage = await running.witness(lambda: stage(f"lane-{tmp_path.name}").come(shown))
            assert not passage.opened
            found = {check.id: check.result for check in passage.checks}
            assert found[CheckId.FACE_MATCH] is Result.SUCCESSFUL
            assert found[CheckId.FACE_PAD] is not Result.SUCCESSFUL

    asyncio.run(story())
