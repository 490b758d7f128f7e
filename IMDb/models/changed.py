"""What a model that was just trained does better or worse than the one that lay in `models/` before it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from IMDb.config import LABELS, Config
from IMDb.errors import UserError
from IMDb.metrics import accuracy, cross_entropy
from IMDb.model_specs import MODELS
from IMDb.models.prediction import Predictor, load_predictor, load_trained
from IMDb.reviews.seen import are_seen, read_seen
from leap_explorer.insights.change import Change, paired_mean, paired_share


@dataclass(frozen=True)
class Answers:
    """How a model does on each of some reviews."""

    reviews: pd.DataFrame
    right: npt.NDArray[np.float64]  #: [n], 1 or 0
    loss: npt.NDArray[np.float64]  #: [n], in nats

    @classmethod
    def of(cls, predictor: Predictor, reviews: pd.DataFrame) -> "Answers":
        truth = np.eye(len(LABELS))[reviews["label"].to_numpy(dtype=np.int64)]
        logits = predictor.logits(reviews["text"].tolist())
        loss = cross_entropy(truth, logits, from_logits=True).astype(np.float64)
        return cls(reviews, accuracy(truth, logits).astype(np.float64), loss)


def shipped_answers(config: Config, reviews: pd.DataFrame) -> Answers | str:
    """How the settings' model in `models/` does on the validation reviews that it has not learned from.

    Where that cannot be asked, the reason in words: training a model anew may be what mends it.
    """
    spec = MODELS[config.model]
    if not spec.path.exists():
        return f"there is no {spec.path.name} yet"
    try:
        seen, predictor = read_seen(spec.seen_path), load_predictor(config)
    except UserError as error:
        return str(error).rstrip(".")
    if seen is None:
        return f"nobody knows what the {spec.path.name} that is there has learned from"
    held_out = reviews[(reviews["split"] == "validation") & reviews["label"].notna()]
    held_out = held_out[~are_seen(held_out["text"], seen)]
    return Answers.of(predictor, held_out) if len(held_out) else "it has learned from every validation review"


def what_changed(config: Config, folder: Path, shipped: Answers | str) -> str:
    """Sentences on the model in a folder against the answers of the one before it, on the very same reviews."""
    if isinstance(shipped, str):
        return f"Not compared with an earlier model: {shipped}."
    new = Answers.of(load_trained(config, folder), shipped.reviews)
    right, loss = paired_share(shipped.right, new.right), paired_mean(shipped.loss, new.loss)
    fixed, broken = int((new.right > shipped.right).sum()), int((new.right < shipped.right).sum())
    return (
        f"Against the model before it, on the {len(new.right):,} validation reviews that neither has learned from: "
        f"accuracy {100 * right.base:.1f} % -> {100 * right.new:.1f} %, {_points(right)}, {fixed:,} fixed and "
        f"{broken:,} broken, McNemar's exact p = {right.p:.2g}; loss {loss.base:.3f} -> {loss.new:.3f} nats, "
        f"{_difference(loss)}. In brackets: 95 % intervals, paired."
    )


def _points(change: Change) -> str:
    one = change.estimate
    return f"{100 * one.value:+.1f} points ({100 * one.low:+.1f} to {100 * one.high:+.1f})"


def _difference(change: Change) -> str:
    one = change.estimate
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
