"""Scoring texts with a trained model, from one sentence to a file larger than memory."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from IMDb.config import LABELS, BadRows, Config
from IMDb.errors import UserError
from IMDb.metrics import accuracy, cross_entropy, softmax
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.reviews.dataset import known_labels
from IMDb.reviews.seen import Keys, are_seen
from IMDb.reviews.tables import SKIPPED, TableWriter, check_has_no, read_chunks, without_added_apostrophes
from IMDb.text.features import Features
from IMDb.text.tokenizers import WordPieceTokenizer, WordTokenizer
from leap_explorer.silent_imports import import_keras

CHUNK_ROWS = 2048
DENSE_BATCH = 512
BERT_BATCH = 16
PREDICTION_COLUMNS = (*LABELS, "prediction")

Logits = npt.NDArray[np.float32]


class Predictor(Protocol):
    """A trained model behind its tokenizer."""

    def logits(self, texts: Sequence[str]) -> Logits:
        """[n, 2] in the order of LABELS."""


def load_predictor(config: Config) -> Predictor:
    """The active model, ready to score.

    Raises:
        UserError: its file is missing or damaged.
    """
    spec = MODELS[config.model]
    if not spec.path.exists():
        raise UserError(f"No model at {spec.path}. Make it with `imdb train {spec.name}`.")
    kinds: dict[str, type[DensePredictor] | type[BertPredictor]] = {"dense": DensePredictor, "bert": BertPredictor}
    try:
        return kinds[spec.name](spec, Features(config))
    except UserError:
        raise
    except Exception as error:  # keras, h5py and onnxruntime each raise their own for a damaged file
        raise UserError(
            f"{spec.path} cannot be loaded ({error}). Make it anew with `imdb train {spec.name}`."
        ) from error


def load_trained(config: Config, folder: Path) -> Predictor:
    """The settings' model as `imdb train` has written it, with its tokenizer, into a folder."""
    spec = replace(MODELS[config.model], path=folder / MODELS[config.model].path.name)
    if config.model == "dense":
        return DensePredictor(spec, _Tokenizers(word_tokenizer=WordTokenizer.load(folder / "tokenizer.json")))
    return BertPredictor(spec, _Tokenizers(tokenizer=WordPieceTokenizer.load(folder / "bert", config.bert)))


@dataclass(frozen=True)
class _Tokenizers:
    """Of what `Features` offers, what a predictor needs."""

    word_tokenizer: Any = None
    tokenizer: Any = None


class AveragedPredictor:
    """The mean of several models' probabilities; it counts the seconds that each takes."""

    def __init__(self, predictors: Mapping[str, Predictor]) -> None:
        self._predictors = predictors
        self.seconds = dict.fromkeys(predictors, 0.0)

    def logits(self, texts: Sequence[str]) -> Logits:
        found = {}
        for name, predictor in self._predictors.items():
            started = time.monotonic()
            found[name] = predictor.logits(texts)
            self.seconds[name] += time.monotonic() - started
        return averaged(found)


def averaged(logits: Mapping[str, npt.NDArray[np.floating]]) -> Logits:
    """[n, 2], logits whose probabilities are the mean of the models' ones."""
    mean = np.mean([softmax(one) for one in logits.values()], axis=0)
    return np.log(np.clip(mean, 1e-12, None)).astype(np.float32)


class DensePredictor:
    """The Keras model."""

    def __init__(self, spec: ModelSpec, features: Features | _Tokenizers) -> None:
        self._model = import_keras().models.load_model(spec.path, compile=False)
        self._tokenizer = features.word_tokenizer
        known = self._model.get_layer("embedding").input_dim
        if known != len(self._tokenizer.vocab):
            raise UserError(
                f"{spec.path} knows {known} tokens and its tokenizer {len(self._tokenizer.vocab)}: they are not of one "
                "training. Make both anew with `imdb train dense`."
            )

    def logits(self, texts: Sequence[str]) -> Logits:
        from IMDb.models.dense import input_matrix

        return self._model.predict(input_matrix(texts, self._tokenizer), batch_size=DENSE_BATCH, verbose=0)


class BertPredictor:
    """The ONNX model: batches of similar length, each padded to its longest review only."""

    def __init__(self, spec: ModelSpec, features: Features | _Tokenizers) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        self._session = onnxruntime.InferenceSession(str(spec.path), options, providers=["CPUExecutionProvider"])
        self._input_names = spec.input_names
        self._tokenizer = features.tokenizer

    def logits(self, texts: Sequence[str]) -> Logits:
        encodings = self._tokenizer.encode_batch(texts)
        order = np.argsort([len(encoding.ids) for encoding in encodings], kind="stable")
        result = np.empty((len(texts), len(LABELS)), dtype=np.float32)
        for start in range(0, len(order), BERT_BATCH):
            rows = order[start : start + BERT_BATCH]
            longest = len(encodings[rows[-1]].ids)
            ids = np.full((len(rows), longest), self._tokenizer.pad_id, dtype=np.int64)
            mask = np.zeros_like(ids)
            for position, row in enumerate(rows):
                kept = encodings[row].ids
                ids[position, : len(kept)] = kept
                mask[position, : len(kept)] = 1
            inputs = dict(zip(self._input_names, (ids, mask, np.zeros_like(ids)), strict=True))
            result[rows] = self._session.run(None, inputs)[0]
        return result


