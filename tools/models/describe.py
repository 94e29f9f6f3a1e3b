"""What a manifest says of a model file, computed from the file: hashes, shapes, a known answer."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, ValueInfoProto, helper, version_converter
from onnx.reference import ReferenceEvaluator

from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.inference.manifest import Pixels
from tools.models.install import MOST_BYTES
from tools.models.known_answer import made_up, sample
from tools.models.prepare import prepare

OPSET: Final = 21
"""The reference evaluator misreads BatchNormalization before operators of version 14."""
VALUES: Final = 12
PLACES: Final = 5


def describe(file: Path, steps: tuple[str, ...], pixels: Pixels | None) -> str:
    """Lines for the table of an embedder in a manifest.

    The known answer is that of the file as it is, by the reference evaluator of `onnx`.

    Raises:
        SettingsError: the file cannot be read, is no model, or takes no picture of a fixed size.
    """
    content = read_named(file, MOST_BYTES)
    prepared = prepare(content, steps, pixels)
    model = onnx.load_model_from_string(content)
    shape = _shape(model, file)
    values = sample([_answer(model, _wanted(made_up(shape), pixels))], VALUES)
    numbers = ", ".join(str(round(float(value), PLACES)) for value in values)
    lines = [
        f'file_sha256 = "{hashlib.sha256(content).hexdigest()}"',
        f'sha256 = "{hashlib.sha256(prepared).hexdigest()}"',
        f'input = "{_described(model.graph.input[0])}"',
        f'output = "{_described(model.graph.output[0])}"',
        f"known_answer = {{ shape = {list(shape)}, values = [{numbers}] }}",
    ]
    return "\n".join(lines)


def _shape(model: ModelProto, file: Path) -> tuple[int, ...]:
    """That of one picture."""
    sizes = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim]
    if len(sizes) != 4 or sizes[1] != 3 or not sizes[2] or sizes[2] != sizes[3]:
        raise SettingsError(f"{file}: an embedder takes square pictures [N, 3, side, side]")
    return (1, *sizes[1:])


def _wanted(tensor: NDArray[np.float32], pixels: Pixels | None) -> NDArray[np.float32]:
    """What the file wants to be given, of RGB 0..255."""
    if pixels is None:
        return tensor
    ordered = tensor[:, ::-1] if pixels.order == "BGR" else tensor
    return np.asarray((ordered - pixels.mean) / pixels.scale, np.float32)


def _answer(model: ModelProto, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    converted = version_converter.convert_version(model, OPSET)
    given = {value.name for value in converted.graph.initializer}
    (name,) = [each.name for each in converted.graph.input if each.name not in given]
    first, *_ = ReferenceEvaluator(converted).run(None, {name: tensor})
    return np.asarray(first, np.float32)


def _described(value: ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    sizes = [str(size.dim_value or size.dim_param) for size in tensor.shape.dim]
    kind = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    return f"{value.name}: {kind} [{', '.join(sizes)}]"
