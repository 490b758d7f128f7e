"""A trained model from its file, giving its outputs and its latent space at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from leap_explorer.contract.onnx_latent import Latent, find_latent
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.file_hash import sha256_of
from leap_explorer.silent_imports import import_keras
from leap_explorer.unpacked import check_zip

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
    """What a model is to the explorer."""

    format: str  #: keras or onnx
    input_names: list[str]
    n_outputs: int

    def sha256(self) -> str:
        """Of everything that it computes with."""

    def latent_source(self, output: int = 0) -> str:
        """The layer or tensor that an output's latent space is taken from."""

    def predict(self, inputs: Sequence[Array], output: int = 0) -> tuple[list[Array], Array]:
        """All outputs, each [n, ...], and the latent vectors of one, [n, d], float32, of a batch of any size.

        `inputs` are in the order of the model's own, each [n, ...].
        """


@dataclass(frozen=True)
class ModelFile:
    """Where a model is from, and what tells it from another one."""

    path: Path | None  #: None of a Keras model that the integration loads by itself
    name: str
    sha256: str  #: of the file; without one of the weights and what they belong to

    @classmethod
    def of(cls, model: Model, path: Path | None) -> "ModelFile":
        """Of a model that was loaded from a path, or, without one, by the integration itself."""
        path = path or getattr(model, "path", None)
        if path is not None:
            return cls(path, path.name, sha256_of(path))
        return cls(None, "loaded by the integration", model.sha256())


def load_model(path: Path, custom_layers: Mapping[str, Any] | None = None, is_trusted: bool = False) -> Model:
    """The model in a `.h5`, `.keras` or `.onnx` file.

    Args:
        path: the file.
        custom_layers: Keras layers that the file names, by name.
        is_trusted: whether code that the file holds, as in Lambda layers, may be run.

    Raises:
        ExplorerError: it is missing, damaged or of another kind, or holds code and is not trusted.
    """
    if not path.is_file():
        raise ExplorerError(f"There is no model at {path}.")
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ExplorerError(f"{path.name} is no model file that is known here; known are {', '.join(_FORMATS)}.")
    try:
        if kind == "onnx":
            return OnnxModel(path)
        check_zip(path)  # of a `.keras` file; in an HDF5 file Keras itself does as much
        load = import_keras().models.load_model
        return KerasModel(
            load(path, compile=False, custom_objects=dict(custom_layers or {}), safe_mode=not is_trusted), path.name
        )
    except ExplorerError:
        raise
    except Exception as error:  # keras, h5py, onnx and onnxruntime each raise their own for a damaged file
        if "safe_mode" in str(error):
            raise ExplorerError(
                f"{path} holds code, as Lambda layers are, which is not run (safe_mode=True). If you trust the file, "
                "add --trust-model; or leave --model out, so that the integration loads its own model."
            ) from error
        raise ExplorerError(f"{path} cannot be loaded: {error}") from error


def wrap_model(model: Any) -> Model:
    """A Keras model or an onnxruntime session, as an integration's own `load_model` returns it.

    Raises:
        ExplorerError: it is something else, or a session whose file is not known.
    """
    if hasattr(model, "run") and hasattr(model, "get_inputs"):
        if path := getattr(model, "_model_path", None):
            return OnnxModel(Path(path))
        if content := getattr(model, "_model_bytes", None):
            return OnnxModel(bytes(content))
        raise ExplorerError("The session that the integration's load_model returns does not tell its file.")
    if hasattr(model, "layers") and hasattr(model, "outputs"):
        return KerasModel(model, "the model that the integration loads")
    raise ExplorerError(f"The integration's load_model returns a {type(model).__name__}, no Keras or ONNX model.")


class KerasModel:
    """Latent space of an output: what feeds the last layer with weights on the way to it."""

    format = "keras"

    def __init__(self, model: Any, name: str) -> None:
        """`name` is what an error calls it."""
        self.keras_model, self._name = model, name
        self.input_names = [str(one.name) for one in model.inputs]
        self.n_outputs = len(model.outputs)
        self._head(0)  # a model without weights is refused at once
        self._with_latent: dict[int, tuple[Any, int]] = {}

    def sha256(self) -> str:
        digest = hashlib.sha256(self.keras_model.to_json().encode())
        for weight in self.keras_model.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        return digest.hexdigest()

    def latent_source(self, output: int = 0) -> str:
        return f"input of the layer {self._head(output).name}"

    def predict(self, inputs: Sequence[Array], output: int = 0) -> tuple[list[Array], Array]:
        if output not in self._with_latent:
            self._with_latent[output] = self._open(output)
        model, axis = self._with_latent[output]
        values = model.predict(list(inputs), batch_size=KERAS_BATCH, verbose=0)
        return list(values[: self.n_outputs]), as_vectors(values[-1], axis)

    def _open(self, output: int) -> tuple[Any, int]:
        """The model with the latent space as a further output, and the axis of that which holds the channels."""
        head = self._head(output)
        latent = head.input[0] if isinstance(head.input, list) else head.input
        model = import_keras().Model(self.keras_model.inputs, [*self.keras_model.outputs, latent])
        return model, 1 if getattr(head, "data_format", None) == "channels_first" else -1

    def _head(self, output: int) -> Any:
        way = import_keras().Model(self.keras_model.inputs, self.keras_model.outputs[output]).layers
        head = next((layer for layer in reversed(way) if layer.weights), None)
        if head is None:
            raise ExplorerError(f"{self._name} holds no layer with weights.")
        return head


