"""Repairs published model files for onnxruntime, step by step; the result is always the same bytes.

As shipped neither file runs: YuNet carries a block-size attribute on per-tensor DequantizeLinear,
SFace declares its weights as required inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper

from edge.errors import SettingsError
from edge.inference.manifest import Pixels
from tools.models.dlib_resnet import read_dlib
from tools.models.projection import KEPT, Array, keep_projection

FROM_DLIB: Final = "from-dlib"
"""The file is dlib's; this step makes a model of it, the others change one."""
PIXELS: Final = "pixels"
"""What the names begin with of what stands before the first layer."""


def prepare(data: bytes, steps: tuple[str, ...], pixels: Pixels | None = None) -> bytes:
    """Apply the steps the manifest names, then let the model take RGB 0..255.

    Raises:
        SettingsError: a step is not known, or the file is no model.
    """
    for step in steps:
        if step not in STEPS and step != FROM_DLIB:
            known = ", ".join([FROM_DLIB, *STEPS])
            raise SettingsError(f"no step `{step}` to prepare a model; there is: {known}")
    model = read_dlib(data) if FROM_DLIB in steps else _read(data)
    for step in steps:
        if step != FROM_DLIB:
            STEPS[step](model)
    if pixels is not None:
        take_rgb(model, pixels)
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.producer_name, model.producer_version, model.doc_string = "egate", "", ""
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _read(data: bytes) -> ModelProto:
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # that of protobuf, which has no types
        raise SettingsError(f"the file is no model of ONNX ({error})") from error
    if not model.graph.input:
        raise SettingsError("the file is no model of ONNX, or one without input")
    return model


def take_rgb(model: ModelProto, pixels: Pixels) -> None:
    """Compute what the network wants from RGB 0..255: before its first layer."""
    source = model.graph.input[0].name
    constants = _constants(model)
    order = [2, 1, 0] if pixels.order == "BGR" else [0, 1, 2]
    constants |= {
        f"{PIXELS}_order": np.array(order, np.int64),
        f"{PIXELS}_mean": np.array(pixels.mean, np.float32),
        f"{PIXELS}_scale": np.array(pixels.scale, np.float32),
    }
    made = [
        helper.make_node("Gather", [source, f"{PIXELS}_order"], [f"{PIXELS}_ordered"], axis=1),
        helper.make_node("Sub", [f"{PIXELS}_ordered", f"{PIXELS}_mean"], [f"{PIXELS}_centred"]),
        helper.make_node("Div", [f"{PIXELS}_centred", f"{PIXELS}_scale"], [PIXELS]),
    ]
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = PIXELS if name == source else name
    _replace(model, [*made, *model.graph.node], constants)


def dequantise(model: ModelProto) -> None:
    """Turn quantised weights into float32, but what is kept, and drop the inputs that are none."""
    constants = _constants(model)
    values: dict[str, Array] = {}
    kept = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and _is_weight(node.input[0], constants):
            values[node.output[0]] = _dequantised(node, constants)
        elif node.op_type == "Reshape" and node.input[0] in values:
            shape = [int(size) for size in constants[node.input[1]]]
            values[node.output[0]] = values[node.input[0]].reshape(shape)
        else:
            kept.append(node)
    _replace(model, kept, {**constants, **values})


def _is_weight(name: str, constants: Mapping[str, Array]) -> bool:
    return name in constants and not name.startswith(KEPT)


def fold_batch_norms(model: ModelProto) -> None:
    """Multiply each batch normalisation into the convolution before it; drop dropouts."""
    constants = _constants(model)
    norms = _norms_after_convolutions(model)
    kept, renamed = [], {}
    for node in model.graph.node:
        if node.op_type == "Dropout":
            renamed[node.output[0]] = node.input[0]
        elif node.op_type == "Conv" and node.output[0] in norms:
            kept.append(_folded(node, norms[node.output[0]], constants))
        elif not (node.op_type == "BatchNormalization" and node.input[0] in norms):
            kept.append(node)
    for node in kept:
        for position, name in enumerate(node.input):
            node.input[position] = renamed.get(name, name)
    _replace(model, kept, constants)


def _norms_after_convolutions(model: ModelProto) -> dict[str, NodeProto]:
    """The batch normalisations that alone use a convolution, by the convolution's output."""
    convolved = {node.output[0] for node in model.graph.node if node.op_type == "Conv"}
    users = _users(model)
    return {
        name: users[name][0]
        for name in convolved
        if [user.op_type for user in users.get(name, [])] == ["BatchNormalization"]
    }


