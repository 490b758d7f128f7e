"""The two models as the explorer asks them: which words a text has for a model, and what each does to its output."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from IMDb.config import Config, ModelName
from IMDb.errors import UserError
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.text.features import Features
from IMDb.text.tokenizers import Tokenizer
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import (
    GRADIENT_TIMES_INPUT,
    INTEGRATED_GRADIENTS,
    OCCLUSION,
    Attribution,
    Differentiable,
    Floats,
    Inputs,
    Positions,
    Target,
    explain_by_gradient,
    explain_by_occlusion,
    sentence_ranges,
)
from leap_explorer.silent_imports import import_keras

BERT_CALLS = 60  #: that an occlusion may take: of 250 words, three to four seconds on two cores


@dataclass(frozen=True)
class Reading:
    """A text as a model reads it."""

    inputs: Inputs  #: [length] each, without the batch axis
    words: list[str]  #: those that the model reads
    word_of: Positions  #: [length], the index of each position's word, -1 where none stands
    whole_words: list[str]  #: all of the text's


@dataclass(frozen=True)
class Method:
    """A way to score words."""

    kind: str
    baseline: str = ""  #: of a gradient: the token that stands for "no word"
    detaches_gates: bool = False

    @property
    def name(self) -> str:
        gates = ", LRP-style (gates detached)" if self.detaches_gates else ""
        return f"{self.kind}{gates}, from {self.baseline}" if self.baseline else self.kind


class Explainer(ABC):
    """A trained model, and the ways to ask it about words."""

    methods: Mapping[str, Method]  #: by name, the first is the default where nothing was measured
    fill: Mapping[str, float]  #: by the input's name, what takes the place of a word that is left out
    removal: str  #: the same in words
    ids_name: str
    batch_size: int
    max_calls: int | None  #: that an occlusion may take; None for one a word

    def __init__(self, spec: ModelSpec, tokenizer: Tokenizer) -> None:
        self.spec = spec
        self.tokenizer = tokenizer
        self._lock = threading.Lock()
        self._gradients: dict[bool, Differentiable] = {}

    @abstractmethod
    def inputs(self, text: str) -> Inputs:
        """[length] each."""

    @abstractmethod
    def predict(self, rows: Inputs) -> Floats:
        """A batch of inputs -> logits [batch, 2] in the order of LABELS."""

    @abstractmethod
    def _differentiable(self, detaches_gates: bool) -> Differentiable:
        """The model from its embeddings on."""

    def read(self, text: str) -> Reading:
        inputs = self.inputs(text)
        words, word_of = self.tokenizer.words(inputs[self.ids_name])
        return Reading(inputs, words, word_of, self.tokenizer.read_whole(text).words)

    def logits(self, reading: Reading) -> Floats:
        """[2]"""
        return self.predict({name: values[None] for name, values in reading.inputs.items()})[0]

    def attribute(self, reading: Reading, target: Target, method: Method) -> Attribution:
        """The words' scores; the settings leave out what the method's name says."""
        if method.kind == OCCLUSION:
            return self._occlude(reading, target)
        found = explain_by_gradient(
            self._gradient(method.detaches_gates),
            reading.inputs,
            self.ids_name,
            reading.words,
            reading.word_of,
            target,
            self._id_of(method.baseline),
            method.kind,
        )
        steps = {name: value for name, value in found.settings.items() if name == "steps"}
        return replace(found, settings=steps)

    def _occlude(self, reading: Reading, target: Target) -> Attribution:
        return explain_by_occlusion(
            self.predict,
            reading.inputs,
            reading.words,
            reading.word_of,
            self.fill,
            target,
            batch_size=self.batch_size,
            sentences=sentence_ranges(reading.words),
            max_calls=self.max_calls,
        )

    def _gradient(self, detaches_gates: bool) -> Differentiable:
        with self._lock:
            if detaches_gates not in self._gradients:
                self._gradients[detaches_gates] = self._differentiable(detaches_gates)
            return self._gradients[detaches_gates]

    def _id_of(self, token: str) -> int:
        return {"[PAD]": self.tokenizer.pad_id, "[OOV]": self.tokenizer.oov_id}[token]


def _by_name(*methods: Method) -> dict[str, Method]:
    return {method.name: method for method in methods}


class DenseExplainer(Explainer):
    """The Keras model; a word takes with it the phrases that it completes."""

    methods = _by_name(
        Method(INTEGRATED_GRADIENTS, "[PAD]"),
        Method(INTEGRATED_GRADIENTS, "[OOV]"),
        Method(GRADIENT_TIMES_INPUT, "[PAD]"),
        Method(GRADIENT_TIMES_INPUT, "[OOV]"),
        Method(OCCLUSION),
    )
    removal = "giving its place to [OOV], the token of unknown words"
    ids_name = "tokens"
    batch_size = 64
    max_calls = None

    def __init__(self, spec: ModelSpec, features: Features) -> None:
        super().__init__(spec, features.word_tokenizer)
        self._model = import_keras().models.load_model(spec.path, compile=False)
        self.fill = {"tokens": features.word_tokenizer.oov_id}
        known = self._model.get_layer("embedding").input_dim
        if known != len(features.word_tokenizer.vocab):
            raise UserError(f"{spec.path} and its tokenizer are not of one training.")

    def inputs(self, text: str) -> Inputs:
        tokenizer = self.tokenizer
        return {"tokens": tokenizer.encode(text).padded(tokenizer.max_length, tokenizer.pad_id)}

    def predict(self, rows: Inputs) -> Floats:
        return np.asarray(self._model(rows["tokens"], training=False))

    def _differentiable(self, detaches_gates: bool) -> Differentiable:
        from leap_explorer.explain.keras_gradient import KerasEmbedding

        return KerasEmbedding(self._model)


class BertExplainer(Explainer):
    """The ONNX model, on a review without padding. A word is left out where attention passes over its sub-words."""

    methods = _by_name(
        Method(GRADIENT_TIMES_INPUT, "[PAD]", detaches_gates=True),
        Method(GRADIENT_TIMES_INPUT, "[MASK]", detaches_gates=True),
        Method(GRADIENT_TIMES_INPUT, "[PAD]"),
        Method(OCCLUSION),
    )
    fill: Mapping[str, float] = {"attention_mask": 0}
    removal = "an attention mask of 0 on its sub-words"
    ids_name = "input_ids"
    batch_size = 8
    max_calls = BERT_CALLS

    def __init__(self, spec: ModelSpec, features: Features) -> None:
        import onnxruntime

        super().__init__(spec, features.tokenizer)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        # A thread that waits does not spin: the page's other threads, or other programs, have use for the core
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(spec.path), options, providers=["CPUExecutionProvider"])

    def inputs(self, text: str) -> Inputs:
        ids = self.tokenizer.encode(text).ids.astype(np.int64)
        return dict(zip(self.spec.input_names, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))

    def predict(self, rows: Inputs) -> Floats:
        return self._session.run(None, dict(rows))[0]

    def _id_of(self, token: str) -> int:
        """BERT's special tokens are at the start of its vocabulary."""
        return self.tokenizer.tokens(np.arange(200)).index(token)

    def _differentiable(self, detaches_gates: bool) -> Differentiable:
        import_keras()  # and TensorFlow with it, without its notes on stderr
        from leap_explorer.explain.onnx_gradient import OnnxEncoder

        return OnnxEncoder(self.spec.path, self.ids_name, detaches_gates=detaches_gates)


_KINDS: dict[ModelName, Callable[[ModelSpec, Features], Explainer]] = {"dense": DenseExplainer, "bert": BertExplainer}


def load_explainer(config: Config, name: ModelName) -> Explainer:
    """The model, ready to be asked.

    Raises:
        ExplorerError: its file or its tokenizer is missing or damaged.
    """
    spec = MODELS[name]
    if not spec.path.exists():
        raise ExplorerError(f"No model at {spec.path}. Make it with `imdb train {name}`.")
    try:
        return _KINDS[name](spec, Features(config.model_copy(update={"model": name})))
    except Exception as error:  # keras, h5py and onnxruntime each raise their own for a damaged file
        raise ExplorerError(
            f"{spec.path} cannot be loaded ({error}). Make it anew with `imdb train {name}`."
        ) from error


def chosen_method(model: Explainer, measured: Mapping[str, Any] | None) -> Method:
    """The method that won where the model was measured, or else the first."""
    first = next(iter(model.methods))
    return model.methods.get((measured or {}).get("default", first), model.methods[first])
