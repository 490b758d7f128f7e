"""A run from a table of predictions, without an integration and without a model."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from leap_explorer.contract.docstrings import Description
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import missing, require
from leap_explorer.file_hash import sha256_of
from leap_explorer.insights.texts import write_texts
from leap_explorer.insights.written import write_findings
from leap_explorer.population.clusters import Term, cluster_terms
from leap_explorer.population.duplicates import minhash
from leap_explorer.population.places import Projection, Report, find_places
from leap_explorer.runs.atomic import write_text
from leap_explorer.runs.run import (
    LATENT,
    SAMPLES,
    SIGNATURES,
    SKIPPED,
    TEXTS,
    Run,
    check_target,
    load_run,
    read_samples,
    replace_folder,
    write_info,
    write_table,
    write_vectors,
)
from leap_explorer.runs.schema import ARROW_TYPES, RunSchema
from leap_explorer.runs.task import Task
from leap_explorer.runs.versions import versions
from leap_explorer.spreadsheet import to_csv
from leap_explorer.tables.bad_rows import REASON, BadRowsAre, read_sound
from leap_explorer.tables.files import read_vectors
from leap_explorer.tables.predictions import Outcome, Predictions, Roles
from leap_explorer.tables.scores import absolute_error, accuracy, cross_entropy
from leap_explorer.tables.values import Floats, Values
from leap_explorer.tables.vectors import Vectors, vectors_of_texts, words_of

_WORDS = "text_words"


@dataclass(frozen=True)
class _Space:
    """The latent space of a table."""

    vectors: Vectors  #: [n, d]
    source: str
    alike: str  #: what lies near each other in it


def run_from_frame(
    frame: pd.DataFrame,
    *,
    text: str | None = None,
    label: str | None = None,
    probabilities: Mapping[str, str] | str | None = None,
    prediction: str | None = None,
    id: str | None = None,
    subset: str | None = None,
    latent: Any = None,
    metadata: Sequence[str] | None = None,
    out: str | Path = Path("runs") / "frame",
    projection: Projection | None = None,
    seed: int = 42,
    source: str = "a data frame",
    bad_rows: BadRowsAre = "stop",
    faults: Mapping[int, str] | None = None,
    report: Report = lambda what, done, total: None,
) -> Run:
    """Make a run of a table with one row a sample; needs the extra `analysis`.

        run_from_frame(frame, text="review", label="stars", probabilities="probability_*", out="runs/mine")

    The run keeps the texts, in `texts.parquet`: delete it, or `leap-explorer compact` the run, before you share it.

    Args:
        frame: the table.
        text: column of the texts; from them come the map, unless `latent` is given, the search and near-duplicates.
        label: column of the ground truth: of a label, or of a number for a regression; empty where there is none.
        probabilities: of a classifier the columns of the probabilities by label, or one name with `*` for the label.
            They must come from a model that has not learned from these rows, unless `subset` says "training" of them.
        prediction: of a regression, column of the predicted number.
        id: column of what names a sample; the rows' numbers, from 1, by default.
        subset: column of "training", "validation", "test", "unlabeled" or "additional"; all rows are "test" by default.
        latent: [n, d] vectors of the samples, such as a model's embeddings, or the path of a `.npy` file of them.
        metadata: columns to look for slices and insights in; all others by default.
        out: the run's folder; an earlier run there is replaced.
        projection: how the map is drawn; "umap" where umap-learn is installed, and else "pca".
        seed: of the map and the clusters.
        source: what the run says that it was made of.
        bad_rows: at a row that cannot be used "stop", or "skip" it: `skipped.csv` in the run's folder has those rows,
            with the reason.
        faults: why rows cannot be used, by their places from 0, where reading the table has told; with "skip" alone.
        report: called with a stage's name, what is done of it, and its total.

    Raises:
        ExplorerError: the table does not hold what is said of it, `out` is something else than a run, or the extra is
            not installed.
    """
    require("Making a run of a table", "analysis")
    out = Path(out)
    check_target(out)
    report("Reading the table", 0, 1)
    given = read_vectors(Path(latent)) if isinstance(latent, str | Path) else latent
    roles = Roles(text, label, probabilities, prediction, id, subset, metadata)
    predictions, vectors, skipped = read_sound(frame, roles, given, bad_rows == "skip", faults or {})
    projection, why = _projection(projection)
    space = _space(predictions, vectors, latent, seed)
    work = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    work.mkdir(parents=True)
    try:
        facts = _write(work, predictions, space, projection, seed, report) | _write_skipped(work, skipped)
        note = f"Drawn from {space.source}, by {projection.upper()}{why}."
        write_info(work, facts | {"name": out.name, "map_note": note} | _model(work, source))
        replace_folder(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_run(out)


def _projection(wanted: Projection | None) -> tuple[Projection, str]:
    """How the map is drawn, and why it is not drawn otherwise."""
    is_there = "umap-learn" not in missing("evaluate")
    if wanted == "umap" and not is_there:
        raise ExplorerError("A map by UMAP needs umap-learn: pip install umap-learn")
    if wanted is not None or is_there:
        return wanted or "umap", ""
    return "pca", ", because umap-learn is not installed (pip install umap-learn)"


def _space(predictions: Predictions, vectors: Vectors | None, latent: Any, seed: int) -> _Space:
    if vectors is not None:
        source = f"the vectors of {Path(latent).name}" if isinstance(latent, str | Path) else "the given vectors"
        return _Space(vectors, source, "samples with similar vectors")
    if predictions.texts is None:
        raise ExplorerError("Give the column of the texts, or vectors of the samples: a map is drawn from one of them.")
    return _Space(vectors_of_texts(predictions.texts, seed), "TF-IDF and SVD of the texts", "texts of similar words")


def _write(
    work: Path, predictions: Predictions, space: _Space, projection: Projection, seed: int, report: Report
) -> dict[str, Any]:
    """All of the run but `run.json`, and what is to stand there of the samples."""
    words = None if predictions.texts is None else [words_of(text) for text in predictions.texts]
    schema = _schema(predictions, space)
    truths = predictions.outcome.truths
    places, population, _ = find_places(space.vectors, predictions.subsets, truths, projection, seed, report)
    write_vectors(work / LATENT, space.vectors.shape, space.vectors.dtype, [space.vectors])
    if predictions.texts is not None and words is not None:
        places |= write_texts(work, words, seed)
        report("Looking for duplicates", 0, 1)
        signatures = np.stack([minhash(one) for one in words])
        write_vectors(work / SIGNATURES, signatures.shape, signatures.dtype, [signatures])
        write_table(work / TEXTS, pa.table({"id": predictions.ids, "text": predictions.texts}))
    write_table(work / SAMPLES, _samples(predictions, schema, places, words))
    report("Looking for insights", 0, 1)
    samples, terms = read_samples(work / SAMPLES), _terms(places["cluster"], words)
    write_findings(work, samples, schema.columns(), terms, population)
    counts = pd.Series(predictions.subsets).value_counts(sort=False)
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_sha256": _data_sha256(predictions),
        "versions": versions(),
        "seed": seed,
        "task": schema.task.to_dict(),
        "labels": predictions.outcome.labels,
        "counts": {name: {"evaluated": n, "available": n, "failed": 0} for name, n in counts.items()},
        "columns": schema.columns(),
        "latent": {"source": space.source, "dimensions": space.vectors.shape[1], "alike": space.alike},
        "history": None,
    }


def _write_skipped(work: Path, skipped: pd.DataFrame) -> dict[str, Any]:
    """Write the rows that were left out, if there are any, and what is to stand of them in `run.json`."""
    if skipped.empty:
        return {}
    write_text(work / SKIPPED, to_csv(skipped))
    return {"skipped": {"rows": len(skipped), "first": skipped[REASON].iloc[0]}}


def _model(work: Path, source: str) -> dict[str, Any]:
    """What stands in `run.json` where an evaluation has its model: the table."""
    digest = sha256_of(work / SAMPLES)
    return {"model": {"file": source, "format": "table", "sha256": digest}, "fingerprint": digest}


def _schema(predictions: Predictions, space: _Space) -> RunSchema:
    is_classifier = predictions.outcome.labels is not None
    metadata = {name: values.kind for name, values in predictions.metadata.items()}
    if predictions.texts is not None:
        metadata = {_WORDS: "int", **metadata}
    return RunSchema(
        task=_task(predictions.outcome),
        losses=("cross_entropy",) if is_classifier else ("squared_error",),
        metrics={"accuracy": ("up", True)} if is_classifier else {"absolute_error": ("down", True)},
        confusion_counts=(),
        metadata={name: str(kind) for name, kind in metadata.items()},
        latent="table",
        latent_source=space.source,
        dimensions=space.vectors.shape[1],
        has_text=predictions.texts is not None,
        spaces={},
        has_confusions=False,
        input_shapes={},
        descriptions={
            "accuracy": Description("", "1 where the most probable label is the given one, else 0."),
            "absolute_error": Description(
                "", "Distance of the prediction from the ground truth, 0 upwards, in their unit."
            ),
            _WORDS: Description("", "Number of words."),
        },
    )


def _task(outcome: Outcome) -> Task:
    """A classifier, or a regression; the table's columns say which."""
    if outcome.labels is None:
        return Task("regression", decided_by="table")
    return Task("single-label", tuple(outcome.labels), "probabilities", decided_by="table")


