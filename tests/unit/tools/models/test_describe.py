"""What is computed from a vendor's file is what the manifest needs of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge.errors import SettingsError
from edge.inference.manifest import KnownAnswer, Pixels
from tests.support.published_models import published, sha256
from tools.models.describe import describe
from tools.models.known_answer import made_up, sample
from tools.models.prepare import prepare

SIDE = 8


def vendor(shape: tuple[int | str, ...] = ("N", 3, SIDE, SIDE)) -> bytes:
    """Two numbers of each picture by operators of 2018, whose normalisation `onnx` misreads."""
    rng = np.random.default_rng(11)
    values = {
        "weights": rng.normal(0, 1, (2, 3 * SIDE * SIDE)).astype(np.float32),
        **{name: rng.uniform(1, 2, 2).astype(np.float32) for name in ("s", "b", "m", "v")},
    }
    nodes = [
        helper.make_node("Flatten", ["face"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["two"], transB=1),
        helper.make_node("BatchNormalization", ["two", "s", "b", "m", "v"], ["row"], epsilon=0.1),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "vendor",
        [value("face", TensorProto.FLOAT, shape)],
        [value("row", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(array, name) for name, array in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    return bytes(model.SerializeToString())


def computed(model: bytes, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"face": tensor})
    return np.asarray(answer)


@pytest.mark.parametrize(
    "pixels",
    [None, Pixels(), Pixels(mean=127.5, scale=127.5), Pixels(scale=255, order="BGR")],
    ids=["none", "as-they-are", "centred", "bgr"],
)
def test_a_prepared_model_takes_what_the_gate_gives(pixels: Pixels | None) -> None:
    given = made_up((1, 3, SIDE, SIDE))
    wanted = given
    if pixels is not None:
        wanted = given[:, ::-1] if pixels.order == "BGR" else given
        wanted = np.asarray((wanted - pixels.mean) / pixels.scale, np.float32)
    expected = computed(vendor(), wanted)
    assert np.allclose(computed(prepare(vendor(), (), pixels), given), expected, rtol=1e-4)


def test_preparation_always_gives_the_same_bytes() -> None:
    pixels = Pixels(mean=1, scale=2)
    assert prepare(vendor(), (), pixels) == prepare(vendor(), (), pixels)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08"])
def test_a_file_that_is_no_model_is_said_so(content: bytes) -> None:
    with pytest.raises(SettingsError, match="no model of ONNX"):
        prepare(content, ())


def test_the_lines_are_those_of_a_table(tmp_path: Path) -> None:
    file, pixels = tmp_path / "vendor.onnx", Pixels(mean=127.5, scale=127.5)
    file.write_bytes(vendor())
    table = tomllib.loads(describe(file, (), pixels))
    prepared = prepare(vendor(), (), pixels)
    assert table["file_sha256"] == sha256(vendor())
    assert table["sha256"] == sha256(prepared)
    assert table["input"] == f"face: float32 [N, 3, {SIDE}, {SIDE}]"
    assert table["output"] == "row: float32 [N, 2]"
    known = KnownAnswer.model_validate(table["known_answer"])
    here = sample([computed(prepared, made_up(known.shape))], len(known.values))
    assert np.allclose(here, known.values, atol=1e-3)


@pytest.mark.parametrize(
    "shape", [("N", 4, SIDE, SIDE), ("N", 3, "H", "W"), ("N", 3, SIDE, 4), ("N", 192)]
)
def test_an_embedder_takes_square_pictures(tmp_path: Path, shape: tuple[int | str, ...]) -> None:
    (tmp_path / "vendor.onnx").write_bytes(vendor(shape))
    with pytest.raises(SettingsError, match=r"square pictures \[N, 3, side, side\]"):
        describe(tmp_path / "vendor.onnx", (), None)


def test_other_models_are_described_as_little(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(published())
    with pytest.raises(SettingsError, match="square pictures"):
        describe(tmp_path / "small.onnx", ("dequantise",), None)
