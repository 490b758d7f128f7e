"""Reads reviews, and asks the two models which words drove them: what the explorer's pages and `imdb explain` share."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from IMDb.config import LABELS, Config, ModelName
from IMDb.dataset import Review, load_dataset, reviews_by_id
from IMDb.errors import UserError
from IMDb.faithfulness import read_faithfulness, sha256_of
from IMDb.features import Features
from IMDb.metrics import softmax
from IMDb.models import MODELS, ModelSpec
from IMDb.models.keras_import import import_keras
from IMDb.tokenization import Tokenizer
from leap_explorer.alignment import coloured_spans
from leap_explorer.attribution import (
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
from leap_explorer.dashboard.reader import Explanation
from leap_explorer.errors import ExplorerError
from leap_explorer.run import Run

LOSS = "loss"
TARGETS = (*LABELS, LOSS)

BERT_CALLS = 60  #: that an occlusion may take: of 250 words, three to four seconds on two cores

# Models, each behind its tokenizer


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
    holds_gates: bool = False

    @property
    def name(self) -> str:
        gates = ", gates held" if self.holds_gates else ""
        return f"{self.kind}{gates}, from {self.baseline}" if self.baseline else self.kind


class WordModel(ABC):
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
    def _differentiable(self, holds_gates: bool) -> Differentiable:
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
            self._gradient(method.holds_gates),
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

    def _gradient(self, holds_gates: bool) -> Differentiable:
        with self._lock:
            if holds_gates not in self._gradients:
                self._gradients[holds_gates] = self._differentiable(holds_gates)
            return self._gradients[holds_gates]

    def _id_of(self, token: str) -> int:
        return {"[PAD]": self.tokenizer.pad_id, "[OOV]": self.tokenizer.oov_id}[token]


def _by_name(*methods: Method) -> dict[str, Method]:
    return {method.name: method for method in methods}


class DenseWordModel(WordModel):
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

    def _differentiable(self, holds_gates: bool) -> Differentiable:
        from leap_explorer.keras_gradient import KerasEmbedding

        return KerasEmbedding(self._model)


class BertWordModel(WordModel):
    """The ONNX model, on a review without padding. A word is left out where attention passes over its sub-words."""

    methods = _by_name(
        Method(GRADIENT_TIMES_INPUT, "[PAD]", holds_gates=True),
        Method(GRADIENT_TIMES_INPUT, "[MASK]", holds_gates=True),
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

    def _differentiable(self, holds_gates: bool) -> Differentiable:
        import_keras()  # and TensorFlow with it, without its notes on stderr
        from leap_explorer.onnx_gradient import OnnxEncoder

        return OnnxEncoder(self.spec.path, self.ids_name, holds_gates=holds_gates)


_KINDS: dict[ModelName, Callable[[ModelSpec, Features], WordModel]] = {"dense": DenseWordModel, "bert": BertWordModel}


def load_word_model(config: Config, name: ModelName) -> WordModel:
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


# Reviews


@dataclass(frozen=True)
class Reviews:
    """All reviews, in the forms in which they are asked for."""

    table: pd.DataFrame  #: of `load_dataset`
    by_id: dict[str, Review]
    folded: dict[str, str]  #: by id, the text in lower case
    label_of: dict[str, int | None]  #: by text, that of the first review

    @classmethod
    def load(cls, config: Config) -> "Reviews":
        table = load_dataset(config)
        by_id = reviews_by_id(table)
        folded = {sample_id: review.text.casefold() for sample_id, review in by_id.items()}
        label_of = {review.text: review.label for review in reversed(by_id.values())}
        return cls(table, by_id, folded, label_of)


class ReviewReader:
    """`leap_explorer.dashboard.reader.Reader` for the reviews of the settings. May be used from several threads."""

    def __init__(
        self, config: Config, models: Sequence[ModelName] = ("dense", "bert"), runs: Sequence[Run] = ()
    ) -> None:
        """
        Args:
            models: those that may be asked; each is loaded when it first is.
            runs: those that may be named when asking; models always may.
        """
        self.config = config
        self._names = tuple(models)
        self._runs = {name: run for run in runs for name in (run.name, long_name(run))}
        self._models: dict[ModelName, WordModel] = {}
        self._model_locks = {name: threading.Lock() for name in models}
        self._reviews: Reviews | None = None
        self._reviews_lock = threading.Lock()
        self._sha256_of, self._measured = lru_cache(sha256_of), lru_cache(read_faithfulness)

    @property
    def reviews(self) -> Reviews:
        """Read at the first call."""
        with self._reviews_lock:
            if self._reviews is None:
                self._reviews = Reviews.load(self.config)
            return self._reviews

    def model(self, name: ModelName) -> WordModel:
        """Loaded at the first call."""
        with self._model_locks[name]:
            if name not in self._models:
                self._models[name] = load_word_model(self.config, name)
            return self._models[name]

    def text(self, sample_id: str) -> str | None:
        review = self.reviews.by_id.get(sample_id)
        return None if review is None else review.text

    def search(self, query: str, limit: int) -> list[str]:
        sought = query.casefold()
        if not sought.strip():
            return []
        found = (sample_id for sample_id, text in self.reviews.folded.items() if sought in text)
        return list(islice(found, limit))

    def explain(self, run: str, text: str, target: str, label: str | None = None) -> Explanation:
        """What drives a run's model on a text.

        Args:
            run: the name of a run, or of a model.
            target: a label, or `loss`.
            label: the right one, of which a loss is; by default that of the review with this very text.

        Raises:
            ExplorerError: the model cannot be asked, the text is empty, or the loss has no label.
        """
        if not text.strip():
            raise ExplorerError("The text is empty, so there is nothing to explain.")
        aim = self._target(text, target, label)
        name = self.model_of(run)
        model, measured = self.model(name), self.faithfulness(name)
        method = chosen_method(model, measured)
        reading = model.read(text)
        found = model.attribute(reading, aim, method)
        probabilities = softmax(model.logits(reading)[None])[0]
        return Explanation(
            probabilities=dict(zip(LABELS, probabilities.tolist(), strict=True)),
            target=target,
            spans=tuple(coloured_spans(text, reading.words, found.scores, reading.whole_words)),
            method=method.name,
            settings=found.settings,
            faithfulness=measured,
            warning=found.warning,
        )

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        """`id`, `text`, `label` and `split` of all reviews: flips corrected, ambiguous reviews left out.

        Fit for `imdb train dense --data`, which then keeps the same reviews for validation.
        """
        decided = {str(decision["id"]): decision["label"] for decision in decisions}
        table = self.reviews.table[["id", "text", "label", "split"]]
        given = [None if pd.isna(label) else LABELS[label] for label in table["label"]]
        labels = [decided.get(sample_id, label) for sample_id, label in zip(table["id"], given, strict=True)]
        is_ambiguous = table["id"].isin([sample_id for sample_id, label in decided.items() if label not in LABELS])
        return table.assign(label=pd.Series(labels, table.index, dtype=object))[~is_ambiguous].to_csv(index=False)

    def faithfulness(self, name: ModelName) -> dict[str, Any] | None:
        """What `imdb faithfulness` measured; None if it never measured this very model file."""
        try:
            return self._measured(MODELS[name].path)
        except UserError as error:
            raise ExplorerError(str(error)) from error

    def model_of(self, run: str) -> ModelName:
        """The model that a run is of; `run` may also name a model.

        Raises:
            ExplorerError: there is no such model here, or its file has changed since the run.
        """
        if run not in self._runs:
            named = next((name for name in self._names if run in (name, MODELS[name].path.name)), None)
            if named is None:
                raise ExplorerError(f"Nothing is known here of a model {run}; there are {', '.join(self._names)}.")
            return named
        made_of = self._runs[run].info["model"]
        file = Path(str(made_of.get("file"))).name
        name = next((name for name in self._names if MODELS[name].path.name == file), None)
        if name is None:
            raise ExplorerError(f"The run {run} is of {file}, and the models here are {', '.join(self._names)}.")
        path = MODELS[name].path
        if path.exists() and made_of.get("sha256") != self._sha256_of(path):
            raise ExplorerError(
                f"{path} is not the file that the run {run} was made with, so it cannot explain that. Make the run "
                f"anew with `imdb evaluate --model {name}`."
            )
        return name

    def _target(self, text: str, target: str, label: str | None) -> Target:
        if target in LABELS:
            return Target("class", LABELS.index(target))
        if target != LOSS:
            raise ExplorerError(f"{target!r} cannot be explained; what can is {', '.join(TARGETS)}.")
        index = self.reviews.label_of.get(text) if label is None else LABELS.index(label)
        if index is None:
            raise ExplorerError(
                f"A loss is that of a label, and this text has none. Explain {' or '.join(LABELS)} instead."
            )
        return Target("loss", index)


def long_name(run: Run) -> str:
    """With its folder: so the page, too, tells runs of one name apart."""
    return f"{run.path.resolve().parent.name}/{run.name}"


def chosen_method(model: WordModel, measured: Mapping[str, Any] | None) -> Method:
    """The method that won where the model was measured, or else the first."""
    first = next(iter(model.methods))
    return model.methods.get((measured or {}).get("default", first), model.methods[first])
