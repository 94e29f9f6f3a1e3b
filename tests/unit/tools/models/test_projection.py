"""A projection that stays in whole numbers computes what it would in floats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge.errors import SettingsError
from tools.models.prepare import prepare

BLOCK, BLOCKS, OUTPUTS = 64, 48, 128
INPUTS = BLOCK * BLOCKS
Array = NDArray[Any]


def published(*, blocks: int | None = BLOCK, bias: bool = True) -> bytes:
    """A projection with weights quantised in blocks of its inputs, after a ReLU."""
    rng = np.random.default_rng(3)
    scales = (OUTPUTS, BLOCKS) if blocks else (OUTPUTS,)
    constants: dict[str, Array] = {
        "numbers": rng.integers(-128, 128, (OUTPUTS, INPUTS)).astype(np.int8),
        "scales": rng.uniform(1e-4, 1e-3, scales).astype(np.float32),
        "zeros": rng.integers(-50, 50, scales).astype(np.int8),
        "bias": rng.normal(size=OUTPUTS).astype(np.float32),
    }
    how: dict[str, Any] = {"axis": 1, "block_size": blocks} if blocks else {"axis": 0}
    gemm = ["positive", "weights", "bias"] if bias else ["positive", "weights"]
    nodes = [
        helper.make_node("DequantizeLinear", ["numbers", "scales", "zeros"], ["weights"], **how),
        helper.make_node("Relu", ["data"], ["positive"]),
        helper.make_node("Gemm", gemm, ["out"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "projection",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", INPUTS])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", OUTPUTS])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = helper.make_opsetid("", 21)
    return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=10).SerializeToString())


def computed(model: bytes, data: Array) -> Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"data": data})[0])


def weights_of(model: bytes) -> dict[str, Array]:
    constants = onnx.load_model_from_string(model).graph.initializer
    return {each.name: numpy_helper.to_array(each) for each in constants}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_it_computes_what_the_floats_compute(count: int, *, bias: bool) -> None:
    data = np.random.default_rng(4).normal(size=(count, INPUTS)).astype(np.float32)
    expected = computed(prepare(published(bias=bias), ("dequantise",)), data)
    kept = computed(prepare(published(bias=bias), ("keep-projection", "dequantise")), data)
    assert np.abs(expected).max() > 0.5
    assert np.allclose(kept, expected, atol=1e-5)


def test_the_weights_stay_whole_numbers_in_pieces_a_small_cache_holds() -> None:
    kept = weights_of(prepare(published(), ("keep-projection", "dequantise")))
    whole = [value for value in kept.values() if value.dtype == np.int8]
    assert sum(value.size for value in whole) == INPUTS * OUTPUTS
    assert len(whole) == 2
    assert max(4 * value.size for value in whole) <= 1 << 20
    floats = sum(value.nbytes for value in kept.values() if value.dtype == np.float32)
    assert floats < INPUTS * OUTPUTS / 4


def test_the_runtime_does_not_make_floats_of_them_while_it_loads(tmp_path: Path) -> None:
    """It folds what is constant, a Cast for one."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "as-loaded.onnx")
    options.log_severity_level = 3
    prepared = prepare(published(), ("keep-projection", "dequantise"))
    onnxruntime.InferenceSession(prepared, options, providers=["CPUExecutionProvider"])
    loaded = weights_of((tmp_path / "as-loaded.onnx").read_bytes())
    assert sum(value.nbytes for value in loaded.values()) < 1.2 * INPUTS * OUTPUTS


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (published(blocks=None), "not quantised in blocks"),
        (prepare(published(), ("dequantise",)), "no projection with quantised weights"),
    ],
    ids=["whole rows", "floats"],
)
def test_what_it_is_not_made_for_is_refused(model: bytes, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        prepare(model, ("keep-projection",))
