"""Preparation: the file changes, what it computes does not, and the bytes are always the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.errors import SettingsError
from tests.support.published_models import SHAPE, STEPS, published, published_answer, sha256
from tools.models.known_answer import made_up, sample
from tools.models.prepare import prepare

ROOT = Path(__file__).parents[4]


def computed(prepared: bytes, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(prepared, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"data": tensor})
    return np.asarray(answer)


def operators(prepared: bytes) -> set[str]:
    return {node.op_type for node in onnx.load_model_from_string(prepared).graph.node}


@pytest.mark.parametrize("steps", [STEPS[:count] for count in (1, 2, 3, 4)])
def test_after_each_step_the_model_computes_what_was_published(steps: tuple[str, ...]) -> None:
    tensor = made_up(SHAPE) / np.float32(256)
    expected = published_answer(tensor)
    assert np.abs(expected).max() > 0.1
    assert np.allclose(computed(prepare(published(), steps), tensor), expected, atol=1e-5)


def test_each_step_leaves_out_what_it_is_there_for() -> None:
    before = {"DequantizeLinear", "Reshape", "Dropout", "BatchNormalization", "PRelu"}
    assert before <= operators(published())
    assert not operators(prepare(published(), STEPS[:1])) & {"DequantizeLinear", "Reshape"}
    assert operators(prepare(published(), STEPS[:3])) == {"Conv", "Relu", "Add"}


def test_only_the_picture_is_left_as_input() -> None:
    graph = onnx.load_model_from_string(prepare(published(), STEPS)).graph
    assert [value.name for value in graph.input] == ["data"]
    assert len(onnx.load_model_from_string(published()).graph.input) > 10


def test_a_free_batch_takes_several_pictures_at_once() -> None:
    prepared = prepare(published(), STEPS)
    one = made_up(SHAPE) / np.float32(256)
    both = computed(prepared, np.concatenate([one, one[:, :, ::-1]]))
    assert both.shape[0] == 2
    assert np.allclose(both[:1], computed(prepared, one), atol=1e-5)
    assert not np.allclose(both[0], both[1], atol=1e-2)


def test_a_free_height_and_width_take_pictures_of_any_size() -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["data"], ["flat"], axis=2),
            helper.make_node("Unsqueeze", ["flat", "at"], ["out"]),
        ],
        "cells",
        [value("data", TensorProto.FLOAT, (1, 1, 4, 4))],
        [value("out", TensorProto.FLOAT, (1, 1, 16))],
        [helper.make_tensor("at", TensorProto.INT64, (1,), [0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    prepared = prepare(model.SerializeToString(), ("free-height-and-width",))
    for height, width in ((4, 4), (6, 8)):
        tensor = made_up((1, 1, height, width))
        assert computed(prepared, tensor).shape == (1, 1, height * width)


def test_a_batch_normalisation_whose_convolution_others_use_stays() -> None:
    """Folded, it would change what the others get."""
    model = onnx.load_model_from_string(prepare(published(), STEPS[:1]))
    model.graph.node.insert(
        next(i for i, node in enumerate(model.graph.node) if "c2" in node.output),
        helper.make_node("Identity", ["c1"], ["also"]),
    )
    also = helper.make_tensor_value_info("also", TensorProto.FLOAT, (1, 8, 6, 6))
    model.graph.output.append(also)
    folded = onnx.load_model_from_string(prepare(model.SerializeToString(), ("fold-batch-norms",)))
    kept = [node.input[0] for node in folded.graph.node if node.op_type == "BatchNormalization"]
    assert kept == ["c1"]


def test_nothing_tells_who_made_the_file_and_when() -> None:
    prepared = onnx.load_model_from_string(prepare(published(), STEPS))
    assert prepared.producer_name == "egate"
    assert prepared.doc_string == ""
    assert not prepared.metadata_props


def test_a_step_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        SettingsError, match=r"no step `polish` .* there is: from-dlib, keep-projection, dequ"
    ):
        prepare(published(), ("polish",))


def test_preparation_gives_the_same_bytes_every_time() -> None:
    assert prepare(published(), STEPS) == prepare(published(), STEPS)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_preparation_gives_the_same_bytes_in_every_process(seed: str, tmp_path: Path) -> None:
    """Sets are walked in another order in every process; that must not show."""
    source = tmp_path / "published.onnx"
    source.write_bytes(published())
    program = f"""
import hashlib, pathlib, sys
from tools.models.prepare import prepare
prepared = prepare(pathlib.Path(sys.argv[1]).read_bytes(), {STEPS!r})
print(hashlib.sha256(prepared).hexdigest())
"""
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
        [sys.executable, "-c", program, str(source)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sha256(prepare(published(), STEPS))


@pytest.mark.parametrize(
    ("shape", "count", "expected"), [((4,), 2, [0.0, 2.0]), ((2, 3), 12, [0, 1, 2, 3, 4, 5])]
)
def test_a_sample_is_taken_evenly(
    shape: tuple[int, ...], count: int, expected: list[float]
) -> None:
    laid = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    assert sample([laid], count).tolist() == expected


def test_a_sample_spans_all_outputs() -> None:
    outputs: list[Any] = [np.full((1, 6), 1, np.float32), np.full((6,), 2, np.float32)]
    assert sample(outputs, 4).tolist() == [1, 1, 2, 2]


def test_the_made_up_input_counts_in_steps_of_37() -> None:
    assert made_up((2, 4)).tolist() == [[0, 37, 74, 111], [148, 185, 222, 3]]
