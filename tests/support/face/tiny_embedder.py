"""An embedder of a few kilobytes, made for a test, and people it can tell apart.

It pools the colours of a face, and leaves out most of what the two photographs of the specimens'
holder differ in.  The people are the specimens' portraits in coloured light, another for each.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from edge.face.alignment import POINTS, Target, align
from tests.support.face.faces import live, pipeline, portrait
from tools.evaluation.calibrate.labelled import COLUMNS
from tools.specimen.pictures import FIRST_LIVE, FIRST_PORTRAIT, SECOND_PORTRAIT

SIDE: Final = 112
PART: Final = slice(16, 112), slice(8, 104)
"""The rows and columns with the face."""
POOL: Final = 16
LENGTH: Final = 3 * (96 // POOL) ** 2
LEFT_OUT: Final = 0.85
"""Of the difference of the holder's photographs."""
LIGHT: Final = 0.4
PLACES: Final = str(POINTS.tolist())


def network() -> bytes:
    """The file of a vendor: it takes RGB 0..1."""
    differ = _pooled(_opened(portrait(FIRST_PORTRAIT))) - _pooled(np.asarray(live(FIRST_LIVE)))
    differ /= np.linalg.norm(differ)
    matrix = np.eye(LENGTH) - LEFT_OUT * np.outer(differ, differ)
    constants: dict[str, NDArray[Any]] = {
        "starts": np.array([PART[0].start, PART[1].start], np.int64),
        "ends": np.array([PART[0].stop, PART[1].stop], np.int64),
        "axes": np.array([2, 3], np.int64),
        "matrix": matrix.astype(np.float32),
    }
    square = [POOL, POOL]
    nodes = [
        helper.make_node("Slice", ["face", "starts", "ends", "axes"], ["part"]),
        helper.make_node("AveragePool", ["part"], ["pool"], kernel_shape=square, strides=square),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["embedding"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "tiny",
        [value("face", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
        [value("embedding", TensorProto.FLOAT, ["N", LENGTH])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def people(folder: Path, count: int) -> Path:
    """A set with labels of so many people, women and men, a picture each."""
    rng = np.random.default_rng(3)
    crops = FIRST_PORTRAIT, SECOND_PORTRAIT
    faces = [_opened(portrait(crop)).astype(np.float32) for crop in crops]
    folder.mkdir()
    path = folder / "people.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(count):
            lit = np.clip(faces[number // 2 % 2] * _light(rng), 0, 255).astype(np.uint8)
            Image.fromarray(lit).save(folder / f"{number}.png")
            rows.writerow((f"{number}.png", number, "FM"[number % 2], "Light", "", "2026"))
    return path


def _light(rng: np.random.Generator) -> NDArray[np.float32]:
    """Coloured light from all sides, [400, 300, 3]."""
    sides = rng.normal(0, LIGHT, (3, 5, 5)).astype(np.float32)
    smooth = [
        np.asarray(Image.fromarray(side).resize((300, 400), Image.Resampling.BICUBIC))
        for side in sides
    ]
    return np.asarray(np.exp(np.stack(smooth, axis=2)), np.float32)


def _pooled(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    face = pipeline().portrait(pixels) or pipeline().observe(pixels).face
    assert face is not None
    upright = align(pixels, face.landmarks, Target(SIDE, POINTS))
    part = (upright + upright[:, :, ::-1])[:, *PART]  # both are embedded, and added
    cells = part.reshape(3, 96 // POOL, POOL, 96 // POOL, POOL)
    return np.asarray(cells.mean((2, 4)).ravel(), np.float64)


def _opened(content: bytes) -> NDArray[np.uint8]:
    return np.array(Image.open(io.BytesIO(content)).convert("RGB"))
