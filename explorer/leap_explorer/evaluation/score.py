"""From encoded samples to rows of a run: the model, its loss, its metrics, typed metadata and latent vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.integration import Integration, WiredFunction
from leap_explorer.contract.model import as_vectors
from leap_explorer.evaluation.encode import EncodedSample, stacked
from leap_explorer.runs.schema import RunSchema

Array = npt.NDArray[Any]


class Predicts(Protocol):
    """A model, as far as scoring needs it."""

    def predict(self, inputs: Sequence[Array]) -> tuple[list[Array], Array]: ...


def score(integration: Integration, model: Predicts, schema: RunSchema, samples: Sequence[EncodedSample]) -> pa.Table:
    """A part of a run: one row a sample, all of one subset; a sample that fails has an error and no values."""
    rows = _Rows(schema, samples)
    good = [i for i, sample in enumerate(samples) if sample.error is None]
    for name, expected in schema.input_shapes.items():
        for i in [i for i in good if samples[i].inputs[name].shape != expected]:
            samples[i].error = f"The input {name} has the shape {samples[i].inputs[name].shape}, not {expected}"
        good = [i for i in good if samples[i].error is None]
    if good:
        good, outputs, vectors = _predict(integration, model, samples, good)
    if good:
        if schema.latent != "model":
            vectors = as_vectors(np.stack([samples[i].latent_spaces[schema.latent] for i in good]))
        rows.add_predictions(good, outputs, vectors, integration.ground_truth)
        scoring = _Scoring(integration, rows, samples)
        for group in _by_ground_truth_shape(samples, good):
            places = [good.index(i) for i in group] if len(group) < len(good) else list(range(len(good)))
            scoring.add(group, [output[places] for output in outputs])
    return rows.table()


def _predict(
    integration: Integration, model: Predicts, samples: Sequence[EncodedSample], places: list[int]
) -> tuple[list[int], list[Array], Array]:
    """The places that the model takes, its outputs and the latent vectors; where it raises, found sample by sample."""
    inputs = [np.stack([samples[i].inputs[name] for i in places]) for name in integration.model_inputs]
    try:
        return places, *model.predict(inputs)
    except Exception as error:  # of any type: each runtime has its own
        if len(places) == 1:
            samples[places[0]].error = f"The model: {type(error).__name__}: {error}"
            return [], [], np.empty((0, 0))
    single = [found for i in places if (found := _predict(integration, model, samples, [i]))[0]]
    if not single:
        return [], [], np.empty((0, 0))
    outputs = [np.concatenate(column) for column in zip(*(found[1] for found in single), strict=True)]
    return [found[0][0] for found in single], outputs, np.concatenate([found[2] for found in single])


class _Rows:
    """The columns of a part as they fill."""

    def __init__(self, schema: RunSchema, samples: Sequence[EncodedSample]) -> None:
        self.schema, self.samples = schema, samples
        count = len(samples)
        self.values: dict[str, Any] = {
            name: np.full(count, np.nan, dtype=np.float32)
            for name, facts in schema.columns().items()
            if facts["role"] in ("probability", "loss", "metric", "confusion")
        }
        self.values["ground_truth"] = [None] * count
        self.values["prediction"] = [None] * count
        self.latent = np.full((count, schema.dimensions), np.nan, dtype=np.float32)

    def add_predictions(self, places: list[int], outputs: list[Array], vectors: Array, truth_name: str | None) -> None:
        self.latent[places] = vectors
        first = np.asarray(outputs[0])
        labels = self.schema.labels
        if labels is not None:
            probabilities = first.astype(np.float64) if self.schema.are_probabilities else softmax(first)
            for column, label in enumerate(labels):
                self.values[f"probability_{label}"][places] = probabilities[:, column]
        for row, i in enumerate(places):
            if labels is not None:
                self.values["prediction"][i] = labels[int(first[row].argmax())]
            elif self.schema.is_scalar:
                self.values["prediction"][i] = float(first[row].reshape(()))
            truth = self.samples[i].ground_truths.get(truth_name or "")
            if truth is not None and np.size(truth):
                self.values["ground_truth"][i] = self._truth(truth)

    def _truth(self, truth: Array) -> str | float | None:
        """The label of a one-hot vector or of a class number, or the number itself."""
        labels = self.schema.labels
        if labels is None:
            return float(truth.reshape(())) if truth.size == 1 else None
        index = int(truth.argmax()) if truth.size == len(labels) else int(truth.reshape(-1)[0])
        return labels[index] if 0 <= index < len(labels) else None

    def table(self) -> pa.Table:
        schema = self.schema.arrow()
        good = [sample.error is None for sample in self.samples]
        failed = [i for i, is_good in enumerate(good) if not is_good]
        for values in (self.latent, *self.values.values()):
            if isinstance(values, np.ndarray):
                values[failed] = np.nan
        columns: list[Any] = []
        for column in schema:
            name = column.name
            if name == "latent":
                columns.append(_vectors(self.latent, column.type))
            elif name == "signature":
                empty = np.full(128, np.iinfo(np.uint32).max, dtype=np.uint32)
                rows = [empty if sample.signature is None else sample.signature for sample in self.samples]
                columns.append(_vectors(np.stack(rows), column.type))
            else:
                columns.append(pa.array(self._column(name, good), type=column.type, from_pandas=True))
        return pa.table(columns, schema=schema)

    def _column(self, name: str, good: list[bool]) -> Any:
        if name == "id":
            return [str(sample.id) for sample in self.samples]
        if name == "subset":
            return [sample.subset for sample in self.samples]
        if name == "error":
            return [sample.error for sample in self.samples]
        if name == "input_hash":
            return [sample.input_hash for sample in self.samples]
        if name in self.values:
            values = self.values[name]
            return (
                values
                if isinstance(values, np.ndarray)
                else [value if ok else None for value, ok in zip(values, good, strict=True)]
            )
        key = name.removeprefix("metadata_")
        return [sample.metadata.get(key) if ok else None for sample, ok in zip(self.samples, good, strict=True)]


def softmax(logits: Array) -> npt.NDArray[np.float64]:
    """Probabilities over the last axis."""
    shifted = logits.astype(np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class _Scoring:
    """Losses and metrics, added to the rows."""

    integration: Integration
    rows: _Rows
    samples: Sequence[EncodedSample]

    def add(self, group: list[int], outputs: list[Array]) -> None:
        """Those of samples whose ground truths have one shape; `outputs` are the model's for them alone."""
        for function in (*self.integration.losses, *self.integration.metrics):
            self._add(function, group, outputs)

    def _add(self, function: WiredFunction, group: list[int], outputs: list[Array]) -> None:
        """One function over the group; where it raises, over each sample alone, to find the one it raises for."""
        arguments = stacked(self.samples, group, outputs).of(function)
        if arguments is None:
            return
        try:
            values = self._values(function, group, arguments)
        except (Exception, SystemExit) as error:  # of any type: it is the integration's code
            if len(group) == 1:
                sample = self.samples[group[0]]
                reason = f"{function.name}: {describe_failure(error, self.integration.folder)}"
                sample.error = sample.error or reason
                return
            for place, i in enumerate(group):
                self._add(function, [i], [output[[place]] for output in outputs])
            return
        for column, column_values in values.items():
            if column in self.rows.values:
                self.rows.values[column][group] = column_values

    def _values(self, function: WiredFunction, group: list[int], arguments: dict[str, Array]) -> dict[str, Array]:
        """By column of the run."""
        ids, subset = np.array([self.samples[i].id for i in group]), self.samples[group[0]].subset
        if function in self.integration.losses:
            column = self.rows.schema.loss_column(function.name)
            return {column: self.integration.run_loss(function, ids, subset, arguments)}
        found = self.integration.run_metric(function, ids, subset, arguments)
        return {f"metric_{name}": values for name, values in found.items()}


def _by_ground_truth_shape(samples: Sequence[EncodedSample], good: list[int]) -> Iterator[list[int]]:
    groups: dict[Any, list[int]] = {}
    for i in good:
        shape = tuple((name, np.shape(truth)) for name, truth in samples[i].ground_truths.items())
        groups.setdefault(shape, []).append(i)
    yield from groups.values()


def _vectors(matrix: Array, kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(matrix).reshape(-1), type=kind.value_type)
    return pa.FixedSizeListArray.from_arrays(flat, kind.list_size)
