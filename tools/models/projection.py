"""Leaves the weights of a projection in the whole numbers they were published in.

Of SFace two thirds of all weights are in the last step, from feature map to embedding: as floats
they take four times the memory, and twice as much again while they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from edge.errors import SettingsError

Array: TypeAlias = NDArray[Any]  # of whatever numbers the model has
Attribute: TypeAlias = Any  # make_node takes every kind of attribute in its keywords

KEPT: Final = "kept_"
"""What the names of its parts begin with."""
PIECE_BYTES: Final = 1 << 20
"""Of the floats that so many whole numbers become at a time, in the cache of a small processor."""


def keep_projection(model: ModelProto) -> None:
    """Compute a Gemm of weights quantised in blocks as it is written, a piece at a time.

    With x in blocks b, the output n is the sum over b of scale[n, b] (q[n, b] . x[b]), less
    scale[n, b] zero[n, b] sum(x[b]): exactly what the weights as floats give, but for rounding.

    Raises:
        SettingsError: the model has no such Gemm.
    """
    constants = {value.name: value for value in model.graph.initializer}
    quantised = {
        node.output[0]: node
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in constants
    }
    for node in model.graph.node:
        if node.op_type == "Gemm" and node.input[1] in quantised:
            source = quantised[node.input[1]]
            weights = _Quantised.of(
                source, [numpy_helper.to_array(constants[name]) for name in source.input]
            )
            _replace(model, node, source, weights)
            return
    raise SettingsError("the model has no projection with quantised weights")


@dataclass(frozen=True, slots=True)
class _Quantised:
    """Whole numbers [blocks, block, outputs]; scales and zeros [blocks, outputs]."""

    numbers: NDArray[np.int8]
    scales: NDArray[np.float32]
    zeros: NDArray[np.float32]

    @classmethod
    def of(cls, node: NodeProto, constants: list[Array]) -> _Quantised:
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        numbers, scales, zeros = constants
        if attributes.get("axis") != 1 or not attributes.get("block_size"):
            raise SettingsError("the projection is not quantised in blocks of its inputs")
        shape = (*scales.shape, attributes["block_size"])
        return cls(
            np.ascontiguousarray(numbers.reshape(shape).transpose(1, 2, 0)),
            np.ascontiguousarray(scales.T),
            np.ascontiguousarray(zeros.T).astype(np.float32),
        )

    def pieces(self) -> Iterator[NDArray[np.int8]]:
        blocks, block, outputs = self.numbers.shape
        fitting = max(PIECE_BYTES // (4 * block * outputs), 1)
        size = next(size for size in range(min(fitting, blocks), 0, -1) if blocks % size == 0)
        for start in range(0, blocks, size):
            yield self.numbers[start : start + size]


def _replace(model: ModelProto, gemm: NodeProto, source: NodeProto, weights: _Quantised) -> None:
    blocks, block, _ = weights.numbers.shape
    pieces = list(weights.pieces())
    constants: dict[str, Array] = {
        "shape": np.array([-1, blocks, block], np.int64),
        "last": np.array([2], np.int64),
        "first": np.array([0], np.int64),
        "lengths": np.array([len(piece) for piece in pieces], np.int64),
        "one": np.array(1, np.float32),
        "scales": weights.scales[:, None],
        "offsets": -weights.scales * weights.zeros,
        **{f"numbers_{at}": piece for at, piece in enumerate(pieces)},
    }

    def own(names: str) -> list[str]:
        """Names in this projection; `:` marks the model's own."""
        return [name[1:] if name.startswith(":") else f"{KEPT}{name}" for name in names.split()]

    def node(kind: str, inputs: str, outputs: str, **attributes: Attribute) -> NodeProto:
        return helper.make_node(kind, own(inputs), own(outputs), **attributes)

    several = range(len(pieces))
    made = [
        node("Reshape", f":{gemm.input[0]} shape", "blocks"),
        node("Transpose", "blocks", "first_blocks", perm=[1, 0, 2]),
        node("Split", "first_blocks lengths", " ".join(f"input_{at}" for at in several), axis=0),
    ]
    for at in several:
        # onnxruntime folds no DequantizeLinear, as it would a Cast: the floats live for a moment.
        made += [
            node("DequantizeLinear", f"numbers_{at} one", f"floats_{at}"),
            node("MatMul", f"input_{at} floats_{at}", f"product_{at}"),
        ]
    bias = " ".join(f":{name}" for name in gemm.input[2:])
    made += [
        node("Concat", " ".join(f"product_{at}" for at in several), "products", axis=0),
        node("Mul", "products scales", "scaled"),
        node("ReduceSum", "scaled first", "projected", keepdims=0),
        node("ReduceSum", "blocks last", "sums", keepdims=0),
        node("Gemm", f"sums offsets {bias}", "off"),
        node("Add", "projected off", f":{gemm.output[0]}"),
    ]
    at = list(model.graph.node).index(gemm)
    nodes = [each for each in model.graph.node if each not in (gemm, source)]
    at -= sum(each == source for each in list(model.graph.node)[:at])
    nodes[at:at] = made
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(value), f"{KEPT}{name}")
        for name, value in constants.items()
    )