def prediction_table(logits: Logits) -> pd.DataFrame:
    """Columns `negative` and `positive` (probabilities, six decimals) and `prediction` (the more probable label)."""
    table = pd.DataFrame(softmax(logits).round(6), columns=list(LABELS))
    table["prediction"] = np.array(LABELS)[logits.argmax(axis=1)]
    return table


def predict_file(
    source: Path,
    target: Path,
    predictor: Predictor,
    report: Callable[[int, float], None] = lambda rows, share: None,
    on_rows: Callable[[pd.DataFrame], None] = lambda table: None,
    bad_rows: BadRows = "stop",
) -> int:
    """Score every row of a CSV, TSV or Parquet file with a `text` column; the target's suffix decides its kind.

    The rows keep their order and their other columns, and get the columns of `prediction_table`. If `bad_rows` are
    skipped, the column `skipped` says why a row has no prediction; it is empty of the others. Rows are read, scored
    and written in chunks; `target` appears only when all of it is done. After each chunk `on_rows` is called with what
    was written of it, and `report(rows, share)` with the rows done and the share of the file read, 0-1.

    Returns:
        The number of rows.

    Raises:
        UserError: a file cannot be read or written, a row cannot be used and `bad_rows` is "stop", or a prediction's
            column is there already.
    """
    if target.resolve() == source.resolve():
        raise UserError(f"{target} is the file to be scored; choose another name to write to.")
    count = 0
    skips = bad_rows == "skip"
    with TableWriter(target) as writer:
        for chunk in read_chunks(source, CHUNK_ROWS, skips):
            check_has_no(source, chunk.table, *PREDICTION_COLUMNS, *[SKIPPED] * skips)
            faults = pd.Series(chunk.faults, dtype=object)
            texts = without_added_apostrophes(chunk.table)["text"]
            table = pd.concat([chunk.table, _scored(predictor, texts[faults.isna()], len(texts))], axis=1)
            if skips:
                table[SKIPPED] = faults.astype("str")
            writer.write(table)
            on_rows(table)
            count += len(table)
            report(count, chunk.share_read)
    return count


def _scored(predictor: Predictor, texts: pd.Series, rows: int) -> pd.DataFrame:
    """The `prediction_table` of texts by the number of their row, of so many; missing in the rows without a text."""
    logits = predictor.logits(texts.tolist()) if len(texts) else np.empty((0, len(LABELS)), dtype=np.float32)
    return prediction_table(logits).set_axis(texts.index).reindex(range(rows))


@dataclass
class Tally:
    """How many predictions are right, of the rows that have a label and that the model has not learned from."""

    seen: Keys | None  #: what the model has learned from; None where nobody knows
    skipped: int = 0
    labelled: int = 0
    learned: int = 0
    right: int = 0

    def add(self, table: pd.DataFrame) -> None:
        """Count the rows of a table with `text`, `prediction` and perhaps `skipped` and `label`."""
        if SKIPPED in table:
            is_skipped = table[SKIPPED].notna()
            self.skipped += int(is_skipped.sum())
            table = table[~is_skipped]
        if "label" not in table:
            return
        labels = known_labels(table["label"])
        rows = without_added_apostrophes(table)[labels.notna()]
        is_new = np.ones(len(rows), dtype=bool) if self.seen is None else ~are_seen(rows["text"], self.seen)
        truth = labels.dropna().map(dict(enumerate(LABELS)))
        self.labelled += len(rows)
        self.learned += int((~is_new).sum())
        self.right += int((rows["prediction"] == truth)[is_new].sum())

    @property
    def judged(self) -> int:
        """The rows that count."""
        return self.labelled - self.learned


@dataclass(frozen=True)
class Scores:
    """How a model does on labelled reviews."""

    count: int
    accuracy: float
    loss: float  #: mean cross-entropy in nats


def score_reviews(
    predictor: Predictor, reviews: pd.DataFrame, report: Callable[[int], object] = lambda rows: None
) -> Scores:
    """Accuracy and loss over labelled reviews; `report(rows)` is called with the number done after each chunk."""
    truth = np.eye(len(LABELS))[reviews["label"].to_numpy(dtype=np.int64)]
    correct = loss = 0.0
    for start in range(0, len(reviews), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        logits = predictor.logits(reviews["text"].iloc[rows].tolist())
        correct += float(accuracy(truth[rows], logits).sum())
        loss += float(cross_entropy(truth[rows], logits, from_logits=True).sum())
        report(len(logits))
    return Scores(len(reviews), correct / len(reviews), loss / len(reviews))
