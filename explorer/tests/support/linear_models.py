"""Models that are linear in what they read, so that what drives them is known, and samples to ask them of."""

import numpy as np
from onnx import TensorProto, helper

from graphs import constant, write_graph
from leap_explorer.contract.model import KerasModel, OnnxModel
from leap_explorer.explain.any_model.inputs import Inputs, baseline_in_words, kind_of, model_input
from leap_explorer.explain.any_model.question import Question
from leap_explorer.explain.any_model.tokens import looked_up_inputs
from leap_explorer.explain.any_model.value import Number

VOCABULARY, WIDTH = 12, 3


def read(model, means=None, axes=None, **arrays):
    """A sample's `Inputs`, encoders being named as the model's inputs; channels' means and axes by name."""
    looked_up = looked_up_inputs(model)
    parts = [
        model_input(
            name, name, arrays[name], kind_of(name, looked_up), (axes or {}).get(name, -1), (means or {}).get(name)
        )
        for name in model.input_names
    ]
    return Inputs(tuple(parts), baseline_in_words(parts))


def question(model, inputs, index=1, output=0):
    """What drives the number of that index."""
    return Question(model, inputs, Number(output, index, -1))


def keras_linear(*shapes):
    """Inputs `x0`, `x1`.. of these shapes -> two numbers. Returns the model and each input's weights [*shape, 2]."""
    import keras

    generator = np.random.default_rng(5)
    inputs = [keras.Input(shape, name=f"x{i}") for i, shape in enumerate(shapes)]
    flat = [keras.layers.Flatten()(one) for one in inputs]
    joined = flat[0] if len(flat) == 1 else keras.layers.Concatenate()(flat)
    model = keras.Model(inputs, keras.layers.Dense(2, name="head")(joined))
    weights = generator.normal(size=(joined.shape[1], 2)).astype(np.float32)
    model.get_layer("head").set_weights([weights, np.array([0.5, -0.5], np.float32)])
    bounds = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    of_each = np.split(weights, bounds)
    return KerasModel(model, "toy"), [one.reshape(*shape, 2) for one, shape in zip(of_each, shapes, strict=True)]


def onnx_linear(path, *shapes):
    """As `keras_linear`, in ONNX."""
    generator = np.random.default_rng(6)
    sizes = [int(np.prod(shape)) for shape in shapes]
    weights = [generator.normal(size=(size, 2)).astype(np.float32) for size in sizes]
    names = [f"x{i}" for i in range(len(shapes))]
    nodes = [helper.make_node("Flatten", [name], [f"flat_{name}"]) for name in names]
    nodes += [helper.make_node("MatMul", [f"flat_{name}", f"w_{name}"], [f"part_{name}"]) for name in names]
    nodes.append(helper.make_node("Sum", [f"part_{name}" for name in names], ["out"]))
    constants = [constant(f"w_{name}", one) for name, one in zip(names, weights, strict=True)]
    inputs = {name: ["n", *shape] for name, shape in zip(names, shapes, strict=True)}
    write_graph(path, nodes, inputs, {"out": ["n", 2]}, constants)
    return OnnxModel(path), [one.reshape(*shape, 2) for one, shape in zip(weights, shapes, strict=True)]


def keras_tokens(length=6):
    """`tokens` -> the mean of their embeddings -> two numbers. With what a token gives, [vocabulary, 2]."""
    import keras

    generator = np.random.default_rng(7)
    tokens = keras.Input((length,), name="tokens")
    embedded = keras.layers.Embedding(VOCABULARY, WIDTH, name="table")(tokens)
    head = keras.layers.Dense(2, name="head")(keras.layers.GlobalAveragePooling1D()(embedded))
    model = keras.Model(tokens, head)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    table, weights, _ = model.get_weights()
    return KerasModel(model, "toy"), table @ weights / length


def onnx_tokens(path, operation="Identity"):
    """`input_ids` and `attention_mask` -> the sum of what the seen tokens give, [n, 2]; with what a token gives.

    Args:
        operation: one that changes nothing at the numbers here, after which gradients may not be followed.
    """
    import onnx

    given = np.random.default_rng(8).normal(size=(VOCABULARY, 2)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["given", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Transpose", ["column"], ["row"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["row", "each"], ["summed"]),
        helper.make_node("MatMul", ["summed", "unit"], ["same"]),
        helper.make_node(operation, ["same"], ["changed"]),
        helper.make_node("Squeeze", ["changed", "middle"], ["out"]),
    ]
    weights = [
        constant("given", given),
        constant("unit", np.eye(2)),
        constant("last", [2], np.int64),
        constant("middle", [1], np.int64),
    ]
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "length"]) for name in names]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2])]
    graph = helper.make_graph(nodes, "toy", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return OnnxModel(path), given
