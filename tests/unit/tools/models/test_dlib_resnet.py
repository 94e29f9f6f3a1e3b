"""dlib's serialisation: the network of the gate, and files that are none."""

from __future__ import annotations

import struct

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from edge.errors import SettingsError
from tests.support.some import replaced
from tools.models.dlib_resnet import BLOCKS, read_dlib
from tools.models.known_answer import made_up


def integer(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8 or 1, "little")
    return bytes([len(data)]) + data


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode()


def tensor(samples: int, values: int, numbers: NDArray[np.float64]) -> bytes:
    head = b"".join(integer(each) for each in (2, samples, values, 1, 1))
    return head + numbers.astype("<f4").tobytes()


def serialised(*, seed: int = 3, blocks: int = len(BLOCKS)) -> bytes:
    """A network of the right shape with other numbers, between the other layers of dlib's file."""
    rng = np.random.default_rng(seed)
    data = integer(1) + text("loss_metric_2") + text("input_rgb_image_sized")
    widths = [32, *(width for width, _ in BLOCKS[:blocks] for _ in range(2))]
    for at, width in enumerate(widths):
        inputs, side = (3, 7) if at == 0 else (widths[at - 1], 3)
        count = width * inputs * side * side + width
        scale = 1 / np.sqrt(inputs * side * side)
        data += text("con_4") + tensor(count, 1, rng.normal(0, scale, count))
        data += text("relu_110") + text("affine_")
        data += tensor(2 * width, 1, rng.normal(0.5, 0.1, 2 * width))
    data += text("fc_2") + integer(128) + integer(256)
    return data + tensor(256, 128, rng.normal(0, 0.1, (256, 128)))


def test_a_file_of_the_right_shape_becomes_a_network_of_150_pixels() -> None:
    model = read_dlib(serialised())
    onnx.checker.check_model(model)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Conv") == 29
    assert kinds.count("AveragePool") == 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (answer,) = session.run(None, {"data": np.tile(made_up((1, 3, 150, 150)), (2, 1, 1, 1))})
    assert np.asarray(answer).shape == (2, 128)
    assert np.isfinite(answer).all()


def test_the_affine_layer_is_folded_into_the_convolution_before_it() -> None:
    """Of the first: weights times factor; bias times factor, and what is added."""
    rng = np.random.default_rng(3)
    numbers = rng.normal(0, 1 / np.sqrt(147), 4736).astype(np.float32)
    affine = rng.normal(0.5, 0.1, 64).astype(np.float32)
    constants = {each.name: each for each in read_dlib(serialised()).graph.initializer}
    first = next(node for node in read_dlib(serialised()).graph.node if node.op_type == "Conv")
    weights, bias = (onnx.numpy_helper.to_array(constants[name]) for name in first.input[1:])
    factor = affine[:32, None, None, None]
    assert np.allclose(weights, numbers[:-32].reshape(32, 3, 7, 7) * factor, atol=1e-6)
    assert np.allclose(bias, numbers[-32:] * affine[:32] + affine[32:], atol=1e-6)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08\x08onnx",
        serialised(blocks=5),
        serialised()[:-1],
        serialised()[:30_000],
        replaced(serialised(), text("fc_2"), text("fc_9")),
        replaced(serialised(), text("con_4") + integer(2), text("con_4") + integer(1), 1),
        serialised() + text("con_4"),
        serialised() + text("con_4") + struct.pack("<b", 100),
    ],
    ids=["empty", "onnx", "short", "cut", "half", "no-end", "version", "more", "no-number"],
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(SettingsError, match="does not hold dlib's face embedder"):
        read_dlib(data)
