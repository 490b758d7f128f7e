"""Which inputs of a model are ids that it looks up in a table of embeddings."""

from functools import lru_cache
from typing import Any

from leap_explorer.contract.model import KerasModel, Model, OnnxModel

_SAME_IDS = {"Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze"}  # operators that leave ids what they are


def looked_up_inputs(model: Model) -> set[str]:
    """The names of those inputs."""
    if isinstance(model, KerasModel):
        return set(embeddings_by_input(model.keras_model))
    return _of_onnx(model) if isinstance(model, OnnxModel) else set()


@lru_cache(maxsize=4)
def _of_onnx(model: OnnxModel) -> set[str]:
    return onnx_looked_up(model.read_graph())


def embeddings_by_input(keras_model: Any) -> dict[str, str]:
    """By the model's input the name of the embedding layer that looks it up, the largest where there are several.

    An embedding within a model that is a layer itself belongs to the input where there is only one.
    """
    import keras

    names = [str(one.name) for one in keras_model.inputs]
    layers = [layer for layer in keras_model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
    found: dict[str, str] = {}
    for layer in sorted(layers, key=lambda one: one.input_dim):
        sources = {str(one.name) for one in keras.utils.get_source_inputs(layer.input)}
        for name in sources & set(names) if len(names) > 1 else names:
            found[name] = layer.name
    return found


def onnx_looked_up(graph: Any) -> set[str]:
    """Inputs of an ONNX graph by which rows of a constant table are gathered."""
    tables = {tensor.name for tensor in graph.initializer if len(tensor.dims) == 2}
    origin = {one.name: one.name for one in graph.input if one.name not in tables}
    found = set()
    for node in graph.node:
        if node.op_type in _SAME_IDS and node.input[0] in origin:
            origin[node.output[0]] = origin[node.input[0]]
        if node.op_type == "Gather" and node.input[0] in tables and node.input[1] in origin:
            found.add(origin[node.input[1]])
    return found
