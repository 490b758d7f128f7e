"""Gradients of an ONNX text encoder, whose graph runs as TensorFlow operations: no torch, no second copy of the model.

Import it where it is needed: it loads TensorFlow and onnx.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from onnx import helper, numpy_helper

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import Array, Floats, Inputs
from leap_explorer.explain.explained import Explained

Attributes = Mapping[str, Any]
Tensors = Sequence[Any]  #: a node's inputs; None for an optional one that is left out
Operation = Callable[[Tensors, Attributes], Any]


@dataclass(frozen=True, eq=False)
class Node:
    """One operation of a graph, like no other."""

    op_type: str
    inputs: tuple[str, ...]  #: "" for an optional one that is left out
    outputs: tuple[str, ...]
    attributes: Attributes


class OnnxEncoder:
    """An ONNX encoder, to be started from any point of the space of its word embeddings.

    The graph runs from the output of the look-up (`Gather`) of the token ids in the largest table, in float32.
    Everything else that it makes of its inputs, positions and the attention mask for instance, is the sample's.

    With `detaches_gates` the gradient takes for constants: the attention weights, the deviations of layer norms,
    the gates of GELU, and tanh(x) / x. Only how the values flow counts then, not how the weights that steer them would
    change (Ali et al. 2022, "XAI for Transformers: Better Explanations through Conservative Propagation"; the gates of
    GELU as in Achtibat et al. 2024, "AttnLRP"). The outputs are the same with it and without.
    """

    def __init__(
        self,
        path: Path,
        ids_name: str | None = None,
        output_name: str | None = None,
        detaches_gates: bool = False,
    ) -> None:
        """
        Args:
            ids_name: the input with the token ids; by default the first of an integer type.
            output_name: what to explain, [batch, classes]; by default the first output.

        Raises:
            ExplorerError: the file is no ONNX model, has an operation that is not known here, or looks its token ids
                up in no table.
        """
        try:
            graph = onnx.load(str(path)).graph
        except Exception as error:  # protobuf's own, or the system's
            raise ExplorerError(f"{path} cannot be read as an ONNX model ({error}). Export it anew.") from error
        self.settings: Mapping[str, Any] = {"gates": "detached"} if detaches_gates else {}
        self._operations = _OPERATIONS | (_WITH_DETACHED_GATES if detaches_gates else {})
        nodes = [_read_node(node) for node in graph.node]
        if unknown := sorted({node.op_type for node in nodes} - set(self._operations)):
            raise ExplorerError(
                f"{path.name} uses the ONNX operation {', '.join(unknown)}, through which gradients cannot be followed "
                "here. Explain it by occlusion."
            )
        constants = {tensor.name: tf.constant(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        self._inputs = {value.name: _tf_type(value.type.tensor_type.elem_type) for value in inputs}
        self._output = output_name or graph.output[0].name
        self._nodes, self._constants = self._fold(nodes, constants)
        self.ids_name = ids_name or next((name for name, dtype in self._inputs.items() if dtype.is_integer), "")
        self._look_ups = self._find_look_ups()
        self.table: Floats = self._constants[self._look_ups[0].inputs[0]].numpy()  #: [vocabulary, width]
        self._compiled = lru_cache(maxsize=8)(self._compile)
        self._outputs = tf.function(self._run, input_signature=self._signature())

    def embed(self, ids: Array) -> Floats:
        return self.table[np.asarray(ids, dtype=np.intp)].astype(np.float32)

    def outputs(self, points: Floats, inputs: Inputs) -> Floats:
        """[n, classes], with `points` [n, length, width] in place of the embeddings; `inputs` is one sample's."""
        return self._outputs(*self._arguments(points, inputs)).numpy()

    def gradient(self, points: Floats, inputs: Inputs, target: Explained) -> tuple[Floats, Floats]:
        values, gradients = self._compiled(target)(*self._arguments(points, inputs))
        return values.numpy(), gradients.numpy()

    def _arguments(self, points: Floats, inputs: Inputs) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        rows = {
            name: tf.constant(np.repeat(np.asarray(inputs[name])[None], len(points), axis=0), dtype=dtype)
            for name, dtype in self._inputs.items()
        }
        return tf.constant(points, dtype=tf.float32), rows

    def _signature(self) -> list[Any]:
        rows = {name: tf.TensorSpec([None, None], dtype) for name, dtype in self._inputs.items()}
        return [tf.TensorSpec([None, None, self.table.shape[1]], tf.float32), rows]

    def _compile(self, target: Explained) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
        def gradient(points: tf.Tensor, rows: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(points)
                values = target.tensor_values(self._run(points, rows))
            return values, tape.gradient(values, points)

        return tf.function(gradient, input_signature=self._signature())

    def _run(self, points: tf.Tensor, rows: dict[str, tf.Tensor]) -> tf.Tensor:
        """The graph from the embeddings on: [n, length, width] -> [n, classes]."""
        found = self._constants | rows | {node.outputs[0]: points for node in self._look_ups}
        for node in self._nodes:
            if node not in self._look_ups:
                found |= self._apply(node, found)
        return found[self._output]

    def _apply(self, node: Node, found: Mapping[str, Any]) -> dict[str, Any]:
        """The node's outputs by their names."""
        inputs = [found[name] if name else None for name in node.inputs]
        result = self._operations[node.op_type](inputs, node.attributes)
        results = result if isinstance(result, list) else [result]
        return dict(zip(node.outputs, results, strict=False))

    def _fold(self, nodes: Sequence[Node], constants: dict[str, Any]) -> tuple[list[Node], dict[str, Any]]:
        """The nodes that depend on an input, and all constants, with the results of the other nodes."""
        constants, remaining = dict(constants), []
        for node in nodes:
            if all(name in constants for name in node.inputs if name):
                constants |= self._apply(node, constants)
            else:
                remaining.append(node)
        used = {name for node in remaining for name in node.inputs} | {self._output}
        return remaining, {name: value for name, value in constants.items() if name in used}

    def _find_look_ups(self) -> list[Node]:
        """The nodes that look the ids up in the largest table."""
        ids = {self.ids_name}
        for node in self._nodes:
            if node.op_type in {"Cast", "Identity"} and node.inputs[0] in ids:
                ids.update(node.outputs)
        found = [
            node
            for node in self._nodes
            if node.op_type == "Gather" and node.inputs[1] in ids and node.inputs[0] in self._constants
        ]
        if not found:
            raise ExplorerError(
                f"The ONNX model looks its input {self.ids_name!r} up in no table of embeddings, where the gradient "
                "methods start. Name the input with the token ids, or explain it by occlusion."
            )
        table = max((node.inputs[0] for node in found), key=lambda name: self._constants[name].shape[0])
        return [node for node in found if node.inputs[0] == table]


def _read_node(node: onnx.NodeProto) -> Node:
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return Node(node.op_type, tuple(node.input), tuple(node.output), attributes)


def _tf_type(elem_type: int) -> tf.DType:
    """The type that an ONNX type's number stands for."""
    return tf.as_dtype(helper.tensor_dtype_to_np_dtype(elem_type))


# Operations, by the ONNX operator specification (opset 13 and later, where axes and sizes mostly are inputs)


def _given(inputs: Tensors, index: int) -> Any:
    """An optional input; None where it is left out."""
    return inputs[index] if index < len(inputs) else None


def _constant_list(tensor: Any) -> list[int]:
    """The values of a tensor that must not depend on the model's inputs, such as axes."""
    values = tf.get_static_value(tensor)
    if values is None:
        raise ExplorerError("The ONNX model computes axes from its inputs, which is not known here. Use occlusion.")
    return [int(value) for value in np.ravel(values)]


def _axes(inputs: Tensors, attributes: Attributes, index: int = 1) -> list[int] | None:
    """Axes given as an input or, in older operator sets, as an attribute."""
    tensor = _given(inputs, index)
    return attributes.get("axes") if tensor is None else _constant_list(tensor)


def _cast(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.cast(inputs[0], _tf_type(attributes["to"]))


def _concat(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.concat(inputs, attributes["axis"])


def _constant(inputs: Tensors, attributes: Attributes) -> Any:
    if "value" in attributes:
        return tf.constant(numpy_helper.to_array(attributes["value"]))
    ((name, value),) = attributes.items()
    return tf.constant(value, dtype=tf.int64 if name.startswith("value_int") else tf.float32)


def _constant_of_shape(inputs: Tensors, attributes: Attributes) -> Any:
    value = numpy_helper.to_array(attributes["value"]) if "value" in attributes else np.zeros(1, dtype=np.float32)
    return tf.fill(inputs[0], value[0])


def _div(inputs: Tensors, attributes: Attributes) -> Any:
    if not inputs[0].dtype.is_integer:
        return inputs[0] / inputs[1]
    return tf.sign(inputs[0]) * tf.sign(inputs[1]) * (tf.abs(inputs[0]) // tf.abs(inputs[1]))  # towards 0


def _expand(inputs: Tensors, attributes: Attributes) -> Any:
    shape = tf.cast(inputs[1], tf.int32)
    return tf.broadcast_to(inputs[0], tf.broadcast_dynamic_shape(tf.shape(inputs[0]), shape))


def _gather(inputs: Tensors, attributes: Attributes) -> Any:
    data, indices = inputs
    axis = attributes.get("axis", 0)
    size = tf.shape(data, out_type=indices.dtype)[axis]
    return tf.gather(data, tf.where(indices < 0, indices + size, indices), axis=axis)


def _gemm(inputs: Tensors, attributes: Attributes) -> Any:
    product = tf.matmul(
        inputs[0],
        inputs[1],
        transpose_a=bool(attributes.get("transA", 0)),
        transpose_b=bool(attributes.get("transB", 0)),
    )
    product *= attributes.get("alpha", 1.0)
    bias = _given(inputs, 2)
    return product if bias is None else product + attributes.get("beta", 1.0) * bias


def _layer_normalization(inputs: Tensors, attributes: Attributes, hold: Callable[[Any], Any] = tf.identity) -> Any:
    values, bias = inputs[0], _given(inputs, 2)
    first = attributes.get("axis", -1) % values.shape.rank
    axes = list(range(first, values.shape.rank))
    centred = values - tf.reduce_mean(values, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axes, keepdims=True)
    scaled = centred * hold(tf.math.rsqrt(variance + attributes.get("epsilon", 1e-5))) * inputs[1]
    return scaled if bias is None else scaled + bias


def _pow(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.pow(inputs[0], tf.cast(inputs[1], inputs[0].dtype))


def _reduce_mean(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.reduce_mean(inputs[0], _axes(inputs, attributes), keepdims=bool(attributes.get("keepdims", 1)))


def _reshape(inputs: Tensors, attributes: Attributes) -> Any:
    """A size of 0 stands for the data's own."""
    data, shape = inputs
    if attributes.get("allowzero", 0):
        return tf.reshape(data, shape)
    rank = shape.shape[0]
    own = tf.concat([tf.shape(data, out_type=tf.int64), tf.zeros(rank, tf.int64)], 0)[:rank]
    return tf.reshape(data, tf.where(shape == 0, own, shape))


def _shape(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.shape(inputs[0], out_type=tf.int64)[attributes.get("start", 0) : attributes.get("end")]


def _slice(inputs: Tensors, attributes: Attributes) -> Any:
    """Ends beyond the data, such as the largest int64 for "to the end", are cut to what TensorFlow can index."""
    data, *bounds = inputs[:3]
    starts, ends = (tf.cast(tf.clip_by_value(bound, -(2**31) + 1, 2**31 - 1), tf.int32) for bound in bounds)
    count = starts.shape[0]
    axes = _axes(inputs, {}, 3) or list(range(count))
    steps = _given(inputs, 4)
    steps = tf.ones(count, tf.int32) if steps is None else tf.cast(steps, tf.int32)
    index = [slice(None)] * data.shape.rank
    for i, axis in enumerate(axes):
        index[axis] = slice(starts[i], ends[i], steps[i])
    return data[tuple(index)]


def _softmax(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.nn.softmax(inputs[0], axis=attributes.get("axis", -1))


def _split(inputs: Tensors, attributes: Attributes) -> Any:
    sizes = _given(inputs, 1)
    parts = attributes["num_outputs"] if sizes is None else _constant_list(sizes)
    return list(tf.split(inputs[0], parts, axis=attributes.get("axis", 0)))


def _squeeze(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.squeeze(inputs[0], _axes(inputs, attributes))


def _transpose(inputs: Tensors, attributes: Attributes) -> Any:
    return tf.transpose(inputs[0], attributes.get("perm"))


def _unsqueeze(inputs: Tensors, attributes: Attributes) -> Any:
    data, axes = inputs[0], _axes(inputs, attributes) or []
    rank = data.shape.rank + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        data = tf.expand_dims(data, axis)
    return data


def _elementwise(function: Callable[..., Any]) -> Operation:
    return lambda inputs, attributes: function(*inputs)


_OPERATIONS: dict[str, Operation] = {
    **{
        name: _elementwise(function)
        for name, function in {
            "Add": tf.add,
            "And": tf.logical_and,
            "Equal": tf.equal,
            "Erf": tf.math.erf,
            "Identity": tf.identity,
            "MatMul": tf.matmul,
            "Mul": tf.multiply,
            "Not": tf.logical_not,
            "Or": tf.logical_or,
            "Range": tf.range,
            "Relu": tf.nn.relu,
            "Sqrt": tf.sqrt,
            "Sub": tf.subtract,
            "Tanh": tf.tanh,
            "Where": tf.where,
        }.items()
    },
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Div": _div,
    "Expand": _expand,
    "Gather": _gather,
    "Gemm": _gemm,
    "LayerNormalization": _layer_normalization,
    "Pow": _pow,
    "ReduceMean": _reduce_mean,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}


def _detached(operation: Operation) -> Operation:
    return lambda inputs, attributes: tf.stop_gradient(operation(inputs, attributes))


def _held_tanh(inputs: Tensors, attributes: Attributes) -> Any:
    (values,) = inputs
    ratio = tf.math.divide_no_nan(tf.tanh(values), values)
    return values * tf.stop_gradient(tf.where(values == 0, tf.ones_like(ratio), ratio))


def _held_layer_normalization(inputs: Tensors, attributes: Attributes) -> Any:
    return _layer_normalization(inputs, attributes, hold=tf.stop_gradient)


_WITH_DETACHED_GATES: dict[str, Operation] = {
    **{name: _detached(_OPERATIONS[name]) for name in ("Erf", "Softmax", "Sqrt")},
    "LayerNormalization": _held_layer_normalization,
    "Tanh": _held_tanh,
}
