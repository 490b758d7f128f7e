"""A trained model from its file, giving its outputs and its latent space at once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.silent_imports import import_keras

Array = npt.NDArray[Any]

KERAS_BATCH = 256
ONNX_BATCH = 16  # small batches of similar length waste little on padding, and fill the cores all the same
MASK_INPUT = "attention_mask"  # the name that transformers give it; positions where it is 0 change nothing

_FORMATS = {".h5": "keras", ".keras": "keras", ".onnx": "onnx"}
_ONNX_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


class Model(Protocol):
    """What a model file is to the explorer."""

    format: str  #: keras or onnx
    latent_source: str  #: the layer or tensor that the latent space is taken from
    n_inputs: int

    def predict(self, inputs: Sequence[Array]) -> tuple[list[Array], Array]:
        """Outputs, each [n, ...], and the latent vectors [n, d], float32, of a batch of any size.

        `inputs` are in the order of the model's own, each [n, ...].
        """


def load_model(path: Path, custom_layers: dict[str, Any] | None = None) -> Model:
    """The model in a `.h5`, `.keras` or `.onnx` file.

    Args:
        path: the file.
        custom_layers: Keras layers that the file names, by name.

    Raises:
        ExplorerError: it is missing, damaged or of another kind.
    """
    if not path.is_file():
        raise ExplorerError(f"There is no model at {path}.")
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ExplorerError(f"{path.name} is no model file that is known here; known are {', '.join(_FORMATS)}.")
    try:
        return OnnxModel(path) if kind == "onnx" else KerasModel(path, custom_layers or {})
    except ExplorerError:
        raise
    except Exception as error:  # keras, h5py, onnx and onnxruntime each raise their own for a damaged file
        raise ExplorerError(f"{path} cannot be loaded: {error}") from error


class KerasModel:
    """Latent space: what feeds the last layer that has weights."""

    format = "keras"

    def __init__(self, path: Path, custom_layers: dict[str, Any]) -> None:
        keras = import_keras()
        self.keras_model = keras.models.load_model(path, compile=False, custom_objects=custom_layers)
        head = next((layer for layer in reversed(self.keras_model.layers) if layer.weights), None)
        if head is None:
            raise ExplorerError(f"{path} holds no layer with weights.")
        latent = head.input[0] if isinstance(head.input, list) else head.input
        outputs = self.keras_model.outputs
        self._n_outputs = len(outputs)
        self._model = keras.Model(self.keras_model.inputs, [*outputs, latent])
        self.latent_source = f"input of the layer {head.name}"
        self.n_inputs = len(self.keras_model.inputs)

    def predict(self, inputs: Sequence[Array]) -> tuple[list[Array], Array]:
        values = self._model.predict(list(inputs), batch_size=KERAS_BATCH, verbose=0)
        return list(values[: self._n_outputs]), as_vectors(values[-1])


class OnnxModel:
    """Latent space: the tensor that feeds the last matrix product."""

    format = "onnx"

    def __init__(self, path: Path) -> None:
        require("An ONNX model", "onnx")
        import onnx
        import onnxruntime

        model = onnx.load(path)
        self.latent_source = _latent_tensor(model.graph)
        self._n_outputs = len(model.graph.output)
        if self.latent_source not in {output.name for output in model.graph.output}:
            model.graph.output.append(onnx.ValueInfoProto(name=self.latent_source))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # it warns of the output that was added
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = self._session.get_inputs()
        self._output_names = [output.name for output in model.graph.output[: self._n_outputs]]
        self.n_inputs = len(self._inputs)
        names = [meta.name for meta in self._inputs]
        # Cutting is safe only if every input may have any length
        may_cut = MASK_INPUT in names and all(_is_dynamic(meta.shape, 1) for meta in self._inputs)
        self._mask = names.index(MASK_INPUT) if may_cut else None

    def predict(self, inputs: Sequence[Array]) -> tuple[list[Array], Array]:
        """Samples of similar length go together, and padding that a mask hides from all of them is cut off."""
        lengths = self._lengths(inputs)
        order = np.argsort(lengths, kind="stable")
        parts = []
        for start in range(0, len(order), ONNX_BATCH):
            rows = order[start : start + ONNX_BATCH]
            cut = max(1, int(lengths[rows[-1]])) if self._mask is not None else None
            feed = {
                meta.name: (values[rows] if cut is None else values[rows, :cut]).astype(_dtype(meta), copy=False)
                for meta, values in zip(self._inputs, inputs, strict=True)
            }
            parts.append(self._session.run([*self._output_names, self.latent_source], feed))
        back = np.argsort(order, kind="stable")
        values = [np.concatenate(column)[back] for column in zip(*parts, strict=True)]
        return values[:-1], as_vectors(values[-1])

    def _lengths(self, inputs: Sequence[Array]) -> npt.NDArray[np.int_]:
        """Of each sample, the number of positions up to the last that its mask lets through; 0 without a mask."""
        if self._mask is None:
            return np.zeros(len(inputs[0]), dtype=np.int_)
        mask = np.asarray(inputs[self._mask]) != 0
        return np.where(mask.any(axis=1), mask.shape[1] - mask[:, ::-1].argmax(axis=1), 0)


def as_vectors(values: Array) -> Array:
    """[n, d] float32: axes between the first and the last (positions, pixels) are averaged over."""
    flat = np.asarray(values, dtype=np.float32)
    if flat.ndim == 1:
        return flat[:, None]
    return flat if flat.ndim == 2 else flat.mean(axis=tuple(range(1, flat.ndim - 1)))


def _latent_tensor(graph: Any) -> str:
    """The non-constant input of the last MatMul or Gemm, or, without one, of the last node with weights."""
    produced = {name for node in graph.node for name in node.output} - _constants(graph)
    for is_head in (_is_matrix_product, _has_weights(graph)):
        for node in reversed(graph.node):
            if is_head(node):
                for name in node.input:
                    if name in produced:
                        return name
    raise ExplorerError("The ONNX graph has no layer with weights after its inputs, so no latent space.")


def _is_matrix_product(node: Any) -> bool:
    return node.op_type in ("MatMul", "Gemm")


def _has_weights(graph: Any) -> Callable[[Any], bool]:
    weights = {tensor.name for tensor in graph.initializer}
    return lambda node: any(name in weights for name in node.input)


def _constants(graph: Any) -> set[str]:
    """Tensors that follow from the weights alone, such as weights cast to another type."""
    constant = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        if all(name in constant or not name for name in node.input):
            constant.update(node.output)
    return constant


def _is_dynamic(shape: Sequence[Any], axis: int) -> bool:
    return len(shape) > axis and not isinstance(shape[axis], int)


def _dtype(meta: Any) -> type[np.generic]:
    if meta.type not in _ONNX_TYPES:
        raise ExplorerError(f"The model's input {meta.name} is of the type {meta.type}, which is not supported here.")
    return _ONNX_TYPES[meta.type]
