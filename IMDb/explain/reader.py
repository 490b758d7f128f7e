"""Reads reviews, and asks a model which words drove it: what `imdb explain` shows, and what the explorer's pages ask.

The explorer finds `texts_of` in pyproject.toml, under `[tool.leap-explorer]`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from IMDb.config import LABELS, Config, ModelName, load_config
from IMDb.errors import UserError
from IMDb.explain.explainers import Explainer, chosen_method, load_explainer
from IMDb.explain.faithfulness import read_faithfulness
from IMDb.metrics import softmax
from IMDb.model_specs import MODELS
from IMDb.reviews.dataset import Review, read_one, reviews_by_id, split_validation
from IMDb.reviews.subsets import load_subsets
from IMDb.simulations import remade
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import coloured_spans
from leap_explorer.explain.attribution import Target
from leap_explorer.explain.reader import Explanation
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.run import Run
from leap_explorer.spreadsheet import to_csv

LOSS = "loss"
TARGETS = (*LABELS, LOSS)


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


class ReviewTexts:
    """`leap_explorer.samples.own_texts.OwnTexts` for the reviews of the settings and their model."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._made: dict[str, int | None] = {}  # labels by text, of reviews that simulations made

    @cached_property
    def reviews(self) -> Reviews:
        """Read at the first call.

        Raises:
            ExplorerError: they cannot be read.
        """
        try:
            return Reviews.load(self.config)
        except UserError as error:
            raise ExplorerError(str(error)) from error

    @cached_property
    def model(self) -> Explainer:
        """Loaded at the first call."""
        return load_explainer(self.config, self.config.model)

    def text(self, sample_id: str) -> str | None:
        """That of a simulated review is made anew."""
        reviews = self.reviews.by_id
        if sample_id in reviews:
            return reviews[sample_id].text
        made = remade(sample_id, reviews, self.config.seed)
        if made is None:
            return None
        self._made[made.text] = made.label
        return made.text

    def explain(self, text: str, target: str, label: str | None = None) -> Explanation:
        """What drives the model on a text.

        Args:
            target: a label, or `loss`.
            label: the right one, of which a loss is; by default that of the review with this very text.

        Raises:
            ExplorerError: the model cannot be asked, the text is empty, or the loss has no label.
        """
        if not text.strip():
            raise ExplorerError("The text is empty, so there is nothing to explain.")
        aim = self._target(text, target, label)
        model, measured = self.model, self.faithfulness
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

    @cached_property
    def faithfulness(self) -> dict[str, Any] | None:
        """What `imdb faithfulness` measured; None if it never measured this very model file."""
        try:
            return read_faithfulness(MODELS[self.config.model].path)
        except UserError as error:
            raise ExplorerError(str(error)) from error

    def _target(self, text: str, target: str, label: str | None) -> Target:
        if target in LABELS:
            return Target("class", LABELS.index(target))
        if target != LOSS:
            raise ExplorerError(f"{target!r} cannot be explained; what can is {', '.join(TARGETS)}.")
        label_of = self.reviews.label_of
        index = label_of.get(text, self._made.get(text)) if label is None else LABELS.index(label)
        if index is None:
            raise ExplorerError(
                f"A loss is that of a label, and this text has none. Explain {' or '.join(LABELS)} instead."
            )
        return Target("loss", index)


def texts_of(model: Path | None) -> ReviewTexts:
    """The reviews of the settings, and the model of a file; that of the settings where none of that name is known."""
    config = load_config()
    return ReviewTexts(config.model_copy(update={"model": (model and model_named(model.name)) or config.model}))


def model_named(file: str) -> ModelName | None:
    """Which model a file of that name holds."""
    return next((name for name, spec in MODELS.items() if spec.path.name == file), None)


def model_of(run: Run) -> ModelName:
    """The model that a run is of.

    Raises:
        ExplorerError: there is no such model here, or its file has changed since the run.
    """
    made_of = run.info["model"]
    file = Path(str(made_of.get("file"))).name
    name = model_named(file)
    if name is None:
        raise ExplorerError(f"The run {run.name} is of {file}, and the models here are {', '.join(MODELS)}.")
    path = MODELS[name].path
    if path.exists() and made_of.get("sha256") != sha256_of(path):
        raise ExplorerError(
            f"{path} is not the file that the run {run.name} was made with, so it cannot explain that. Make the run "
            f"anew with `imdb evaluate --model {name}`."
        )
    return name
