"""Reads reviews, and asks the two models which words drove them: what the explorer's pages and `imdb explain` share."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from IMDb.config import LABELS, Config, ModelName
from IMDb.errors import UserError
from IMDb.explain.explainers import Explainer, chosen_method, load_explainer
from IMDb.explain.faithfulness import read_faithfulness
from IMDb.metrics import softmax
from IMDb.model_specs import MODELS
from IMDb.reviews.dataset import Review, read_one, reviews_by_id, split_validation
from IMDb.reviews.subsets import load_subsets
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import coloured_spans
from leap_explorer.explain.attribution import Target
from leap_explorer.explain.reader import Explanation
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.run import Run
from leap_explorer.spreadsheet import to_csv

LOSS = "loss"
TARGETS = (*LABELS, LOSS)

_FIRST_TEXT = "A film."


@dataclass(frozen=True)
class Reviews:
    """All reviews, in the forms in which they are asked for."""

    table: pd.DataFrame  #: of `load_subsets`
    by_id: dict[str, Review]
    label_of: dict[str, int | None]  #: by text, that of the first review

    @classmethod
    def load(cls, config: Config) -> "Reviews":
        table = load_subsets(config, MODELS[config.model].seen_path).reviews
        by_id = reviews_by_id(table)
        label_of = {review.text: review.label for review in reversed(by_id.values())}
        return cls(table, by_id, label_of)


class ReviewReader:
    """`leap_explorer.explain.reader.Reader` for the reviews of the settings. May be used from several threads."""

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
        self._models: dict[ModelName, Explainer] = {}
        self._model_locks = {name: threading.Lock() for name in models}
        self._reviews: Reviews | None = None
        self._reviews_lock = threading.Lock()
        self._measured = lru_cache(read_faithfulness)

    @property
    def reviews(self) -> Reviews:
        """Read at the first call.

        Raises:
            ExplorerError: they cannot be read.
        """
        with self._reviews_lock:
            if self._reviews is None:
                try:
                    self._reviews = Reviews.load(self.config)
                except UserError as error:
                    raise ExplorerError(str(error)) from error
            return self._reviews

    def model(self, name: ModelName) -> Explainer:
        """Loaded at the first call."""
        with self._model_locks[name]:
            if name not in self._models:
                self._models[name] = load_explainer(self.config, name)
            return self._models[name]

    def preparation(self) -> list[Callable[[], object]]:
        """Reading the reviews, and a first explanation by each model that a run is of."""
        asked = dict.fromkeys(map(long_name, self._runs.values())) or self._names
        return [lambda: self.reviews, *(partial(self.explain, name, _FIRST_TEXT, LABELS[0]) for name in asked)]

    def text(self, sample_id: str) -> str | None:
        review = self.reviews.by_id.get(sample_id)
        return None if review is None else review.text

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

        Fit for `imdb train dense --data`, which then keeps the same reviews for validation. What is only borrowed for
        the platform is left out.

        Raises:
            ExplorerError: the reviews cannot be read, or are too few to be split.
        """
        decided = {str(decision["id"]): decision["label"] for decision in decisions}
        table = self._to_train_on()[["id", "text", "label", "split"]]
        given = [None if pd.isna(label) else LABELS[label] for label in table["label"]]
        labels = [decided.get(sample_id, label) for sample_id, label in zip(table["id"], given, strict=True)]
        is_ambiguous = table["id"].isin([sample_id for sample_id, label in decided.items() if label not in LABELS])
        return to_csv(table.assign(label=pd.Series(labels, table.index, dtype=object))[~is_ambiguous])

    def _to_train_on(self) -> pd.DataFrame:
        """The data with the splits that training would give them, and the reviews of `test` beside them."""
        config = self.config
        try:
            data = split_validation(read_one(config, config.data), config.validation_share, config.seed)
        except UserError as error:
            raise ExplorerError(str(error)) from error
        others = self.reviews.table
        is_beside = others["split"].isin(("test", "unlabeled")) & ~others["id"].isin(data["id"])
        return pd.concat([data, others[is_beside]], ignore_index=True)

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
        if path.exists() and made_of.get("sha256") != sha256_of(path):
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