def rewrite_prelu(model: ModelProto) -> None:
    """PReLU(x) = a x + (1 - a) Relu(x), as convolutions of one channel each.

    onnxruntime has these in the layout it convolves in: PReLU, or the multiplications it could be
    made of, would have it turn every picture over and back.  A depthwise convolution that follows
    takes the factors into its weights.
    """
    constants = _constants(model)
    following = _depthwise_after_prelu(model, constants)
    taken = {id(node) for node in following.values()}
    kept = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            kept += [] if id(node) in taken else [node]
            continue
        slope = constants[node.input[1]].reshape(-1, 1, 1, 1).astype(np.float32)
        after = following.get(node.output[0])
        if after is None:
            after = helper.make_node(
                "Conv", [node.output[0], ""], [node.output[0]], group=len(slope)
            )
            weights = np.ones_like(slope)
        else:
            weights = constants[after.input[1]]
        kept += _both_sides(node.input[0], after, weights, slope, constants)
    _replace(model, kept, constants)


def _depthwise_after_prelu(
    model: ModelProto, constants: Mapping[str, Array]
) -> dict[str, NodeProto]:
    """The depthwise convolutions that alone use a PReLU, by the output of the PReLU."""
    made = {node.output[0] for node in model.graph.node if node.op_type == "PRelu"}
    users = _users(model)
    return {
        name: users[name][0]
        for name in made
        if [user.op_type for user in users.get(name, [])] == ["Conv"]
        and constants[users[name][0].input[1]].shape[1] == 1
    }


def _both_sides(
    source: str, conv: NodeProto, weights: Array, slope: Array, constants: dict[str, Array]
) -> list[NodeProto]:
    """The convolution of PReLU(source): of the source, and of its positive part, added."""
    out = conv.output[0]
    constants[f"{out}_all"] = weights * slope
    constants[f"{out}_positive"] = weights * (1 - slope)
    bias = list(conv.input[2:])
    # In this order onnxruntime has the positive part in the place of the source, and adds while it
    # convolves: less memory, and less of it read and written.
    made = [
        helper.make_node("Conv", [source, f"{out}_all", *bias], [f"{out}_of_all"]),
        helper.make_node("Relu", [source], [f"{out}_relu"]),
        helper.make_node("Conv", [f"{out}_relu", f"{out}_positive"], [f"{out}_of_positive"]),
        helper.make_node("Add", [f"{out}_of_positive", f"{out}_of_all"], [out]),
    ]
    for node in made[::2]:
        node.attribute.extend(conv.attribute)
    return made


def _users(model: ModelProto) -> dict[str, list[NodeProto]]:
    users: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users


def free_batch(model: ModelProto) -> None:
    """Let the number of pictures in one run vary."""
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "N"


def free_height_and_width(model: ModelProto) -> None:
    """Let the size of the picture vary."""
    sizes = model.graph.input[0].type.tensor_type.shape.dim
    sizes[2].dim_param, sizes[3].dim_param = "H", "W"
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"{output.name}_cells"


STEPS: Mapping[str, Callable[[ModelProto], None]] = MappingProxyType(
    {
        "keep-projection": keep_projection,
        "dequantise": dequantise,
        "fold-batch-norms": fold_batch_norms,
        "rewrite-prelu": rewrite_prelu,
        "free-batch": free_batch,
        "free-height-and-width": free_height_and_width,
    }
)


def _constants(model: ModelProto) -> dict[str, Array]:
    return {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}


def _replace(model: ModelProto, nodes: list[NodeProto], constants: Mapping[str, Array]) -> None:
    """Set nodes and the constants they use; whatever else was an input of the graph is one."""
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    made = {name for node in nodes for name in node.output}
    inputs = [
        value
        for value in model.graph.input
        if value.name in used and value.name not in constants and value.name not in made
    ]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    del model.graph.initializer[:]
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, order="C"), name)
        for name, value in constants.items()
        if name in used
    )


def _dequantised(node: NodeProto, constants: Mapping[str, Array]) -> Array:
    """DequantizeLinear of opset 21, per tensor, per axis or in blocks."""
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    quantised = constants[node.input[0]].astype(np.float32)
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)

    def spread(value: Array) -> Array:
        if value.size == 1:
            return value.reshape(())
        if block:
            repeated = np.repeat(value, block, axis=axis)
            return np.take(repeated, range(quantised.shape[axis]), axis=axis)
        shape = [1] * quantised.ndim
        shape[axis] = -1
        return value.reshape(shape)

    if len(node.input) > 2:
        quantised = quantised - spread(constants[node.input[2]]).astype(np.float32)
    return (quantised * spread(constants[node.input[1]])).astype(np.float32)


def _folded(conv: NodeProto, norm: NodeProto, constants: dict[str, Array]) -> NodeProto:
    scale, shift, mean, variance = (constants[name] for name in norm.input[1:5])
    epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), 1e-5)
    factor = scale / np.sqrt(variance + epsilon)
    weights = constants[conv.input[1]]
    bias = constants[conv.input[2]] if len(conv.input) > 2 else np.zeros(len(weights), np.float32)
    out = norm.output[0]
    constants[f"{out}_weights"] = (weights * factor[:, None, None, None]).astype(np.float32)
    constants[f"{out}_bias"] = ((bias - mean) * factor + shift).astype(np.float32)
    node = helper.make_node("Conv", [conv.input[0], f"{out}_weights", f"{out}_bias"], [out])
    node.attribute.extend(conv.attribute)
    return node
