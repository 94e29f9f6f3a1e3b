"""dlib's face embedder: from a file of dlib's serialisation to an ONNX model.

The file lists the layers from the input to the output, each as its name and its numbers.  The
network is a ResNet of 29 convolutions (`anet_type` of dlib's face recognition example); its shape
is code in dlib and so it is here.  Each `affine_` after a convolution is folded into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from edge.errors import SettingsError
from tools.models.projection import Attribute

Floats = NDArray[np.float32]

SIDE: Final = 150
MEANS: Final = (122.782, 117.001, 104.298)
SCALE: Final = 256.0
BLOCKS: Final = (
    *((32, False),) * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
"""Of each residual block: channels, and whether it halves height and width."""
_LAYER: Final = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")
_TENSOR_VERSION: Final = 2
_OPSET: Final = 18


@dataclass(frozen=True, slots=True)
class Convolution:
    """Weights [out, in, height, width] and bias [out], the affine layer after it folded in."""

    weights: Floats
    bias: Floats


def read_dlib(data: bytes) -> ModelProto:
    """The ONNX model of dlib's face embedder: `data` [N, 3, 150, 150] RGB to `embedding` [N, 128].

    Raises:
        SettingsError: the file does not hold that network.
    """
    try:
        convolutions, projection = _numbers(data)
        return _Graph().model(convolutions, projection)
    except (IndexError, ValueError, StopIteration) as error:
        raise SettingsError("the file does not hold dlib's face embedder") from error


def _numbers(data: bytes) -> tuple[Iterator[Convolution], Floats]:
    tensors = [_tensor(data, match.end()) for match in _LAYER.finditer(data)]
    *layers, projection = tensors
    widths = [32, *(width for width, _ in BLOCKS for _ in range(2))]
    if len(layers) != 2 * len(widths) or projection.shape != (256, 128):
        raise ValueError
    sizes = [7, *[3] * (len(widths) - 1)]
    inputs = [3, 32, *widths[1:-1]]
    shapes = zip(widths, inputs, sizes, strict=True)
    folded = [
        _folded(layers[2 * at].ravel(), layers[2 * at + 1].ravel(), (out, into, size, size))
        for at, (out, into, size) in enumerate(shapes)
    ]
    return iter(folded), projection


def _folded(numbers: Floats, affine: Floats, shape: tuple[int, int, int, int]) -> Convolution:
    """Weights first, then biases; of the affine layer factors first, then what is added."""
    out = shape[0]
    weights, bias = numbers[:-out].reshape(shape), numbers[-out:]
    factor, added = affine.reshape(2, out)
    return Convolution(weights * factor[:, None, None, None], bias * factor + added)


def _tensor(data: bytes, position: int) -> Floats:
    """A tensor after the name of its layer: version, four sizes, floats of four bytes."""
    version, start = _integer(data, position)
    if data[position - 4 : position] == b"fc_2":  # its outputs and inputs come first
        for _ in range(2):
            version, start = _integer(data, start)
    if version != _TENSOR_VERSION:
        raise ValueError
    samples, start = _integer(data, start)
    values, start = _integer(data, start)
    for _ in range(2):  # rows and columns: one
        _, start = _integer(data, start)
    numbers = np.frombuffer(data, "<f4", samples * values, start)
    return numbers.astype(np.float32).reshape(samples, values)


def _integer(data: bytes, position: int) -> tuple[int, int]:
    """A number of dlib: how many bytes, then these, the lowest first; and where it ends."""
    end = position + 1 + data[position]
    return int.from_bytes(data[position + 1 : end], "little"), end


class _Graph:
    """Nodes and constants, while they are put together."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def model(self, convolutions: Iterator[Convolution], projection: Floats) -> ModelProto:
        means = np.array(MEANS, np.float32).reshape(1, 3, 1, 1)
        centred = self._node("Sub", "data", self._constant(means))
        scaled = self._node("Mul", centred, self._constant(np.array(1 / SCALE, np.float32)))
        first = self._node("Relu", self._convolved(scaled, next(convolutions), 2, 0))
        value = self._node("MaxPool", first, kernel_shape=[3, 3], strides=[2, 2])
        side, channels = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1, 32
        for width, halves in BLOCKS:
            branch = self._convolved(value, next(convolutions), 1 + halves, 1 - halves)
            branch = self._node("Relu", branch)
            branch = self._convolved(branch, next(convolutions), 1, 1)
            if halves:
                value, branch = self._fitted(value, branch, width - channels, side)
                side = side // 2
            value = self._node("Relu", self._node("Add", value, branch))
            channels = width
        axes = self._constant(np.array([2, 3], np.int64))
        pooled = self._node("ReduceMean", value, axes, keepdims=0)
        self.nodes.append(
            helper.make_node("MatMul", [pooled, self._constant(projection)], ["embedding"])
        )
        describe = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "dlib_resnet",
            [describe("data", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [describe("embedding", TensorProto.FLOAT, ["N", 128])],
            self.constants,
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8
        )

    def _fitted(self, value: str, branch: str, more: int, side: int) -> tuple[str, str]:
        """Shortcut and branch of a block that halves, both filled with zeros to one size."""
        value = self._node("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
        if more:
            value = self._padded(value, more, 0)
        short = side // 2 - ((side - 3) // 2 + 1)
        return value, self._padded(branch, 0, short) if short else branch

    def _padded(self, value: str, channels: int, side: int) -> str:
        ends = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
        return self._node("Pad", value, self._constant(ends))

    def _convolved(self, value: str, layer: Convolution, stride: int, pad: int) -> str:
        return self._node(
            "Conv",
            value,
            self._constant(layer.weights),
            self._constant(layer.bias),
            kernel_shape=list(layer.weights.shape[2:]),
            strides=[stride] * 2,
            pads=[pad] * 4,
        )

    def _constant(self, value: Floats | NDArray[np.int64]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name