class OnnxModel:
    """Latent space of an output: the tensor that feeds the last layer with weights on the way to it."""

    format = "onnx"

    def __init__(self, source: Path | bytes) -> None:
        require("An ONNX model", "onnx")
        import onnx
        import onnxruntime

        self.path = source if isinstance(source, Path) else None
        self._content = source
        model = self._read()
        self._output_names = [output.name for output in model.graph.output]
        self.n_outputs = len(self._output_names)
        self._latents = [find_latent(model.graph, name) for name in self._output_names]
        self._latent(0)  # a graph without weights is refused at once
        for latent in dict.fromkeys(one.tensor for one in self._latents if one is not None):
            if latent not in {output.name for output in model.graph.output}:
                model.graph.output.append(onnx.ValueInfoProto(name=latent))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # it warns of the output that was added
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = self._session.get_inputs()
        self.input_names = [meta.name for meta in self._inputs]
        self._mask = self.input_names.index(MASK_INPUT) if self._may_cut() else None

    def sha256(self) -> str:
        if isinstance(self._content, Path):
            return sha256_of(self._content)
        return hashlib.sha256(self._content).hexdigest()

    def latent_source(self, output: int = 0) -> str:
        return self._latent(output).tensor

    def read_graph(self) -> Any:
        """The graph as the file has it."""
        return self._read().graph

    def _read(self) -> Any:
        import onnx

        return onnx.load(self._content) if isinstance(self._content, Path) else onnx.load_from_string(self._content)

    def predict(self, inputs: Sequence[Array], output: int = 0) -> tuple[list[Array], Array]:
        """Samples of similar length go together, and padding that a mask hides from all of them is cut off."""
        lengths, latent = self._lengths(inputs), self._latent(output)
        order = np.argsort(lengths, kind="stable")
        parts = []
        for start in range(0, len(order), ONNX_BATCH):
            rows = order[start : start + ONNX_BATCH]
            cut = max(1, int(lengths[rows[-1]])) if self._mask is not None else None
            feed = {
                meta.name: (values[rows] if cut is None else values[rows, :cut]).astype(_dtype(meta), copy=False)
                for meta, values in zip(self._inputs, inputs, strict=True)
            }
            *outputs, vectors = self._session.run([*self._output_names, latent.tensor], feed)
            parts.append([*outputs, as_vectors(vectors, latent.axis)])
        back = np.argsort(order, kind="stable")
        values = [np.concatenate(column)[back] for column in zip(*parts, strict=True)]
        return values[:-1], values[-1]

    def _latent(self, output: int) -> Latent:
        found = self._latents[output]
        if found is None:
            raise ExplorerError("The ONNX graph has no layer with weights after its inputs, so no latent space.")
        return found

    def _may_cut(self) -> bool:
        """Cutting is safe only if every input may have any length, and no output has as many positions as they."""
        outputs = self._session.get_outputs()[: self.n_outputs]
        return (
            MASK_INPUT in self.input_names
            and all(_is_dynamic(meta.shape, 1) for meta in self._inputs)
            and not any(_is_dynamic(meta.shape, axis) for meta in outputs for axis in range(1, len(meta.shape)))
        )

    def _lengths(self, inputs: Sequence[Array]) -> npt.NDArray[np.int_]:
        """Of each sample, the number of positions up to the last that its mask lets through; 0 without a mask."""
        if self._mask is None:
            return np.zeros(len(inputs[0]), dtype=np.int_)
        mask = np.asarray(inputs[self._mask]) != 0
        return np.where(mask.any(axis=1), mask.shape[1] - mask[:, ::-1].argmax(axis=1), 0)


def as_vectors(values: Array, axis: int = -1) -> Array:
    """[n, d] float32: of more axes that of the channels is kept, and positions or pixels are averaged over."""
    flat = np.asarray(values, dtype=np.float32)
    if flat.ndim == 1:
        return flat[:, None]
    channels_last = np.moveaxis(flat, axis, -1)
    return channels_last.mean(axis=tuple(range(1, flat.ndim - 1))) if flat.ndim > 2 else flat


def _is_dynamic(shape: Sequence[Any], axis: int) -> bool:
    return len(shape) > axis and not isinstance(shape[axis], int)


def _dtype(meta: Any) -> type[np.generic]:
    if meta.type not in _ONNX_TYPES:
        raise ExplorerError(f"The model's input {meta.name} is of the type {meta.type}, which is not supported here.")
    return _ONNX_TYPES[meta.type]