def _samples(
    predictions: Predictions, schema: RunSchema, places: Mapping[str, pa.Array], words: list[list[str]] | None
) -> pa.Table:
    n = len(predictions.ids)
    loss, metrics = _scores(predictions.outcome)
    metadata = dict(predictions.metadata)
    if words is not None:
        metadata = {_WORDS: Values("int", [len(one) for one in words]), **metadata}
    values: dict[str, Any] = {
        "id": predictions.ids,
        "subset": predictions.subsets,
        "ground_truth": predictions.outcome.truths,
        "prediction": predictions.outcome.predicted,
        "loss": loss,
        "input_hash": [None] * n if predictions.texts is None else [_hash(text) for text in predictions.texts],
        "error": [None] * n,
    }
    values |= {f"metric_{name}": column for name, column in metrics.items()}
    values |= {f"metadata_{name}": column.values for name, column in metadata.items()}
    for column, label in enumerate(predictions.outcome.labels or ()):
        values[f"probability_{label}"] = predictions.outcome.probabilities[:, column]
    columns = {
        name: places[name] if name in places else pa.array(values[name], _arrow_type(facts), from_pandas=True)
        for name, facts in schema.columns().items()
    }
    return pa.table(columns)


def _arrow_type(facts: Mapping[str, Any]) -> pa.DataType:
    return pa.uint64() if facts["role"] == "hash" else ARROW_TYPES[facts["type"]]


def _scores(outcome: Outcome) -> tuple[Floats, dict[str, Floats]]:
    """Loss and metrics."""
    if outcome.labels is None:
        errors = absolute_error(outcome)
        return errors**2, {"absolute_error": errors}
    return cross_entropy(outcome), {"accuracy": accuracy(outcome)}


def _terms(clusters: pa.Array, words: list[list[str]] | None) -> dict[int, list[Term]]:
    """What names the clusters; nothing where there are no texts."""
    if words is None:
        return {}

    def documents() -> Iterator[tuple[int, list[str]]]:
        for cluster, one in zip(clusters.to_pylist(), words, strict=True):
            if cluster is not None:
                yield cluster, one

    return cluster_terms(documents())


def _data_sha256(predictions: Predictions) -> str:
    """Of the ids and texts."""
    content = hashlib.sha256()
    for one in (*predictions.ids, *(predictions.texts or ())):
        content.update(one.encode() + b"\0")
    return content.hexdigest()


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
