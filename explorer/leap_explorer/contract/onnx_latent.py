"""Which tensor of an ONNX graph is an output's latent space."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Layers whose weights are learned, by operator; those of the second set have their channels on axis 1.
_PRODUCTS = ("MatMul", "Gemm", "QLinearMatMul", "MatMulInteger", "QGemm", "MatMulNBits")
_CHANNELS_FIRST = ("Conv", "ConvTranspose", "QLinearConv", "ConvInteger", "BatchNormalization", "PRelu")


@dataclass(frozen=True)
class Latent:
    """A tensor, and the axis of it that holds the channels."""

    tensor: str
    axis: int = -1


def find_latent(graph: Any, output: str) -> Latent | None:
    """What feeds the last layer with weights on the way to an output; None where there is none.

    The last matrix product or convolution with weights, or else the last matrix product, or else whatever else has
    weights. Axes, shapes and single numbers are no weights.
    """
    constants, weights = _constants(graph)
    way = list(_way_to(graph, output))
    produced = {name for node in graph.node for name in node.output} - constants
    has_weights = [any(name in weights for name in node.input) for node in way]
    layers = [
        [
            node
            for node, has in zip(way, has_weights, strict=True)
            if has and node.op_type in _PRODUCTS + _CHANNELS_FIRST
        ],
        [node for node in way if node.op_type in _PRODUCTS],
        [node for node, has in zip(way, has_weights, strict=True) if has],
    ]
    for nodes in layers:
        for node in reversed(nodes):
            fed = next((name for name in node.input if name in produced), None)
            if fed is not None:
                return Latent(fed, 1 if node.op_type in _CHANNELS_FIRST else -1)
    return None


def _way_to(graph: Any, output: str) -> Iterator[Any]:
    """The nodes that an output depends on, in the graph's order."""
    needed, way = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            way.append(node)
    yield from reversed(way)


def _constants(graph: Any) -> tuple[set[str], set[str]]:
    """Tensors that follow from constants alone, such as weights cast to another type; and those that are weights."""
    constants = {tensor.name for tensor in graph.initializer}
    weights = {tensor.name for tensor in graph.initializer if _is_weight(tensor)}
    for node in graph.node:
        if all(name in constants or not name for name in node.input):
            constants.update(node.output)
            held = [
                attribute.t for attribute in node.attribute if attribute.name == "value" and node.op_type == "Constant"
            ]
            if any(map(_is_weight, held)) or weights.intersection(node.input):
                weights.update(node.output)
    return constants, weights


def _is_weight(tensor: Any) -> bool:
    """Whether a constant holds several numbers that are no axes or shape: floating or of eight bits."""
    from onnx import TensorProto

    numbers = 1
    for size in tensor.dims:
        numbers *= size
    kinds = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
    return numbers > 1 and tensor.data_type in (*kinds, TensorProto.INT8, TensorProto.UINT8)
