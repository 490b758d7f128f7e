"""What `imdb train dense` does: fit the tokenizer, train, and write the artefacts."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from IMDb.config import Config, DenseSettings
from IMDb.model_specs import MODELS
from IMDb.models import dense
from IMDb.models.history import write_history
from IMDb.reviews.seen import write_seen
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.silent_imports import import_keras


@dataclass(frozen=True)
class Reporter:
    """Whom a training run tells how far it is."""

    on_batch: Callable[[int, int], None] = lambda batch, batches: None  #: of all epochs together
    on_epoch: Callable[[dense.Entry, bool], None] = lambda entry, is_best: None


def train_dense(config: Config, reviews: pd.DataFrame, folder: Path, epochs: int, reporter: Reporter) -> dict[str, Any]:
    """Train the dense model on the training split; write model, tokenizer, history and `seen`.

    The weights are those of the epoch with the lowest validation loss. Files are written at the end, so an interrupted
    run leaves those of the last one as they were.

    Returns:
        The history, as written to `dense.history.json`.
    """
    keras = import_keras()
    import tensorflow as tf

    started = time.monotonic()
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()  # else the sums of several threads differ from run to run
    splits = {name: reviews[reviews["split"] == name] for name in ("training", "validation")}
    tokenizer = fit_tokenizer(splits["training"], config.dense)
    data = {name: _arrays(rows, tokenizer) for name, rows in splits.items()}
    model = dense.build(len(tokenizer.vocab), tokenizer.max_length)
    batches = -(-len(splits["training"]) // dense.BATCH_SIZE)

    def on_batch(epoch: int, batch: int) -> None:
        reporter.on_batch((epoch - 1) * batches + batch, epochs * batches)

    entries: list[dense.Entry] = []
    best_weights: list[npt.NDArray[Any]] = []
    for entry, is_best in dense.train(model, data["training"], data["validation"], epochs, on_batch):
        entries.append(entry)
        if is_best:
            best_weights = model.get_weights()
        reporter.on_epoch(entry, is_best)
    model.set_weights(best_weights)

    spec = MODELS["dense"]
    history = {
        **run_record(config, {name: len(rows) for name, rows in splits.items()}),
        "seconds": round(time.monotonic() - started),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy")},
        "recipe": dense.recipe() | config.dense.model_dump(),
        "shipped_epoch": min(entries, key=lambda entry: entry["validation_loss"])["epoch"],
        "epochs": entries,
    }
    dense.save(model, folder / spec.path.name)
    tokenizer.save(folder / "tokenizer.json")
    write_seen(folder / spec.seen_path.name, splits["training"]["text"])
    write_history(folder / spec.history_path.name, history)
    return history


def fit_tokenizer(training: pd.DataFrame, settings: DenseSettings) -> WordTokenizer:
    """The dense model's tokenizer, words and phrases, from the training reviews alone."""
    words = WordTokenizer.fit(training["text"], settings.vocab_size, settings.max_length, settings.head_share)
    return words.with_phrases(training["text"], training["label"], settings.phrases)


def run_record(config: Config, counts: dict[str, int]) -> dict[str, Any]:
    """What a history says of any run: its data, seed and machine."""
    return {
        "data": Path(config.data).name,  # of a file or folder no more than its name
        "reviews": counts,
        "seed": config.seed,
        "hardware": f"{os.cpu_count()} CPU cores ({platform.machine()})",
    }


def _arrays(rows: pd.DataFrame, tokenizer: WordTokenizer) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    return dense.input_matrix(rows["text"].tolist(), tokenizer), rows["label"].to_numpy(dtype=np.int64)
